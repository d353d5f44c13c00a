"""Notices: single messages that are no issue, with the states of a delivery and a ledger of their own."""

from collections.abc import Collection, Sequence, Set
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, case, delete, func, insert, select, update

from digest.deliver.delivery import Claim, Outgoing, Settlement, Waiting
from digest.deliver.outcome import Stage, lost
from digest.deliver.retry import next_attempt
from digest.deliver.states import FINAL, WAITING, DeliveryState, Verb, move
from digest.store import suppressions as suppressed
from digest.store.database import insert_or_ignore, reading
from digest.store.schema import attempts, notices
from digest.store.schema_readers import reports
from digest.store.suppressions import EVERYWHERE
from digest.subscribers.reasons import NO_SUCH_ADDRESS


def add(
    connection: Connection,
    *,
    kind: str,
    list_id: str,
    address: str,
    address_key: str,
    message_id: str,
    message: bytes,
    due_at: datetime,
    deadline: datetime,
) -> bool:
    """Plan a notice, sent by the relays of a list; one whose Message-ID is there already stays as it is.

    Returns whether it is new.
    """
    values = {
        "kind": kind,
        "list_id": list_id,
        "address": address,
        "address_key": address_key,
        "message_id": message_id,
        "message": message.decode(),  # UTF-8 where the address is international (RFC 6532)
        "due_at": due_at,
        "deadline": deadline,
        "state": DeliveryState.PLANNED,
        "next_attempt_at": due_at,
    }
    return connection.execute(insert_or_ignore(connection, notices).values(**values)).rowcount > 0


def prune(connection: Connection, kind: str, before: datetime) -> int:
    """Forget the notices of a kind that were done with before a moment, with what is known of them; returns how many.

    A report about one stays, and doesn't lead to it any more.
    """
    done = and_(notices.c.kind == kind, notices.c.state.in_(FINAL), notices.c.next_attempt_at < before)
    which = select(notices.c.id).where(done)
    connection.execute(delete(attempts).where(attempts.c.notice_id.in_(which)))
    connection.execute(update(reports).where(reports.c.notice_id.in_(which)).values(notice_id=None))
    return connection.execute(delete(notices).where(done)).rowcount


