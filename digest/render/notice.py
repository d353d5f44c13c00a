"""A notice: a single plaintext message that is no issue, such as an alert to the operator."""

from datetime import datetime

from digest.render.encode import quoted_printable
from digest.render.headers import Mailbox, date_field, mailbox_field, text_field


def notice_message(sender: Mailbox, to: Mailbox, text: str, date: datetime, message_id: str) -> bytes:
    """Return the wire-ready message; the first line of `text` is its Subject.

    It says that no person wrote it (RFC 3834, 5), so that no vacation reply comes back.
    """
    subject, _, body = text.strip().partition("\n")
    return b"".join(
        (
            mailbox_field("From", sender),
            mailbox_field("To", to),
            text_field("Subject", subject),
            date_field(date),
            f"Message-ID: <{message_id}>\r\n".encode("ascii"),
            b"Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n",
            b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
            quoted_printable(body.strip() + "\n"),
        )
    )
