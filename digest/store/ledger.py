"""The ledger: one row a delivery, claimed before it is sent and settled after.

`exchange` is the heart: settle what is known and claim what comes next, in one transaction. A claim is
committed before its message leaves; what is still claimed when a run begins was lost with the run
before.

This is where the program's speed is decided, so the statements are SQLite's own, on one connection that
keeps them prepared. PostgreSQL will have a ledger of its own beside it.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from sqlalchemy import Engine

from digest.deliver.delivery import Claim, Settlement, Waiting
from digest.deliver.outcome import Blame, Stage, lost
from digest.deliver.retry import next_attempt
from digest.deliver.score import Score, failed
from digest.deliver.states import DeliveryState, Verb, move
from digest.store.database import errors_in_words, reading
from digest.store.moments import from_text, to_text
from digest.store.suppressions import EVERYWHERE
from digest.subscribers.reasons import NO_SUCH_ADDRESS, UNREACHABLE

Uncertain = Literal["resend", "hold"]
"""What a list wants done with a message that may have arrived: send it again, or let it be."""

_CLAIM = """
UPDATE deliveries SET state = 'claimed'
WHERE id IN (SELECT value FROM json_each(?)) AND state IN ('planned', 'deferred') AND deadline > ?
  AND address <> ''
  AND NOT EXISTS (
    SELECT 1 FROM suppressions AS s WHERE s.scope IN ('*', ?)
      AND s.address_key IN (deliveries.address_key, '@' || deliveries.domain))
RETURNING id, subscriber_id, address, domain, address_key, name, edition, date, attempts
"""
"""Who was forgotten has no address any more, and is suppressed whatever came later."""

_NOT_CLAIMED = """
SELECT id, state, deadline, address = '' OR EXISTS (
    SELECT 1 FROM suppressions AS s WHERE s.scope IN ('*', ?)
      AND s.address_key IN (deliveries.address_key, '@' || deliveries.domain))
FROM deliveries
WHERE id IN (SELECT value FROM json_each(?)) AND state IN ('planned', 'deferred')
"""

_ACCEPT = """
UPDATE deliveries SET state = 'accepted', attempts = attempts + 1, settled_at = ?, relay = ?, reply = ?
WHERE id = ? AND state = 'claimed'
"""

_SETTLE = """
UPDATE deliveries
SET state = ?, attempts = attempts + ?, settled_at = ?, relay = ?, reply = ?,
    next_attempt_at = min(coalesce(?, next_attempt_at), max(deadline, next_attempt_at))
WHERE id = ? AND state = 'claimed'
"""
"""A delivery is looked at once more at its deadline, to expire."""

_ATTEMPT = """
INSERT INTO attempts (delivery_id, relay, at, verb, stage, code, enhanced, reply) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""

_SUPPRESS = """
INSERT INTO suppressions (scope, address_key, address, reason, source, at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING
"""

_SCORE = "SELECT score, at FROM address_scores WHERE address_key = ?"

_SET_SCORE = """
INSERT INTO address_scores (address_key, score, at) VALUES (?, ?, ?)
ON CONFLICT (address_key) DO UPDATE SET score = excluded.score, at = excluded.at
"""

_REOPEN = """
UPDATE deliveries SET state = 'deferred', next_attempt_at = ?
WHERE id IN (SELECT value FROM json_each(?)) AND state = 'failed'
"""


