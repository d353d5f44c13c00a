"""The programs whose exports are known: by which columns, what these mean, and who of the people may be mailed.

Columns are named by their letters alone (`names.letters`), as they were in the programs' exports of 2026.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from digest.foreign.names import ADDRESSES, letters
from digest.foreign.standing import (
    NEVER_CONFIRMED,
    Gone,
    Judge,
    is_no,
    is_yes,
    standing,
)
from digest.subscribers.reasons import COMPLAINT, LEFT, NO_SUCH_ADDRESS

OURS = (
    "email",
    "name",
    "first_name",
    "last_name",
    "topics",
    "frequency",
    "timezone",
    "language",
    "status",
    "left_at",
)
"""What a column can be taken for."""

Columns = Mapping[str, int]
"""Where a file's columns stand, by the letters of their names; what a status or a moment is taken from also as ours."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program that writes subscribers down.

    `marks` are sets of columns; a file that has all of one set is its. `columns` says which of its columns are taken
    for ours, the first that is there; `evidence` which tell of consent. `judge` makes of the columns of a file, and of
    its name, a judge of its rows beside that by status, which looks at the columns `judged`. `hint` is what the export
    can't say.
    """

    name: str
    marks: tuple[frozenset[str], ...]
    columns: Mapping[str, tuple[str, ...]]
    judge: Callable[[Columns, str], Judge | None] = lambda _columns, _file: None
    judged: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    hint: str = ""


def _marks(*sets: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(one.split()) for one in sets)


def judge_of(program: Program, columns: Columns, file: str) -> Judge:
    """Return who judges the rows of a file: a status in words and a moment of leaving, then the program's own rule."""
    status, left_at = columns.get("status"), columns.get("left_at")
    own = program.judge(columns, file)

    def judge(fields: Sequence[str]) -> Gone | None:
        at = fields[left_at].strip() if left_at is not None else ""
        gone = standing(fields[status]) if status is not None else None
        if gone is not None:
            return gone._replace(at=at)
        gone = own(fields) if own is not None else None
        return Gone(LEFT, everywhere=False, at=at) if gone is None and at else gone

    return judge


def _mailchimp(columns: Columns, file: str) -> Judge | None:
    """Judge by the columns that only the files of those who left and of cleaned addresses have.

    In a file with one of them all are such people, whether or not the moment is known; where somebody joined the
    files to one, those are whose moment is there. "nonsubscribed_…" holds customers who never asked for mail.
    """
    left, cleaned, why = (columns.get(name) for name in ("unsubtime", "cleantime", "unsubreason"))
    if file.startswith("nonsubscribed"):
        return _nobody
    if left is None and cleaned is None:
        return None

    def judge(fields: Sequence[str]) -> Gone | None:
        left_at = fields[left].strip() if left is not None else ""
        cleaned_at = fields[cleaned].strip() if cleaned is not None else ""
        if cleaned_at or left is None:
            return Gone(NO_SUCH_ADDRESS, everywhere=True, at=cleaned_at)
        if not left_at and cleaned is not None:
            return None
        reason = letters(fields[why]) if why is not None else ""
        if "abuse" in reason or "complain" in reason or "spam" in reason:
            return Gone(COMPLAINT, everywhere=True, at=left_at)
        return Gone(LEFT, everywhere=False, at=left_at)

    return judge


def _nobody(_fields: Sequence[str]) -> Gone | None:
    raise ValueError(NEVER_CONFIRMED)


def _substack(columns: Columns, _file: str) -> Judge:
    """Judge by whether mail is disabled. An "active subscription" is one that is paid for; others read too."""
    disabled = columns.get("emaildisabled")

    def judge(fields: Sequence[str]) -> Gone | None:
        return Gone(LEFT, everywhere=False) if disabled is not None and is_yes(fields[disabled]) else None

    return judge


def _ghost(columns: Columns, _file: str) -> Judge:
    subscribed, disabled, deleted = (columns.get(name) for name in ("subscribedtoemails", "emaildisabled", "deletedat"))

    def judge(fields: Sequence[str]) -> Gone | None:
        if disabled is not None and is_yes(fields[disabled]):
            return Gone(NO_SUCH_ADDRESS, everywhere=True)
        deleted_at = fields[deleted].strip() if deleted is not None else ""
        if deleted_at or (subscribed is not None and is_no(fields[subscribed])):
            return Gone(LEFT, everywhere=False, at=deleted_at)
        return None

    return judge


