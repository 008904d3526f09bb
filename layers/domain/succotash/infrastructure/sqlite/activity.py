"""The ledger of activity in SQLite."""

from array import array
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import override

from succotash.domain.repositories.activity import ActivityRepository
from succotash.domain.value.ledgers import (
    ActivityEvent,
    ActivitySummaries,
    RecordOutcome,
)
from succotash.domain.values import PAGE, CustomerId, Shard
from succotash.infrastructure.rows.activity import activity_event_of
from succotash.infrastructure.sqlite.columns import instant_text, json_text, micros, micros_span
from succotash.infrastructure.sqlite.functions import local_day, shard_parameters
from succotash.infrastructure.sqlite.purchases import laid_out_purchases
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.result_row import histories_of, integers
from succotash.infrastructure.sqlite.sightings import Sighting, see_customers
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("activity")
_SESSION_GAP = timedelta(minutes=30)
_FORGETTING = {
    "activity_events": "forget_events",
    "churn_predictions": "forget_predictions",
    "user_engagement_profiles": "forget_profiles",
}


class SQLiteActivityRepository(SQLiteRepository, ActivityRepository):
    """The ledger of activity."""

    @override
    def record_activity(self, events: Sequence[ActivityEvent]) -> list[RecordOutcome]:
        batch = [_event_columns(event) for event in events]
        keys = [(event["customer_id"], event["event_id"]) for event in batch]
        with self._unit.writing() as session:
            known = {
                (row["customer_id"], row["event_id"]): dict(row)
                for row in session.run(_SQL["find_known_events"], keys=json_text(keys))
            }
            session.run_for_each(
                _SQL["add_event"],
                [event for key, event in zip(keys, batch, strict=True) if key not in known],
            )
            see_customers(
                session,
                [
                    Sighting(event.customer_id, micros(event.occurred_at), event.canonical_email)
                    for key, event in zip(keys, events, strict=True)
                    if key not in known
                ],
            )
        return [
            RecordOutcome.RECORDED
            if key not in known
            else RecordOutcome.UNCHANGED
            if known[key] == event
            else RecordOutcome.CONFLICTING
            for key, event in zip(keys, batch, strict=True)
        ]

    @override
    def get_activity(self, customer_id: CustomerId, *, limit: int = PAGE) -> list[ActivityEvent]:
        with self._unit.reading() as session:
            rows = session.run(_SQL["get_activity"], customer_id=customer_id, limit=limit)
        return [activity_event_of(row) for row in rows]

    @override
    def forget_activity(self, customer_ids: Sequence[CustomerId]) -> dict[str, int]:
        with self._unit.writing() as session:
            return {
                table: session.change(_SQL[name], customer_ids=json_text(customer_ids))
                for table, name in _FORGETTING.items()
            }

    @override
    def activity_summaries(
        self,
        as_of: datetime,
        time_zone: str,
        *,
        shard: Shard | None = None,
        holdout_until: datetime | None = None,
    ) -> ActivitySummaries:
        with (
            self._unit.reading() as session,
            laid_out_purchases(session, as_of, time_zone, shard=shard, holdout_until=holdout_until),
        ):
            rows = session.run(
                _SQL["get_activity_summaries"],
                as_of=micros(as_of),
                latest=micros(as_of if holdout_until is None else holdout_until),
                time_zone=time_zone,
                **shard_parameters(shard),
                gap=micros_span(_SESSION_GAP),
            )
        today = local_day(micros(as_of), time_zone)
        days = histories_of(rows, today)
        return ActivitySummaries(
            days=days,
            sessions=integers(rows, "sessions"),
            clicks=integers(rows, "clicks"),
            conversions=integers(rows, "conversions"),
            session_seconds=array("d", [row["session_seconds"] for row in rows]),
            timed_sessions=integers(rows, "timed_sessions"),
            last_session_at=[
                None if row["last_session_at"] is None else instant_text(row["last_session_at"])
                for row in rows
            ],
            interests=[row.json("interests") for row in rows],
        )


def _event_columns(event: ActivityEvent) -> dict[str, object]:
    return {
        "customer_id": event.customer_id,
        "event_id": event.event_id,
        "occurred_at": micros(event.occurred_at),
        "kind": event.kind,
        "name": event.name,
        "duration_seconds": event.duration_seconds,
        "interests": json_text(event.interests),
        "campaign_id": event.campaign_id,
    }
