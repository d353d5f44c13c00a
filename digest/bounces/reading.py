"""What a mail reports: each form is tried in turn, and the first that fits holds.

The order matters. A bounce and an abuse report are automatic answers too, and quote what they answer; a request to
leave may be sent by a program; and a message of ours that comes back has all of our traces and reports nothing.
"""

from digest.bounces import arf, dsn, freeform, leave, replies
from digest.bounces.mime import Mail, TooManyPartsError, take_apart
from digest.bounces.report import Kind, Report


def read(mail: bytes) -> tuple[Report, ...]:
    """Return what a mail reports, at least one report; whatever its bytes are, nothing is raised."""
    try:
        return read_strictly(mail)
    except TooManyPartsError as error:
        return (_nothing(str(error)),)
    except Exception as error:  # the parser of e-mail has its own defects; each costs one mail
        return (_nothing(f"can't be read: {error!r}"),)


def read_strictly(mail: bytes) -> tuple[Report, ...]:
    """Return what a mail reports; where `read` would say that a mail can't be read, this one raises the error."""
    whole = take_apart(mail)
    return (
        arf.read(whole)
        or dsn.read(whole)
        or leave.read(whole)
        or _of_list(whole)
        or freeform.read(whole)
        or replies.read(whole)
        or leave.read_words(whole)
        or (_nothing("no report"),)
    )


def _of_list(mail: Mail) -> tuple[Report, ...]:
    """Return a report of nothing where a mail is a list's message, ours that came back or another's."""
    is_of_list = "list-unsubscribe" in mail.fields and "list-id" in mail.fields
    return (_nothing("a message of a mailing list"),) if is_of_list else ()


def _nothing(why: str) -> Report:
    return Report(Kind.OTHER, said=why[:500])
