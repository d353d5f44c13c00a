"""Whether somebody may be mailed, as another program knew it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from digest.foreign.names import letters
from digest.subscribers.reasons import COMPLAINT, LEFT, NO_SUCH_ADDRESS

NEVER_CONFIRMED = "never confirmed: they didn't answer the other program's question whether it was them who signed up"


class Gone(NamedTuple):
    """Somebody who must not be mailed: the reason, whether on any list, and when that was as it is written."""

    reason: str
    everywhere: bool
    at: str = ""


Judge = Callable[[Sequence[str]], Gone | None]
"""What becomes of a row's person by its fields: None for a subscriber. Raises ValueError for who is neither."""

_SUBSCRIBED = """
    subscribed active confirmed enabled regular premium trialed unpaid gifted churning churned paused pastdue upcoming
    optedin true yes 1
"""
"""Of these some are about money only: "churned" and "past due" readers still read."""
_LEFT = "unsubscribed left removed disabled inactive optedout optout spammy archived deleted false no 0"
_BLOCKED = "blocklisted blacklisted blocked"
_BOUNCED = "bounced cleaned undeliverable hardbounced hardbounce"
_COMPLAINED = "complained complaint abuse junk spam spamcomplaint"
_UNCONFIRMED = "unconfirmed unactivated pending nonsubscribed"

_STANDINGS: dict[str, Gone | None] = {
    word: gone
    for words, gone in (
        (_SUBSCRIBED, None),
        (_LEFT, Gone(LEFT, everywhere=False)),
        (_BLOCKED, Gone(LEFT, everywhere=True)),
        (_BOUNCED, Gone(NO_SUCH_ADDRESS, everywhere=True)),
        (_COMPLAINED, Gone(COMPLAINT, everywhere=True)),
    )
    for word in words.split()
}


def standing(word: str) -> Gone | None:
    """Return what the status of a person means; an empty one says nothing.

    Raises ValueError for who never confirmed, and for a status we don't know: it might say that they left.
    """
    known = letters(word)
    if not known or known in _STANDINGS:
        return _STANDINGS.get(known)
    if known in _UNCONFIRMED.split():
        raise ValueError(NEVER_CONFIRMED)
    shown = word if len(word) <= 40 else word[:39] + "…"
    raise ValueError(f"the status {shown!r} is not known; write subscribed, unsubscribed, bounced or complained")


def is_yes(text: str) -> bool:
    """Tell whether a field says yes."""
    return text.strip().lower() in ("true", "yes", "1", "t", "y")


def is_no(text: str) -> bool:
    """Tell whether a field says no; an empty one says nothing."""
    return text.strip().lower() in ("false", "no", "0", "f", "n")
