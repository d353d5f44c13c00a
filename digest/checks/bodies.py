"""Checks of both bodies: they are there, fit, carry the same, and say where we are."""

from collections.abc import Iterator
from urllib.parse import unquote

from digest.checks.facts import Facts
from digest.checks.finding import Finding
from digest.checks.hosts import host_of
from digest.checks.mail import Mail, letters
from digest.render.encode import decoded_size
from digest.render.fit import MAX_HTML


def size(mail: Mail, _facts: Facts) -> Iterator[Finding]:
    """Find HTML that Gmail cuts off."""
    found = decoded_size(mail.html)
    if found > MAX_HTML:
        yield Finding(
            "error",
            "size",
            f"the HTML has {found:,} bytes; Gmail cuts off what goes over 102 KB, so at most {MAX_HTML:,} are allowed:"
            " shorten what always stands in the theme",
        )


def both_there(mail: Mail, facts: Facts) -> Iterator[Finding]:
    """Find a part that is missing or empty, or plaintext with none of the papers that the HTML links to."""
    if not mail.html.strip():
        yield Finding("error", "html", "the HTML part is missing or empty; look at issue.mjml.j2")
    if not mail.text.strip():
        yield Finding("error", "plaintext", "the plaintext part is missing or empty; look at issue.txt.j2")
    elif _leads_elsewhere(mail, facts):
        yield Finding("error", "plaintext", "none of the links of the HTML is in it; look at issue.txt.j2")


def _leads_elsewhere(mail: Mail, facts: Facts) -> bool:
    """Tell whether the HTML links to papers, and the plaintext to none of them."""
    own = host_of(facts.site_url)
    outside = {url for url in mail.hrefs if url.startswith(("https://", "http://")) and host_of(url) != own}
    text = unquote(mail.squeezed_text)  # a serializer may have quoted what isn't ASCII
    return bool(outside) and not any("".join(unquote(url).split()) in text for url in outside)


def postal_address(mail: Mail, facts: Facts) -> Iterator[Finding]:
    """Find that a part doesn't say where we are by post, as laws on bulk mail ask for."""
    wanted = letters(facts.postal_address)
    if not wanted:
        yield Finding("error", "postal", "site.postal_address is empty; laws on bulk mail want one in every message")
        return
    for part, content in (("HTML", str(mail.tree.text_content())), ("plaintext", mail.text)):
        if wanted not in letters(content):
            yield Finding("error", "postal", f"the {part} doesn't have site.postal_address; show it in the theme")