class SqlLedger:
    """The ledger of one issue; the sender sees it as `digest.deliver.delivery.Ledger`."""

    def __init__(self, engine: Engine, issue_id: int, list_id: str, uncertain: Uncertain = "resend") -> None:
        self._pooled = engine.raw_connection()
        driver = self._pooled.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        self._database = driver
        self._issue_id = issue_id
        self._list_id = list_id
        self._uncertain = uncertain

    def close(self) -> None:
        """Give the connection back."""
        self._pooled.close()

    def recover(self, now: datetime) -> int:
        """Settle what a run that died had claimed, as uncertain; only the holder of the run lock may.

        Returns how many there were.
        """
        outcome = lost(Stage.DOT, "the run ended before the reply was known")
        query = (
            "SELECT id, subscriber_id, address, domain, address_key, name, edition, date, attempts FROM deliveries"
            " WHERE issue_id = ? AND state IN ('claimed', 'deferred') AND state = 'claimed'"
        )
        with self._begun() as database:
            claims = [_claim(row) for row in database.execute(query, (self._issue_id,))]
            for claim in claims:
                again = next_attempt(claim.attempts + 1, now, claim.subscriber_id)
                self._settle(database, Settlement(claim, outcome, "", now, again))
        self.commit()
        return len(claims)

    def upcoming(self, after: int, limit: int) -> list[Waiting]:
        """See `digest.deliver.delivery.Ledger`."""
        # The plus signs keep SQLite from the index of (issue, subscriber), and from sorting what it finds there.
        query = (
            "SELECT id, domain, edition FROM deliveries"
            " WHERE id > ? AND +issue_id = ? AND +state = 'planned' ORDER BY id LIMIT ?"
        )
        return self._waiting(query, (max(after, self._before), self._issue_id, limit))

    def due_again(self, now: datetime, limit: int) -> list[Waiting]:
        """See `digest.deliver.delivery.Ledger`."""
        # What stands in `ix_deliveries_open` is said once more, in its words, so that it is used.
        query = (
            "SELECT id, domain, edition FROM deliveries"
            " WHERE issue_id = ? AND state IN ('claimed', 'deferred') AND state = 'deferred'"
            " AND next_attempt_at <= ? ORDER BY next_attempt_at, id LIMIT ?"
        )
        return self._waiting(query, (self._issue_id, to_text(now), limit))

    @cached_property
    def _before(self) -> int:
        """The id below the issue's first, so that older issues aren't walked through."""
        query = "SELECT min(id) FROM deliveries WHERE issue_id = ?"
        (first,) = self._database.execute(query, (self._issue_id,)).fetchone()
        return int(first or 1) - 1

    def _waiting(self, query: str, values: tuple[Any, ...]) -> list[Waiting]:
        with errors_in_words():
            if not self._is_sending(self._database):
                return []  # or those due at once would be picked, and not claimed, again and again
            return list(map(Waiting._make, self._database.execute(query, values)))

    def exchange(
        self, settled: Sequence[Settlement], wanted: Sequence[int], now: datetime, reopened: Collection[int] = ()
    ) -> list[Claim]:
        """See `digest.deliver.delivery.Ledger`."""
        with self._begun() as database:
            self._settle_all(database, settled)
            if reopened:
                database.execute(_REOPEN, (to_text(now), json.dumps(list(reopened))))
            if not wanted or not self._is_sending(database):
                return []
            return self._claim(database, wanted, now)

    def commit(self) -> None:
        """See `digest.deliver.delivery.Ledger`."""
        with errors_in_words():
            try:
                self._database.execute("COMMIT")
            except sqlite3.Error:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise

    @contextmanager
    def _begun(self) -> Iterator[sqlite3.Connection]:
        """Begin a transaction that is left to be committed, unless something goes wrong."""
        with errors_in_words():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                if self._database.in_transaction:  # a full disk ends it by itself
                    self._database.execute("ROLLBACK")
                raise

    def _is_sending(self, database: sqlite3.Connection) -> bool:
        query = "SELECT 1 FROM issues WHERE id = ? AND state = 'sending' AND planned_at IS NOT NULL"
        return database.execute(query, (self._issue_id,)).fetchone() is not None

    def _claim(self, database: sqlite3.Connection, wanted: Sequence[int], now: datetime) -> list[Claim]:
        claims = [_claim(row) for row in database.execute(_CLAIM, (json.dumps(wanted), to_text(now), self._list_id))]
        if len(claims) < len(wanted):
            missing = json.dumps(list(set(wanted) - {claim.delivery_id for claim in claims}))
            for row in database.execute(_NOT_CLAIMED, (self._list_id, missing)).fetchall():
                _give_up(database, row, now)
        return claims

    def _settle_all(self, database: sqlite3.Connection, settled: Sequence[Settlement]) -> None:
        accepted = [s for s in settled if s.outcome.verb is Verb.ACCEPT]
        if accepted:
            rows = [(to_text(s.at), s.relay, s.outcome.said, s.claim.delivery_id) for s in accepted]
            _expect(database.executemany(_ACCEPT, rows).rowcount, len(rows))
        for settlement in settled:
            if settlement.outcome.verb is not Verb.ACCEPT:
                self._settle(database, settlement)

    def _settle(self, database: sqlite3.Connection, settlement: Settlement) -> None:
        """Record anything but an acceptance: the delivery's state, and the attempt."""
        claim, outcome, at = settlement.claim, settlement.outcome, to_text(settlement.at)
        verb = Verb.HOLD if outcome.verb is Verb.LOSE and self._uncertain == "hold" else outcome.verb
        state = move(DeliveryState.CLAIMED, verb)
        counted = int(verb is not Verb.RELEASE)
        again = to_text(settlement.again) if settlement.again and state is DeliveryState.DEFERRED else None
        values = (state, counted, at, settlement.relay, outcome.said, again, claim.delivery_id)
        _expect(database.execute(_SETTLE, values).rowcount, 1)
        tried = (claim.delivery_id, settlement.relay, at, verb, outcome.stage)
        database.execute(_ATTEMPT, (*tried, outcome.code, outcome.enhanced, outcome.reply))
        if reason := _reason_to_suppress(database, settlement):
            source = f"relay {settlement.relay}: {outcome.said}"
            database.execute(_SUPPRESS, (EVERYWHERE, claim.address_key, claim.address, reason, source, at))