class NoticeLedger:
    """The notices of a list; the sender sees them as `digest.deliver.delivery.Ledger`.

    They are few, so each exchange is committed by itself. A list's suppressions don't keep a notice back
    (a confirmation is how somebody comes back); one that holds everywhere does.
    """

    def __init__(self, engine: Engine, list_id: str) -> None:
        self._engine = engine
        self._of_list = notices.c.list_id == list_id

    def open_at(self, now: datetime) -> int:
        """Return how many are due, or were claimed by a run that died."""
        is_due = and_(notices.c.state.in_(WAITING), notices.c.next_attempt_at <= now)
        is_open = is_due | (notices.c.state == DeliveryState.CLAIMED)
        with reading(self._engine).begin() as connection:
            query = select(func.count()).select_from(notices).where(self._of_list, is_open)
            return connection.execute(query).scalar_one()

    def recover(self, now: datetime) -> int:
        """Settle what a run that died had claimed, as uncertain; only the holder of the run lock may."""
        outcome = lost(Stage.DOT, "the run ended before the reply was known")
        query = select(notices).where(self._of_list, notices.c.state == DeliveryState.CLAIMED)
        with self._engine.begin() as connection:
            claims = [_claim(row) for row in connection.execute(query)]
            for claim in claims:
                again = next_attempt(claim.attempts + 1, now, claim.subscriber_id)
                _settle(connection, Settlement(claim, outcome, "", now, again))
        return len(claims)

    def upcoming(self, after: int, limit: int) -> list[Waiting]:  # noqa: ARG002 - all are asked for by their time
        """See `digest.deliver.delivery.Ledger`."""
        return []

    def due_again(self, now: datetime, limit: int) -> list[Waiting]:
        """See `digest.deliver.delivery.Ledger`; here also those never tried."""
        query = (
            select(notices.c.id, notices.c.address)
            .where(self._of_list, notices.c.state.in_(WAITING), notices.c.next_attempt_at <= now)
            .order_by(notices.c.next_attempt_at, notices.c.id)
            .limit(limit)
        )
        with reading(self._engine).begin() as connection:
            return [Waiting(row.id, _domain(row.address), "") for row in connection.execute(query)]

    def exchange(
        self, settled: Sequence[Settlement], wanted: Sequence[int], now: datetime, reopened: Collection[int] = ()
    ) -> list[Claim]:
        """See `digest.deliver.delivery.Ledger`."""
        query = select(notices).where(notices.c.id.in_(wanted), notices.c.state.in_(WAITING))
        claims: list[Claim] = []
        with self._engine.begin() as connection:
            for settlement in settled:
                _settle(connection, settlement)
            connection.execute(
                update(notices)
                .where(notices.c.id.in_(reopened), notices.c.state == DeliveryState.FAILED)
                .values(state=DeliveryState.DEFERRED, next_attempt_at=now)
            )
            rows = connection.execute(query).all()
            barred = suppressed.among(connection, EVERYWHERE, {key for row in rows for key in _keys(row)})
            for row in rows:
                verb = _verdict(row, barred, now)
                state = move(DeliveryState(row.state), verb)
                values = {"state": state} if verb is Verb.CLAIM else {"state": state, "settled_at": now}
                connection.execute(update(notices).where(notices.c.id == row.id).values(**values))
                if verb is Verb.CLAIM:
                    claims.append(_claim(row))
        return claims

    def commit(self) -> None:
        """See `digest.deliver.delivery.Ledger`; the exchange is committed already."""

    def message(self, claim: Claim) -> Outgoing:
        """Return the message of a claimed notice, as it was planned."""
        query = select(notices.c.message, notices.c.message_id).where(notices.c.id == claim.delivery_id)
        with reading(self._engine).begin() as connection:
            row = connection.execute(query).one()
        return Outgoing(claim.address, row.message_id.partition("@")[0], row.message.encode())


def _keys(row: Row[Any]) -> tuple[str, str]:
    return row.address_key, suppressed.domain_key_of(row.address)


def _verdict(row: Row[Any], barred: Set[str], now: datetime) -> Verb:
    if not barred.isdisjoint(_keys(row)):
        return Verb.SUPPRESS
    return Verb.EXPIRE if row.deadline <= now else Verb.CLAIM


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _claim(row: Row[Any]) -> Claim:
    return Claim(
        delivery_id=row.id,
        subscriber_id=row.message_id,  # spreads its retries
        address=row.address,
        domain=_domain(row.address),
        address_key=row.address_key,
        name="",
        edition="",
        date=row.due_at,
        attempts=row.attempts,
    )


def _settle(connection: Connection, settlement: Settlement) -> None:
    claim, outcome = settlement.claim, settlement.outcome
    values: dict[str, Any] = {
        "state": move(DeliveryState.CLAIMED, outcome.verb),
        "attempts": claim.attempts + (outcome.verb is not Verb.RELEASE),
        "settled_at": settlement.at,
        "reply": outcome.said,
    }
    if settlement.again is not None:
        values["next_attempt_at"] = case(
            (notices.c.deadline < settlement.again, notices.c.deadline), else_=settlement.again
        )
    connection.execute(update(notices).where(notices.c.id == claim.delivery_id).values(**values))
    if outcome.verb is not Verb.ACCEPT:
        tried = {name: getattr(outcome, name) for name in ("verb", "stage", "code", "enhanced", "reply")}
        values = {"notice_id": claim.delivery_id, "relay": settlement.relay, "at": settlement.at, **tried}
        connection.execute(insert(attempts).values(**values))
    if outcome.suppress:
        suppressed.add(
            connection,
            scope=EVERYWHERE,
            address_key=claim.address_key,
            address=claim.address,
            reason=NO_SUCH_ADDRESS,
            source=f"relay {settlement.relay}: {outcome.said}",
            now=settlement.at,
        )