def _listmonk(columns: Columns, _file: str) -> Judge | None:
    """Judge by the subscription to one list, which only some ways of export tell."""
    subscription = columns.get("subscriptionstatus")
    return None if subscription is None else lambda fields: standing(fields[subscription])


def _ours(columns: Columns, _file: str) -> Judge:
    """Judge by the columns of `digest subscribers export --everything`."""
    state, scope, why, since = (columns[name] for name in _STATES)

    def judge(fields: Sequence[str]) -> Gone | None:
        match fields[state].strip():
            case "subscribed" | "":
                return None
            case "suppressed":
                return Gone(
                    fields[why].strip()[:_LONGEST_REASON] or LEFT, fields[scope].strip() == "everywhere", fields[since]
                )
            case "paused":
                raise ValueError("pauses, and only the store of the site they are on knows until when")
            case "moved":
                raise ValueError("has another address by now")
            case other:
                raise ValueError(f"the state {other[:40]!r} is not known")

    return judge


_PLAIN = {
    "email": ADDRESSES,
    "name": ("name", "fullname"),
    "first_name": ("firstname", "fname", "givenname"),
    "last_name": ("lastname", "lname", "surname", "familyname"),
    "topics": ("topics",),
    "frequency": ("frequency",),
    "timezone": ("timezone",),
    "language": ("language",),
    "status": ("status", "subscriptionstatus", "subscriberstatus"),
    "left_at": ("unsubscribedat", "unsubscriptiondate", "optouttime"),
}

PLAIN = Program("no known program", (), _PLAIN)

_LONGEST_REASON = 30
"""Characters that the reason of a suppression has at most in the store."""

_STATES = ("state", "scope", "why", "since")

OWN = Program(
    "paper-digest",
    _marks("email state scope why since"),
    {**_PLAIN, "status": (), "left_at": ()},
    _ours,
    _STATES,
)

MAILCHIMP = Program(
    "Mailchimp",
    _marks("memberrating optintime", "leid euid"),
    # Its TIMEZONE is guessed from a network's address, and nothing that a reader said.
    {
        "email": ("emailaddress", "email"),
        "first_name": ("firstname", "fname"),
        "last_name": ("lastname", "lname"),
        "name": ("name", "fullname"),
        "topics": ("tags",),
        "status": ("status",),
    },
    _mailchimp,
    ("unsubtime", "cleantime", "unsubreason"),
    ("optintime", "optinip", "confirmtime", "confirmip", "unsubtime", "unsubreason", "cleantime"),
)

SUBSTACK = Program(
    "Substack",
    _marks("activesubscription", "emaildisabled expiry", "subscriptiontype startdate", "stripeplan startdate"),
    {"email": ("email",), "name": ("name",)},
    _substack,
    ("emaildisabled",),
    ("createdat", "startdate"),
)

BUTTONDOWN = Program(
    "Buttondown",
    _marks("subscribertype", "type creationdate", "emailaddress creationdate", "email unsubscriptiondate"),
    {
        "email": ("emailaddress", "email"),
        "name": ("name",),
        "topics": ("tags",),
        "status": ("subscribertype", "type"),
        "left_at": ("unsubscriptiondate",),
    },
    evidence=("creationdate", "ipaddress", "source", "unsubscriptiondate", "unsubscriptionreason"),
)

GHOST = Program(
    "Ghost",
    _marks("subscribedtoemails"),
    {"email": ("email",), "name": ("name",), "topics": ("labels",)},
    _ghost,
    ("subscribedtoemails", "emaildisabled", "deletedat"),
    ("createdat",),
)

LISTMONK = Program(
    "listmonk",
    _marks("uuid attributes status", "uuid attribs status"),
    {"email": ("email",), "name": ("name",), "status": ("status",)},
    _listmonk,
    ("subscriptionstatus",),
    ("createdat", "status", "subscriptionstatus"),
    "listmonk doesn't say here who unsubscribed from a list: export those by themselves (subscription status"
    " unsubscribed), and give that file to `digest suppressions import` first",
)

PROGRAMS = (OWN, MAILCHIMP, SUBSTACK, BUTTONDOWN, GHOST, LISTMONK)


def recognised(names: Sequence[str]) -> Program:
    """Return the program whose columns these are; PLAIN where it is none that we know."""
    known = {letters(name) for name in names}
    return next((one for one in PROGRAMS if any(marks <= known for marks in one.marks)), PLAIN)
