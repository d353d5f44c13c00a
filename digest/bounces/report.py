"""A report: what came back about one message, whoever told it and in whatever form."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a report is. Only the first three ask for something to be done."""

    BOUNCE = "bounce"  # it could not be delivered, and is not tried any more
    COMPLAINT = "complaint"  # its reader called it unwanted
    LEAVE = "leave"  # its reader asked by mail to leave
    DELAY = "delay"  # it is still being tried
    REPLY = "reply"  # out of office, or another automatic answer
    OTHER = "other"  # nothing we know


ACTING = (Kind.BOUNCE, Kind.COMPLAINT, Kind.LEAVE)
"""The kinds that ask for something to be done."""


@dataclass(frozen=True, slots=True)
class Report:
    """What came back about one message.

    `tokens` are candidates for the local part of its Message-ID, 32 hex digits: from the returned header, and from the
    address the report came to (VERP). `recipients` are addresses that it names, which help to find the message but
    prove nothing, unless the report is `trusted`: its sender was proved by a signature. `unsubscribe` is the token of a
    List-Unsubscribe link of ours, "" without one. `status` is an enhanced status code (RFC 3463), "" where none is
    known; `code` the basic one (RFC 5321), 0 where none is known. `said` is what the other server said, one line.
    """

    kind: Kind
    tokens: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    unsubscribe: str = ""
    status: str = ""
    code: int = 0
    said: str = ""
    trusted: bool = False


@dataclass(frozen=True, slots=True)
class Arrival:
    """A report as it came in: `key` tells a second copy of it (64 hex digits), `origin` says from where.

    An origin is a word or two, such as "mailbox bounces" or "webhook ses".
    """

    key: str
    origin: str
    report: Report


class Effect(StrEnum):
    """What a report did."""

    SUPPRESSED = "suppressed"  # the address is mailed by no list any more
    SCORED = "scored"  # it counts against the address, and was not the one too many
    LEFT = "left"  # its reader left the list
    NOTED = "noted"  # nothing but its record
    UNMATCHED = "unmatched"  # nothing either: it proves no message of ours
    REPEATED = "repeated"  # nothing at all: it was taken before
