"""The ledger of activity in PostgreSQL."""

import json
from array import array
from collections.abc import Sequence
from datetime import datetime
from typing import override

from succotash.domain.repositories.activity import ActivityRepository
from succotash.domain.value.ledgers import (
    ActivityEvent,
    ActivitySummaries,
    Histories,
    RecordOutcome,
)
from succotash.domain.values import PAGE, CustomerId, Json, Shard, instant_text
from succotash.infrastructure.postgres import bulk
from succotash.infrastructure.postgres.moments import set_as_of
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.session import Jsonb, Session
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.postgres.sql.partitions import partition
from succotash.infrastructure.rows.activity import activity_event_of

_SQL = statements("activity")
_FORGOTTEN = ("activity_events", "churn_predictions", "user_engagement_profiles")


class PostgresActivityRepository(PostgresRepository, ActivityRepository):
    """The ledger of activity."""

    @override
    def record_activity(self, events: Sequence[ActivityEvent]) -> list[RecordOutcome]:
        documents = [_event_document(place, event) for place, event in enumerate(events)]
        rows = self._run(_SQL["record_activity"], events=Jsonb([*documents]))
        outcomes = [row["outcome"] for row in rows]
        unseen = [place for place, outcome in enumerate(outcomes) if outcome is None]
        if unseen:
            judged = self._run(
                _SQL["judge_activity"], events=Jsonb([documents[place] for place in unseen])
            )
            for place, row in zip(unseen, judged, strict=True):
                outcomes[place] = row["outcome"]
        return [RecordOutcome(outcome) for outcome in outcomes]

    @override
    def get_activity(self, customer_id: CustomerId, *, limit: int = PAGE) -> list[ActivityEvent]:
        rows = self._run(_SQL["get_activity"], customer_id=customer_id, limit=limit)
        return [activity_event_of(row) for row in rows]

    @override
    def forget_activity(self, customer_ids: Sequence[CustomerId]) -> dict[str, int]:
        [deleted] = self._run(_SQL["forget_activity"], customer_ids=list(customer_ids))
        return {table: deleted[table] for table in _FORGOTTEN}

    @override
    def activity_summaries(
        self,
        as_of: datetime,
        time_zone: str,
        *,
        shard: Shard | None = None,
        holdout_until: datetime | None = None,
    ) -> ActivitySummaries:
        statement = _SQL.of_shard("copy_activity_summaries", partition(shard))

        def copy(session: Session) -> bytes:
            set_as_of(session, as_of, time_zone, holdout_until)
            return session.copy_out(statement)

        columns = bulk.columns_of(self._in_transaction(copy), width=13)
        customer_ids, holdout, interests, *numbers, seconds, last_session_at = columns
        first_day, frequency, recency, age, sessions, clicks, conversions, timed = map(
            bulk.whole, numbers
        )
        return ActivitySummaries(
            Histories(
                bulk.unescaped(customer_ids),
                first_day,
                frequency,
                recency,
                age,
                bulk.whole(holdout),
            ),
            sessions,
            clicks,
            conversions,
            array("d", map(float, seconds)),
            timed,
            bulk.unescaped_or_none(last_session_at),
            [json.loads(each) if each else {} for each in bulk.unescaped_or_none(interests)],
        )


def _event_document(place: int, event: ActivityEvent) -> dict[str, Json]:
    return {
        "place": place,
        "customer_id": event.customer_id,
        "event_id": event.event_id,
        "occurred_at": instant_text(event.occurred_at),
        "kind": event.kind,
        "name": event.name,
        "duration_seconds": event.duration_seconds,
        "interests": [*event.interests],
        "campaign_id": event.campaign_id,
        "email": event.canonical_email,
    }
