"""Mailed requests to leave (RFC 2369): "unsubscribe" and the token of our List-Unsubscribe field.

Whoever has the token got the message it stands in; so did whoever answers that message, by its Message-ID. The sender's
address proves nothing, anybody can write any: a request with nothing but that is told to the operator, and nobody is
taken off a list by it.
"""

import re
from collections.abc import Iterator

from digest.bounces import traces
from digest.bounces.mime import Mail
from digest.bounces.report import Kind, Report

_PREFIXES = re.compile(r"^(?:\s{0,9}(?:re|aw|fwd?|wg|tr|sv|vs|antw|rv|回复|答复|返信)\s{0,3}[:：])+\s*", re.IGNORECASE)
_WORD = re.compile(r"^[^\w>]{0,9}unsubscribe(?:%20|[\s:+_-])*(.*)$", re.IGNORECASE | re.DOTALL)
_ASKS = re.compile(
    r"[^\w>]{0,9}(?:please\W{1,3})?(?:unsubscribe(?: me)?|remove me|opt[ -]?out|abmelden|austragen|abbestellen"
    r"|désabonner|désinscription|desuscribir|darse de baja|baja|退订|取消订阅|配信停止)(?:\W{1,3}please)?\W{0,9}",
    re.IGNORECASE,
)
_LINES = 3
"""Lines at the beginning of the body that are looked at; below stands what the mail quotes."""

_PIECES = 4
"""Pieces that a token is broken into at most; more are words."""


def read(mail: Mail) -> tuple[Report, ...]:
    """Return the request that a mail with a token is; none for any other mail."""
    token = _token(mail.fields.first("subject")) or traces.token_of_recipient(mail)
    token = token or next((found for line in _first_lines(mail) if (found := _token(line) or _alone(line))), "")
    if not token:
        return ()
    return (Report(Kind.LEAVE, recipients=_sender(mail), unsubscribe=token),)


def read_words(mail: Mail) -> tuple[Report, ...]:
    """Return the request of a mail that says first of all, and in so many words, that its sender wants to leave."""
    subject = _PREFIXES.sub("", mail.fields.first("subject"))
    if not _ASKS.fullmatch(subject) and not any(_ASKS.fullmatch(line) for line in _first_lines(mail)):
        return ()
    answered = traces.message_ids(mail.fields.all("in-reply-to", "references"))
    return (Report(Kind.LEAVE, answered, _sender(mail)),)


def _token(line: str) -> str:
    """Return the token behind the word, also where a mail program broke it into pieces."""
    asked = _WORD.match(_PREFIXES.sub("", line[:1_000]))
    if not asked:
        return ""
    pieces = asked[1].split()
    return traces.token_in(asked[1]) or (_alone("".join(pieces)) if len(pieces) <= _PIECES else "")


def _alone(line: str) -> str:
    token = traces.token_in(line)
    return token if token == line.strip() else ""


def _first_lines(mail: Mail) -> Iterator[str]:
    lines = (line.strip() for text in mail.texts[:1] for line in text[:4_000].split("\n"))
    yield from [line for line in lines if line][:_LINES]


def _sender(mail: Mail) -> tuple[str, ...]:
    return traces.addresses([mail.fields.first("from").rpartition("<")[2]])[:1]
