"""The facts of mail: each one line of the log, by one function.

On a terminal they are readable, in a pipe JSON (the command sets structlog up). What is routine, an
accepted message, is of level debug; the ledger has it anyway. No secret is among the values: a relay is
named, and never shown.
"""

from typing import Literal

import structlog

from digest.deliver.delivery import Settlement
from digest.deliver.states import Verb

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("digest.mail")

_LEVELS: dict[Verb, Literal["debug", "info", "warning"]] = {
    Verb.ACCEPT: "debug",
    Verb.DEFER: "info",
    Verb.RELEASE: "info",
    Verb.FAIL: "warning",
    Verb.LOSE: "warning",
    Verb.HOLD: "warning",
}


def tell(fact: str, level: Literal["debug", "info", "warning"] = "warning", **values: object) -> None:
    """Log one fact, such as "relay rests", with its values."""
    getattr(_log, level)(fact, **values)


def tell_settlement(settlement: Settlement) -> None:
    """Log what became of a delivery."""
    claim, outcome = settlement.claim, settlement.outcome
    log = getattr(_log, _LEVELS[outcome.verb])
    log(
        outcome.verb.value,
        delivery=claim.delivery_id,
        address=claim.address,
        relay=settlement.relay,
        stage=outcome.stage.value,
        code=outcome.code,
        reply=outcome.reply,
        again=settlement.again,
    )
