"""Checks of the header: the fields that must be there, the way to leave, and whose names stand in it."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from digest.checks.facts import Facts
from digest.checks.finding import Finding
from digest.checks.hosts import aligned, host_of, why_not_public
from digest.checks.mail import Mail

MAX_LINE = 998
"""Bytes of a line before its line break (RFC 5322, 2.1.1)."""

ONE_CLICK = "List-Unsubscribe=One-Click"

_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_MESSAGE_ID = re.compile(r"<[^<>@\s]+@[^<>@\s]+>").fullmatch
_LIST_ID = re.compile(r".*<[^<>\s.]+(?:\.[^<>\s.]+)+>", re.DOTALL).fullmatch
_URLS = re.compile(r"<[^<>\s]+>(?:\s*,\s*<[^<>\s]+>)*").fullmatch


def required(mail: Mail, _facts: Facts) -> Iterator[Finding]:
    """Find fields that are missing, there twice, or can't be read, and lines that a relay may refuse."""
    names = [name.lower() for name in mail.message]
    for name, readable in _REQUIRED.items():
        count = names.count(name.lower())
        if count != 1:
            yield _error("headers", f"{name} is there {count} times; expected once")
        elif not readable(mail.message[name]):
            yield _error("headers", f"{name} can't be read: {_short(mail.field(name))}")
    if _BARE.search(mail.raw):
        yield _error("headers", "a line ends in CR or LF alone; expected both (RFC 5322, 2.3)")
    longest = max(map(len, mail.raw.split(b"\r\n")))
    if longest > MAX_LINE:
        yield _error("headers", f"a line has {longest} bytes; at most {MAX_LINE} are allowed (RFC 5322, 2.1.1)")


def _one_mailbox(field: Any) -> bool:
    return len(field.addresses) == 1 and bool(field.addresses[0].domain and field.addresses[0].username)


def _dated(field: Any) -> bool:
    return field.datetime is not None and field.datetime.tzinfo is not None


_REQUIRED: Mapping[str, Callable[[Any], object]] = {
    "From": _one_mailbox,
    "To": _one_mailbox,
    "Subject": lambda _field: True,  # an empty one is bad style, and no error
    "Date": _dated,
    "Message-ID": lambda field: _MESSAGE_ID(str(field).strip()),
    "List-Id": lambda field: _LIST_ID(str(field).strip()),
    "List-Unsubscribe": lambda field: _URLS(str(field).strip()),
    "MIME-Version": lambda field: str(field).strip() == "1.0",
}


def leaving(mail: Mail, facts: Facts) -> Iterator[Finding]:
    """Find what is missing of the way to leave: the one-click pair (RFC 8058), the link in both parts."""
    urls, posts = mail.unsubscribe_urls, mail.message.get_all("List-Unsubscribe-Post", [])
    if facts.site_url:
        schemes = ("https://", "http://") if facts.stays_here else ("https://",)
        if not urls or not urls[0].startswith(schemes):
            found = _short(urls[0]) if urls else "nothing"
            yield _error("one-click", f"List-Unsubscribe begins with {found}; expected an https address (RFC 8058)")
        if [str(post).strip() for post in posts] != [ONE_CLICK]:
            yield _error("one-click", f"List-Unsubscribe-Post: {ONE_CLICK} is expected once, since there is a site.url")
    else:
        if posts:
            yield _error("one-click", "List-Unsubscribe-Post is there without a site.url that could answer it")
        if [url.partition(":")[0] for url in urls] != ["mailto"]:
            yield _error("one-click", "List-Unsubscribe: without a site.url a mailto: address alone is expected")
    for part, there in (
        ("HTML", any(url in mail.hrefs for url in urls)),
        ("plaintext", any(url in mail.squeezed_text for url in urls)),
    ):
        if not there:
            yield _error("unsubscribe", f"the {part} has no link to leave by; show issue.unsubscribe in the theme")


def alignment(mail: Mail, facts: Facts) -> Iterator[Finding]:
    """Find an envelope sender whose domain isn't that of the From field: DMARC would fail on SPF."""
    domain = _from_domain(mail)
    for sender in facts.envelope_senders:
        envelope = sender.rpartition("@")[2]
        if domain and not aligned(domain, envelope):
            yield _error("alignment", f"From is at {domain} and the envelope sender at {envelope}; use one domain")


def hosts(mail: Mail, facts: Facts) -> Iterator[Finding]:
    """Find a From domain or a site.url that nobody else can reach; mail that stays on this machine may have them."""
    if facts.stays_here:
        return
    domain = _from_domain(mail)
    if domain and (why := why_not_public(domain)):
        yield _error("hosts", f"From is at {domain}, which {why}; set mail.sender to an address of your own")
    if not facts.site_url:
        return
    host = host_of(facts.site_url)
    if not facts.site_url.startswith("https://"):
        yield _error("hosts", f"site.url is {facts.site_url}; expected https, as one-click asks for it (RFC 8058)")
    if why := why_not_public(host):
        yield _error("hosts", f"site.url is at {host}, which {why}; set it to where readers reach you")


def _from_domain(mail: Mail) -> str:
    field = mail.message.get("From")
    addresses = field.addresses if field is not None else ()
    return addresses[0].domain.lower() if addresses else ""


def _error(check: str, text: str) -> Finding:
    return Finding("error", check, text)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return repr(text if len(text) <= 60 else text[:59] + "…")
