"""What is known of one person beyond what they said: by which lists they were mailed."""

from dataclasses import dataclass

from sqlalchemy import Connection, and_, select

from digest.store.schema import deliveries, issues


@dataclass(frozen=True, slots=True)
class Mailed:
    """Where a subscriber was mailed last: the list's permanent id, and the address ("" once it is forgotten)."""

    list_id: str
    address: str
    address_key: str


def last_mailed(connection: Connection, subscriber_id: str) -> Mailed | None:
    """Return where a subscriber was mailed last, None where they are in no issue's plan.

    Issue by issue, the newest first, each by the index of (issue, subscriber): issues are few, deliveries many.
    """
    query = (
        select(issues.c.list_id, deliveries.c.address, deliveries.c.address_key)
        .select_from(issues)
        .join(deliveries, and_(deliveries.c.issue_id == issues.c.id, deliveries.c.subscriber_id == subscriber_id))
        .order_by(issues.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else Mailed(row.list_id, row.address, row.address_key)
