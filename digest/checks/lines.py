"""Checks of what a reader sees before the mail itself, and of how long its lines are."""

import re
from collections.abc import Iterator

from lxml import etree
from rich.cells import cell_len

from digest.checks.css import declarations
from digest.checks.facts import Facts
from digest.checks.finding import Finding
from digest.checks.mail import Mail, words_of

SUBJECT = 70
"""Columns of a subject that a desktop program shows; a phone shows some 40."""

PREHEADER = (15, 150)
"""Columns of a preheader: shorter, and what comes next is shown after it; longer, and nobody sees the end."""

PLAIN_LINE = 78
"""Columns of a line of plaintext (RFC 5322, 2.1.1); an address that can't be broken may be longer."""

WHOLE = 200 * 1024
"""Bytes of a message that is heavy: of a full issue, both parts encoded, there are some 140,000."""

_FILLING = " \u00a0\u00ad\u034f\u200b\u200c\u200d\u2007\ufeff"
"""What fills up a short preheader, so that nothing of the mail is shown after it."""

_REPLY = re.compile(r"(?:re|fwd?|aw|wg)\s*:", re.IGNORECASE).match


def subject(mail: Mail, _facts: Facts) -> Iterator[Finding]:
    """Find a subject that is empty, cut off, or looks like that of spam."""
    text = " ".join(mail.field("Subject").split())
    if not text:
        yield _warning("subject", "it is empty")
    if (width := cell_len(text)) > SUBJECT:
        yield _warning("subject", f"it has {width} columns; most programs cut off what goes over {SUBJECT}")
    if len(text) > 10 and text.upper() == text and text.lower() != text:
        yield _warning("subject", "it is written in capitals throughout, as spam is")
    if "!!" in text:
        yield _warning("subject", "it has several exclamation marks, as spam has")
    if _REPLY(text):
        yield _warning("subject", f"it begins with {text.partition(':')[0]}: and answers nothing")


def preheader(mail: Mail, _facts: Facts) -> Iterator[Finding]:
    """Find a preheader that is missing, of no use, or too long to be seen."""
    text = _preheader(mail)
    width, (least, most) = cell_len(text), PREHEADER
    if not text:
        yield _warning("preheader", "there is none; programs show the beginning of the mail instead")
    elif text == " ".join(mail.field("Subject").split()):
        yield _warning("preheader", "it says the same as the subject")
    elif not least <= width <= most:
        yield _warning("preheader", f"it has {width} columns; {least} to {most} are of use")


def _preheader(mail: Mail) -> str:
    """Return the first words of the body, where they are hidden."""
    for element in mail.elements("body"):
        for inside in element.iterdescendants(etree.Element):
            if (inside.text or "").strip():
                hidden = any(str(one) == "display:none" for one in declarations(inside.get("style") or ""))
                return words_of(inside).strip(_FILLING) if hidden else ""
    return ""


def plaintext_lines(mail: Mail, _facts: Facts) -> Iterator[Finding]:
    """Find a line of plaintext that a terminal has to break."""
    for number, line in enumerate(mail.text.splitlines(), start=1):
        if cell_len(line) > PLAIN_LINE and "://" not in line and "mailto:" not in line:
            yield _warning("plaintext", f"line {number} has {cell_len(line)} columns; {PLAIN_LINE} are usual")
            return


def whole_size(mail: Mail, _facts: Facts) -> Iterator[Finding]:
    """Find a message that is large in all, both parts and their encoding counted."""
    if len(mail.raw) > WHOLE:
        yield _warning("size", f"the message has {len(mail.raw):,} bytes in all; over {WHOLE:,} are much for a phone")


def _warning(check: str, text: str) -> Finding:
    return Finding("warning", check, text)
