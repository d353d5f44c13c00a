"""A notice: a single message that is no issue, such as an alert to the operator or a link to confirm."""

from collections.abc import Iterator
from datetime import datetime

from digest.render.encode import quoted_printable
from digest.render.headers import Mailbox, date_field, mailbox_field, text_field

_BOUNDARY = "=_notice"
"""A quoted-printable body can't hold "=_" (RFC 2045, 6.7), so the boundary is never in it."""


def notice_message(
    sender: Mailbox,
    to: Mailbox,
    text: str,
    date: datetime,
    message_id: str,
    *,
    html: str = "",
    language: str = "",
    reply_to: Mailbox | None = None,
) -> bytes:
    """Return the wire-ready message; the first line of `text` is its Subject.

    With `html` it is multipart/alternative (RFC 2046, 5.1.4); `language` (BCP 47) is that of both parts (RFC 3282). It
    says that no person wrote it (RFC 3834, 5), so that no vacation reply comes back.
    """
    subject, _, body = text.strip().partition("\n")
    plain = body.strip() + "\n"
    return b"".join(
        (
            mailbox_field("From", sender),
            mailbox_field("Reply-To", reply_to) if reply_to else b"",
            mailbox_field("To", to),
            text_field("Subject", subject),
            date_field(date),
            f"Message-ID: <{message_id}>\r\n".encode("ascii"),
            f"Content-Language: {language}\r\n".encode("ascii") if language else b"",
            b"Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n",
            *(_alternative(plain, html) if html else _part("plain", plain)),
        )
    )


def _alternative(plain: str, html: str) -> Iterator[bytes]:
    yield f'Content-Type: multipart/alternative; boundary="{_BOUNDARY}"\r\n'.encode()
    for subtype, content in (("plain", plain), ("html", html.strip() + "\n")):
        yield f"\r\n--{_BOUNDARY}\r\n".encode()
        yield from _part(subtype, content)
    yield f"\r\n--{_BOUNDARY}--\r\n".encode()


def _part(subtype: str, content: str) -> Iterator[bytes]:
    yield f"Content-Type: text/{subtype}; charset=utf-8\r\n".encode()
    yield b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    yield quoted_printable(content)
