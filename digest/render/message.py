"""The message: wire-ready MIME bytes for one subscriber, a join of what is ready.

multipart/alternative (RFC 2046, 5.1.4) of plaintext and HTML, both quoted-printable, CRLF, lines
under 998 bytes (RFC 5322, 2.1.1), with the fields that mail providers ask of bulk senders.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from digest.render.encode import inline
from digest.render.headers import (
    IssueHeaders,
    Mailbox,
    angle_field,
    date_field,
    list_id_field,
    mailbox_field,
    shown_name,
    text_field,
)
from digest.render.links import SubscriberLinks
from digest.render.parts import SUBSCRIBER_SLOTS, Assembly, Parts, Recipe


class Addressee(NamedTuple):
    """Whom a message is for, and what makes it theirs."""

    to: Mailbox
    date: datetime
    message_id: str
    links: SubscriberLinks


class EditionMessage(NamedTuple):
    """All that the messages of one edition share, ready to be joined with an addressee."""

    frame: "Frame"
    assembly: Assembly

    def to(self, addressee: Addressee) -> bytes:
        """Return the message for one subscriber, headers first."""
        frame, assembly = self.frame, self.assembly
        known, own = frame.known, [*assembly.own, *_values(addressee)]
        body = [known[place] if place >= 0 else own[place] for place in assembly.places]
        head = (_own_fields(addressee), frame.before_subject, assembly.subject, frame.before_text)
        return b"".join([*head, *body, frame.end])


@dataclass(frozen=True, slots=True)
class Frame:
    """What all messages of an issue in one language have in common: what an assembly's places mean, and around it."""

    known: Sequence[bytes]
    before_subject: bytes
    before_text: bytes
    end: bytes

    @classmethod
    def of(cls, headers: IssueHeaders, parts: Parts) -> "Frame":
        """Make the frame; nothing in it differs between two editions."""
        # A quoted-printable body can't hold "=_" (RFC 2045, 6.7), so the boundary is never in it.
        boundary = "=_" + sha256(repr(headers).encode("utf-8", "surrogatepass")).hexdigest()[:24]
        edge = f"--{boundary}".encode()
        sender = mailbox_field("From", headers.sender)
        reply_to = mailbox_field("Reply-To", headers.reply_to) if headers.reply_to else b""
        content = f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n\r\n'
        html_begins = b"\r\n" + edge + _part_head("html")
        return cls(
            known=(html_begins, *parts.pieces),
            before_subject=sender + reply_to,
            before_text=list_id_field(headers) + content.encode() + edge + _part_head("plain"),
            end=b"\r\n" + edge + b"--\r\n",
        )


def edition_message(headers: IssueHeaders, parts: Parts, recipe: Recipe, subject_prefix: str = "") -> EditionMessage:
    """Prepare the messages of an edition; `subject_prefix` marks a test copy."""
    subject = text_field("Subject", subject_prefix + recipe.subject)
    return EditionMessage(Frame.of(headers, parts), recipe.assembly._replace(subject=subject))


def _part_head(subtype: str) -> bytes:
    return (
        f"\r\nContent-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    ).encode()


def body_values(addressee: Addressee) -> dict[str, str]:
    """Return the values of the subscriber's slots as text."""
    to = addressee.to
    name = shown_name(to.name)
    return {
        "recipient": str(to if name == to.name else Mailbox(name, to.address)),
        "unsubscribe": addressee.links.unsubscribe,
        "preferences": addressee.links.preferences,
    }


def _values(addressee: Addressee) -> tuple[bytes, ...]:
    """Return the SUBSCRIBER_SLOTS as they stand in the plaintext, and as they stand in the HTML."""
    values = body_values(addressee)
    text, markup = [], []
    for name in SUBSCRIBER_SLOTS:
        value = values[name]
        escaped = html.escape(value)
        ready = inline(value)
        text.append(ready)
        markup.append(ready if escaped == value else inline(escaped))
    return (*text, *markup)


def _own_fields(addressee: Addressee) -> bytes:
    links = addressee.links
    one_click = (links.one_click,) if links.one_click else ()
    return b"".join(
        (
            mailbox_field("To", addressee.to),
            date_field(addressee.date),
            f"Message-ID: <{addressee.message_id}>\r\n".encode("ascii"),
            angle_field("List-Unsubscribe", *one_click, links.mailto),
            b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" if one_click else b"",
        )
    )
