"""The states of a delivery (and of a notice), as one table.

planned ──claim──► claimed ──accept──► accepted
                   │ ├──fail────► failed
                   │ └──hold────► held        (uncertain, and the list says hold)
                   └──release/defer/lose──► deferred ──claim──► claimed
planned, deferred ──► expired | suppressed | cancelled
failed, held, expired ──retry──► deferred     (by hand, or once the relay was found to be at fault)
"""

from collections.abc import Mapping
from enum import StrEnum

from digest.errors import StateError


class DeliveryState(StrEnum):
    """Where a delivery is; the last six are final, unless somebody asks for a retry."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    DEFERRED = "deferred"
    ACCEPTED = "accepted"
    FAILED = "failed"
    EXPIRED = "expired"
    SUPPRESSED = "suppressed"
    HELD = "held"
    CANCELLED = "cancelled"


class Verb(StrEnum):
    """What happens to a delivery."""

    CLAIM = "claim"
    RELEASE = "release"  # the relay was at fault before the address was spoken of
    ACCEPT = "accept"
    DEFER = "defer"
    LOSE = "lose"  # no reply is known: the message may have arrived
    FAIL = "fail"
    HOLD = "hold"  # no reply is known, and the list wants no second copy
    RETRY = "retry"
    EXPIRE = "expire"
    SUPPRESS = "suppress"
    CANCEL = "cancel"


_S = DeliveryState
_WAITING = (_S.PLANNED, _S.DEFERRED)

TRANSITIONS: Mapping[Verb, tuple[tuple[DeliveryState, ...], DeliveryState]] = {
    Verb.CLAIM: (_WAITING, _S.CLAIMED),
    Verb.RELEASE: ((_S.CLAIMED,), _S.DEFERRED),
    Verb.ACCEPT: ((_S.CLAIMED,), _S.ACCEPTED),
    Verb.DEFER: ((_S.CLAIMED,), _S.DEFERRED),
    Verb.LOSE: ((_S.CLAIMED,), _S.DEFERRED),
    Verb.FAIL: ((_S.CLAIMED,), _S.FAILED),
    Verb.HOLD: ((_S.CLAIMED,), _S.HELD),
    Verb.RETRY: ((_S.DEFERRED, _S.FAILED, _S.HELD, _S.EXPIRED), _S.DEFERRED),
    Verb.EXPIRE: (_WAITING, _S.EXPIRED),
    Verb.SUPPRESS: (_WAITING, _S.SUPPRESSED),
    Verb.CANCEL: (_WAITING, _S.CANCELLED),
}
"""Verb → the states it may come from, and the one it leads to."""

WAITING = frozenset(_WAITING)
FINAL = frozenset(DeliveryState) - WAITING - {_S.CLAIMED}


def move(state: DeliveryState, verb: Verb) -> DeliveryState:
    """Return the state after `verb`. Raises StateError where the table has no such way."""
    sources, target = TRANSITIONS[verb]
    if state not in sources:
        raise StateError(f"a delivery that is {state} can't {verb}")
    return target
