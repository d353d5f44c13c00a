"""The message: wire-ready MIME bytes for one subscriber, a join of what is ready.

multipart/alternative (RFC 2046, 5.1.4) of plaintext and HTML, both quoted-printable, CRLF, lines
under 998 bytes (RFC 5322, 2.1.1), with the fields that mail providers ask of bulk senders.
"""

import html
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from digest.render.encode import inline
from digest.render.fragments import Piece, Slot
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
from digest.render.parts import Parts, Recipe


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a message is for, and what makes it theirs."""

    to: Mailbox
    date: datetime
    message_id: str
    links: SubscriberLinks


@dataclass(frozen=True, slots=True)
class EditionMessage:
    """All that the messages of one edition share, ready to be joined with an addressee."""

    fixed: bytes
    body: tuple[Piece, ...]

    def to(self, addressee: Addressee) -> bytes:
        """Return the message for one subscriber, headers first."""
        values = _values(addressee)
        body = (values[piece.name] if isinstance(piece, Slot) else piece for piece in self.body)
        return b"".join((_own_fields(addressee), self.fixed, *body))


def edition_message(headers: IssueHeaders, parts: Parts, recipe: Recipe, subject_prefix: str = "") -> EditionMessage:
    """Prepare the messages of an edition; `subject_prefix` marks a test copy."""
    boundary = "=_" + sha256(repr((headers, sorted(recipe.fragments), recipe.subject)).encode()).hexdigest()[:24]
    fixed = b"".join(
        (
            mailbox_field("From", headers.sender),
            mailbox_field("Reply-To", headers.reply_to) if headers.reply_to else b"",
            text_field("Subject", subject_prefix + recipe.subject),
            list_id_field(headers),
            b"MIME-Version: 1.0\r\n",
            f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n\r\n'.encode(),
        )
    )
    # A quoted-printable body can't hold "=_" (RFC 2045, 6.7), so the boundary is never in it.
    edge = f"--{boundary}".encode()
    body = (
        edge + _part_head("plain"),
        *_renamed(recipe.text(parts), "text"),
        b"\r\n" + edge + _part_head("html"),
        *_renamed(recipe.html(parts), "html"),
        b"\r\n" + edge + b"--\r\n",
    )
    return EditionMessage(fixed, body)


def _part_head(subtype: str) -> bytes:
    return (
        f"\r\nContent-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    ).encode()


def _renamed(pieces: tuple[Piece, ...], kind: str) -> tuple[Piece, ...]:
    return tuple(Slot(f"{kind}.{p.name}") if isinstance(p, Slot) else p for p in pieces)


def body_values(addressee: Addressee) -> dict[str, str]:
    """Return the values of the subscriber's slots as text."""
    return {
        "recipient": str(Mailbox(shown_name(addressee.to.name), addressee.to.address)),
        "unsubscribe": addressee.links.unsubscribe,
        "preferences": addressee.links.preferences,
    }


def _values(addressee: Addressee) -> Mapping[str, bytes]:
    values = body_values(addressee)
    return {f"text.{name}": inline(value) for name, value in values.items()} | {
        f"html.{name}": inline(html.escape(value)) for name, value in values.items()
    }


def _own_fields(addressee: Addressee) -> bytes:
    links = addressee.links
    leave = [links.one_click, links.mailto] if links.one_click else [links.mailto]
    return b"".join(
        (
            mailbox_field("To", addressee.to),
            date_field(addressee.date),
            f"Message-ID: <{addressee.message_id}>\r\n".encode("ascii"),
            angle_field("List-Unsubscribe", *leave),
            b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" if links.one_click else b"",
        )
    )
