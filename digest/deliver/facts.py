"""The facts of mail: each one line of the log, by one function.

On a terminal they are readable, in a pipe JSON (the command sets structlog up). What is routine, an
accepted message, is of level debug; the ledger has it anyway. No secret and no address is among the
values: a relay is named, and never shown; a delivery has its number, by which the ledger knows whose it is.
"""

import logging
import re

import structlog

from digest.deliver.delivery import Settlement
from digest.deliver.states import Verb

_standard = logging.getLogger("digest.mail")
_log: structlog.stdlib.BoundLogger = structlog.wrap_logger(
    _standard,
    processors=[structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)

_LEVELS = {
    Verb.ACCEPT: logging.DEBUG,
    Verb.DEFER: logging.INFO,
    Verb.RELEASE: logging.INFO,
    Verb.FAIL: logging.WARNING,
    Verb.LOSE: logging.WARNING,
    Verb.HOLD: logging.WARNING,
}


def tell(fact: str, level: int = logging.WARNING, **values: object) -> None:
    """Log one fact, such as "relay rests", with its values."""
    if _standard.isEnabledFor(level):
        _log.log(level, fact, **values)


def tell_settlement(settlement: Settlement) -> None:
    """Log what became of a delivery."""
    claim, outcome = settlement.claim, settlement.outcome
    level = _LEVELS[outcome.verb]
    if _standard.isEnabledFor(level):
        tell(
            outcome.verb.value,
            level,
            delivery=claim.delivery_id,
            domain=claim.domain,
            relay=settlement.relay,
            stage=outcome.stage.value,
            code=outcome.code,
            reply=_without(claim.address, outcome.reply),
            again=settlement.again and settlement.again.isoformat(timespec="seconds"),
        )


def _without(address: str, reply: str) -> str:
    """Return a server's reply without the address it is about, which many repeat, in whatever case."""
    return re.sub(re.escape(address), "…", reply, flags=re.IGNORECASE)