def _claim(row: tuple[Any, ...]) -> Claim:
    delivery_id, subscriber_id, address, domain, address_key, name, edition, date, attempts = row
    moment = from_text(date)
    return Claim(delivery_id, subscriber_id, address, domain, address_key, name, edition, moment, attempts)


def _give_up(database: sqlite3.Connection, row: tuple[Any, ...], now: datetime) -> None:
    """Settle a delivery that must not be claimed any more."""
    delivery_id, state, deadline, is_suppressed = row
    if not is_suppressed and from_text(deadline) > now:
        return
    verb = Verb.SUPPRESS if is_suppressed else Verb.EXPIRE
    target = move(DeliveryState(state), verb)
    statement = "UPDATE deliveries SET state = ?, settled_at = ? WHERE id = ?"
    database.execute(statement, (target, to_text(now), delivery_id))


def _reason_to_suppress(database: sqlite3.Connection, settlement: Settlement) -> str:
    """Return why the address must not be mailed again, "" if it may."""
    match settlement.outcome.blame:
        case Blame.GONE:
            return NO_SUCH_ADDRESS
        case Blame.UNREACHABLE:
            return UNREACHABLE if _add_failure(database, settlement).is_enough else ""
        case Blame.NOTHING:
            return ""


def _add_failure(database: sqlite3.Connection, settlement: Settlement) -> Score:
    """Count a failure against its address; returns the score."""
    address_key = settlement.claim.address_key
    row = database.execute(_SCORE, (address_key,)).fetchone()
    score = failed(Score(row[0], from_text(row[1])) if row else None, settlement.at)
    database.execute(_SET_SCORE, (address_key, score.value, to_text(score.at)))
    return score


def _expect(changed: int, wanted: int) -> None:
    if changed != wanted:
        raise AssertionError(f"{wanted - changed} deliveries are no longer claimed; two runs work on one issue")


def sent_since(engine: Engine, since: datetime) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Return how many messages each relay took, and each domain got, of any issue."""
    query = "SELECT relay, domain, count(*) FROM deliveries WHERE settled_at > ? AND relay IS NOT NULL GROUP BY 1, 2"
    relays: Counter[str] = Counter()
    domains: Counter[str] = Counter()
    with reading(engine).begin() as connection:
        for relay, domain, number in connection.exec_driver_sql(query, (to_text(since),)):
            relays[relay] += number
            domains[domain] += number
    return relays, domains
