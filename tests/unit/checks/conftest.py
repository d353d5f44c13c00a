"""A sound message to spoil: what a check is to find is put into it, and nothing else is wrong."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from digest.checks.facts import Facts
from digest.checks.finding import Finding
from digest.checks.mail import Mail
from digest.render.encode import quoted_printable

SITE = "https://digest.lab.edu"
LEAVE = f"{SITE}/u/token"
POSTAL = "Lab, 1 Sample Street, 12345 Sample City"
SOUND = Facts(envelope_senders=("digest@lab.edu",), site_url=SITE, postal_address=POSTAL, stays_here=False)
FIELDS = {
    "To": "Ada Lovelace <ada@example.org>",
    "Date": "Tue, 24 Nov 2026 06:00:00 +0000",
    "Message-ID": "<0123456789abcdef@lab.edu>",
    "List-Unsubscribe": f"<{LEAVE}>,\r\n <mailto:leave@lab.edu?subject=unsubscribe>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    "From": "Paper Digest <digest@lab.edu>",
    "Subject": "A paper on samples + 1 more",
    "List-Id": "Daily Papers <daily.lab.edu>",
    "MIME-Version": "1.0",
}
HEAD = "<title>Daily Papers</title>"
PREHEADER = '<div style="display:none">2 papers: Vision, Robotics</div>'
FOOT = f'<p><a href="{LEAVE}">Unsubscribe</a> {POSTAL}</p>'
BODY = (
    "<h1>Daily Papers</h1>"
    '<h2><a href="https://papers.example.org/1">A paper on samples</a></h2>'
    '<h2><a href="https://papers.example.org/2">Another paper</a></h2>'
)
TEXT = f"""Daily Papers

A paper on samples
  https://papers.example.org/1

Another paper
  https://papers.example.org/2

Unsubscribe:
{LEAVE}

{POSTAL}
"""


def page(
    body: str = BODY, head: str = HEAD, foot: str = FOOT, preheader: str = PREHEADER, attributes: str = 'lang="en"'
) -> str:
    return f"<!doctype html>\n<html {attributes}><head>{head}</head><body>{preheader}{body}{foot}</body></html>\n"


def message(html: str | None = None, text: str | None = TEXT, **fields: str | None) -> bytes:
    """The message with these parts ("" is an empty one, None for the text none at all), and other fields."""
    given = {**FIELDS, **{name.replace("_", "-"): value for name, value in fields.items()}}
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items() if value is not None)
    parts = [("plain", text), ("html", page() if html is None else html)]
    body = "".join(
        f"--=_b\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        f"{quoted_printable(content).decode()}\r\n"
        for kind, content in parts
        if content is not None
    )
    return f'{head}Content-Type: multipart/alternative; boundary="=_b"\r\n\r\n{body}--=_b--\r\n'.encode()


Found = Callable[..., list[str]]


def found_by(check: Callable[[Mail, Facts], Iterable[Finding]], raw: bytes, **facts: object) -> list[str]:
    """What a check finds in a message, as "level check: text"."""
    findings = check(Mail.read(raw), replace(SOUND, **facts))
    return [f"{one.level} {one.check}: {one.text}" for one in findings]


@pytest.fixture
def make() -> Callable[..., bytes]:
    return message


@pytest.fixture
def make_page() -> Callable[..., str]:
    return page


@pytest.fixture
def found() -> Found:
    return found_by
