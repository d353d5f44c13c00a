"""The states of an issue, as a table: what each verb leads to, and from where it is possible.

    draft ──approve──► approved ──start──► sending ──finish──► finished
                           │                │   ▲ ▲               │
                         pause          pause resume              │
                           └────► paused ◄──┘───┘ └────reopen─────┘
    cancel leads from draft, approved, sending and paused to cancelled.

An approved issue can be paused: that is what an editor with a bad feeling does five minutes before
its hour. A paused issue can't be started, so neither a tick nor `digest send` overrules the editor;
resume leads to sending from wherever it was paused, and sending means now. A finished issue is reopened
when somebody asks for a retry of what failed. Cancelled is final.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from digest.errors import StateError
from digest.issues.issue import IssueKey


class IssueState(StrEnum):
    """Where an issue is on its way; the value is what the store keeps."""

    DRAFT = "draft"
    APPROVED = "approved"
    SENDING = "sending"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class Verb(StrEnum):
    """What can be done to an issue; the sender starts and finishes, a retry reopens, people do the rest."""

    APPROVE = "approve"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    FINISH = "finish"
    REOPEN = "reopen"
    CANCEL = "cancel"


_S, _V = IssueState, Verb

TRANSITIONS: Mapping[tuple[IssueState, Verb], IssueState] = MappingProxyType(
    {
        (_S.DRAFT, _V.APPROVE): _S.APPROVED,
        (_S.DRAFT, _V.CANCEL): _S.CANCELLED,
        (_S.APPROVED, _V.START): _S.SENDING,
        (_S.APPROVED, _V.PAUSE): _S.PAUSED,
        (_S.APPROVED, _V.CANCEL): _S.CANCELLED,
        (_S.SENDING, _V.PAUSE): _S.PAUSED,
        (_S.SENDING, _V.FINISH): _S.FINISHED,
        (_S.SENDING, _V.CANCEL): _S.CANCELLED,
        (_S.PAUSED, _V.RESUME): _S.SENDING,
        (_S.PAUSED, _V.CANCEL): _S.CANCELLED,
        (_S.FINISHED, _V.REOPEN): _S.SENDING,
    }
)
"""Every possible step; what isn't here is refused."""

_DONE: Mapping[Verb, str] = MappingProxyType(
    {
        _V.APPROVE: "approved",
        _V.START: "started",
        _V.PAUSE: "paused",
        _V.RESUME: "resumed",
        _V.FINISH: "finished",
        _V.REOPEN: "reopened",
        _V.CANCEL: "cancelled",
    }
)


def move(state: IssueState, verb: Verb, issue: IssueKey | None = None) -> IssueState:
    """Return the state that `verb` leads to; `issue` is named in the error.

    Raises StateError where the table has no such step, with what is possible instead.
    """
    try:
        return TRANSITIONS[state, verb]
    except KeyError:
        raise StateError(_refusal(state, verb, issue)) from None


def possible(state: IssueState) -> tuple[Verb, ...]:
    """Return the verbs that `state` allows, in the order of the table; none when it is final."""
    return tuple(verb for before, verb in TRANSITIONS if before is state)


def _refusal(state: IssueState, verb: Verb, issue: IssueKey | None) -> str:
    name = "the issue" if issue is None else f"issue {issue}"
    options = [_DONE[v] for v in possible(state) if v is not Verb.FINISH]
    if not options:
        return f"{name} is {state}; it can't be {_DONE[verb]}, for that is final"
    *others, last = options
    allowed = f"{', '.join(others)} or {last}" if others else last
    return f"{name} is {state}; it can't be {_DONE[verb]}, only {allowed}"
