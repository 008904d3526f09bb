"""Activity, of rows."""

from succotash.domain.value.ledgers import ActivityEvent, ActivityKind
from succotash.infrastructure.rows.row import Row


def activity_event_of(row: Row) -> ActivityEvent:
    """An event of the ledger of activity."""
    return ActivityEvent(
        customer_id=row["customer_id"],
        event_id=row["event_id"],
        occurred_at=row.instant("occurred_at"),
        kind=ActivityKind(row["kind"]),
        name=row["name"],
        duration_seconds=row["duration_seconds"],
        interests=tuple(row.json("interests")),
        campaign_id=row["campaign_id"],
    )
