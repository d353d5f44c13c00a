"""The ledger: one row a delivery, claimed before it is sent and settled after.

`exchange` is the whole of it: settle what is known and claim what comes next, in one transaction. A
claim is committed before its message leaves; what is still claimed when a run begins was lost with
the run before, and is sent again under the same Message-ID.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, and_, case, insert, select, update

from digest.deliver.outcome import Outcome, Stage, lost
from digest.deliver.retry import next_attempt
from digest.deliver.sender import Claim, Settlement
from digest.deliver.states import DeliveryState, Verb, move
from digest.issues.states import IssueState
from digest.store import suppressions as suppressed
from digest.store.schema import attempts, deliveries, issues, suppressions


class SqlLedger:
    """The ledger of one issue; the sender sees it as `digest.deliver.sender.Ledger`."""

    def __init__(self, engine: Engine, issue_id: int, list_id: str) -> None:
        self._engine = engine
        self._issue_id = issue_id
        self._list_id = list_id

    def recover(self, relay: str, now: datetime) -> int:
        """Put back what a run that died had claimed, as uncertain; only the holder of the run lock may.

        Returns how many there were.
        """
        query = select(deliveries).where(
            deliveries.c.issue_id == self._issue_id, deliveries.c.state == DeliveryState.CLAIMED
        )
        with self._engine.begin() as connection:
            rows = connection.execute(query).all()
            for row in rows:
                outcome = lost(Stage.DOT, "the run ended before the reply was known")
                _settle(connection, Settlement(_claim(row), outcome, relay, now))
        return len(rows)

    def exchange(self, settled: list[Settlement], want: int, now: datetime) -> list[Claim]:
        """See `digest.deliver.sender.Ledger`; a paused or cancelled issue has nothing to claim."""
        with self._engine.begin() as connection:
            for settlement in settled:
                _settle(connection, settlement)
            if want <= 0 or not self._is_sending(connection):
                return []
            return self._claim_due(connection, want, now)

    def _is_sending(self, connection: Connection) -> bool:
        query = select(issues.c.state, issues.c.planned_at).where(issues.c.id == self._issue_id)
        row = connection.execute(query).one()
        return row.state == IssueState.SENDING and row.planned_at is not None

    def _claim_due(self, connection: Connection, want: int, now: datetime) -> list[Claim]:
        """Claim what was never tried first, then what is tried again."""
        claims: list[Claim] = []
        for state in (DeliveryState.PLANNED, DeliveryState.DEFERRED):
            query = self._due(state, now)
            while len(claims) < want and (rows := connection.execute(query.limit(want - len(claims))).all()):
                for row in rows:
                    verb = _verdict(row, now)
                    _update(connection, row.id, state, verb, settled_at=now)
                    if verb is Verb.CLAIM:
                        claims.append(_claim(row))
        return claims

    def _due(self, state: DeliveryState, now: datetime) -> Select[Any]:
        """Return the query for what is due, in the order of one index: by time, then by edition."""
        scopes = (suppressed.EVERYWHERE, self._list_id)
        of_address = and_(suppressions.c.address_key == deliveries.c.address_key, suppressions.c.scope.in_(scopes))
        is_suppressed = select(suppressions.c.id).where(of_address).exists().label("is_suppressed")
        return (
            select(deliveries, is_suppressed)
            .where(
                deliveries.c.issue_id == self._issue_id,
                deliveries.c.state == state,
                deliveries.c.next_attempt_at <= now,
            )
            .order_by(deliveries.c.next_attempt_at, deliveries.c.edition, deliveries.c.id)
        )


def _verdict(row: Row[Any], now: datetime) -> Verb:
    if row.is_suppressed:
        return Verb.SUPPRESS
    return Verb.EXPIRE if row.deadline <= now else Verb.CLAIM


def _claim(row: Row[Any]) -> Claim:
    return Claim(
        delivery_id=row.id,
        subscriber_id=row.subscriber_id,
        address=row.address,
        address_key=row.address_key,
        name=row.name,
        edition=row.edition,
        date=row.date,
        attempts=row.attempts,
    )


def _settle(connection: Connection, settlement: Settlement) -> None:
    claim, outcome, at = settlement.claim, settlement.outcome, settlement.at
    counted = claim.attempts + (outcome.verb is not Verb.RELEASE)
    retry = outcome.verb in (Verb.DEFER, Verb.LOSE)
    values: dict[str, Any] = {"attempts": counted, "settled_at": at, "reply": _reply(outcome)}
    if retry:
        again = next_attempt(counted, at, claim.subscriber_id)
        # At its deadline it is looked at once more, to expire.
        values["next_attempt_at"] = case((deliveries.c.deadline < again, deliveries.c.deadline), else_=again)
    _update(connection, claim.delivery_id, DeliveryState.CLAIMED, outcome.verb, **values)
    connection.execute(
        insert(attempts).values(
            delivery_id=claim.delivery_id,
            relay=settlement.relay,
            at=at,
            verb=outcome.verb,
            stage=outcome.stage,
            code=outcome.code,
            enhanced=outcome.enhanced,
            reply=outcome.reply,
        )
    )
    if outcome.suppress:
        suppressed.add(
            connection,
            scope=suppressed.EVERYWHERE,
            address_key=claim.address_key,
            address=claim.address,
            reason="no such address",
            source=f"relay {settlement.relay}: {_reply(outcome)}",
            now=at,
        )


def _update(connection: Connection, delivery_id: int, before: DeliveryState, verb: Verb, **values: Any) -> None:
    statement = update(deliveries).where(deliveries.c.id == delivery_id, deliveries.c.state == before)
    changed = connection.execute(statement.values(state=move(before, verb), **values)).rowcount
    if changed != 1:
        raise AssertionError(f"delivery {delivery_id} is no longer {before}; two runs work on one issue")


def _reply(outcome: Outcome) -> str:
    return f"{outcome.code} {outcome.reply}" if outcome.code else outcome.reply
