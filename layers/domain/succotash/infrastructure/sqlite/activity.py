"""The ledger of activity in SQLite."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

from array import array
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import override

from succotash.domain.repositories.activity import ActivityRepository
from succotash.domain.value.ledgers import (
    ActivityEvent,
    ActivityKind,
    ActivitySummaries,
    Histories,
    RecordOutcome,
)
from succotash.domain.values import PAGE, CustomerId, Shard
from succotash.infrastructure.sqlite.columns import (
    instant,
    instant_text,
    json_text,
    json_value,
    micros,
    micros_span,
)
from succotash.infrastructure.sqlite.connection import Row
from succotash.infrastructure.sqlite.functions import local_day, shard_parameters
from succotash.infrastructure.sqlite.purchases import laid_out_purchases
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.rows import integers
from succotash.infrastructure.sqlite.sightings import MEANT, Sighting, see_customers

_SESSION_GAP = timedelta(minutes=30)

_KNOWN_EVENTS = """
SELECT e.*
FROM json_each(:keys) AS k
JOIN activity_events AS e ON e.customer_id = k.value ->> 0 AND e.event_id = k.value ->> 1
"""
_ADD_EVENT = """
INSERT INTO activity_events (
    customer_id, event_id, occurred_at, kind, name, duration_seconds, interests, campaign_id
)
VALUES (
    :customer_id, :event_id, :occurred_at, :kind, :name, :duration_seconds, :interests,
    :campaign_id
)
"""
_ACTIVITY = f"""
SELECT * FROM activity_events WHERE customer_id = {MEANT}
ORDER BY occurred_at DESC, event_id DESC
LIMIT :limit
"""
_FORGET_EVENTS = """
DELETE FROM activity_events WHERE customer_id IN (SELECT value FROM json_each(:customer_ids))
"""
_FORGET_PREDICTIONS = """
DELETE FROM churn_predictions WHERE customer_id IN (SELECT value FROM json_each(:customer_ids))
"""
_FORGET_PROFILES = """
DELETE FROM user_engagement_profiles
WHERE customer_id IN (SELECT value FROM json_each(:customer_ids))
"""
_FORGETTING: Mapping[str, str] = {
    "activity_events": _FORGET_EVENTS,
    "churn_predictions": _FORGET_PREDICTIONS,
    "user_engagement_profiles": _FORGET_PROFILES,
}

_SUMMARIES = """
WITH events AS MATERIALIZED (
    SELECT customer_id, occurred_at, kind, duration_seconds, interests,
           local_day(occurred_at, :time_zone) AS day, occurred_at > :as_of AS is_holdout
    FROM activity_events
    WHERE occurred_at <= :latest
      AND (:shards IS NULL OR shard_of(customer_id, :shards) = :shard)
),
event_days AS (
    SELECT customer_id, is_holdout, day FROM events
    UNION
    SELECT customer_id, is_holdout, day FROM temp.purchases
),
days AS (
    SELECT customer_id,
           COUNT(*) FILTER (WHERE is_holdout = 0) AS days,
           MIN(day) FILTER (WHERE is_holdout = 0) AS first_day,
           MAX(day) FILTER (WHERE is_holdout = 0) AS last_day,
           COUNT(*) FILTER (WHERE is_holdout = 1) AS holdout
    FROM event_days
    GROUP BY customer_id
),
paused AS (
    SELECT *,
           occurred_at - lag(occurred_at) OVER (
               PARTITION BY customer_id, kind ORDER BY occurred_at
           ) AS pause
    FROM events
    WHERE is_holdout = 0
),
totals AS (
    SELECT customer_id,
           COUNT(*) FILTER (WHERE kind = 'session') AS sessions,
           COUNT(*) FILTER (WHERE kind = 'click') AS clicks,
           COUNT(*) FILTER (WHERE kind = 'click' AND (pause IS NULL OR pause > :gap))
               AS click_sessions,
           COUNT(*) FILTER (WHERE kind = 'conversion') AS conversions,
           SUM(duration_seconds) FILTER (WHERE kind = 'session') AS session_seconds,
           COUNT(duration_seconds) FILTER (WHERE kind = 'session') AS timed_sessions,
           MAX(occurred_at) FILTER (WHERE kind = 'session') AS last_session_at,
           MAX(occurred_at) FILTER (WHERE kind = 'click') AS last_click_at
    FROM paused
    GROUP BY customer_id
),
named_interests AS (
    SELECT events.customer_id, named.value AS interest, COUNT(*) AS times
    FROM events, json_each(events.interests) AS named
    WHERE events.is_holdout = 0
    GROUP BY events.customer_id, named.value
),
interests AS (
    SELECT customer_id, json_group_object(interest, times) AS interests
    FROM named_interests
    GROUP BY customer_id
)
SELECT days.customer_id, days.first_day, days.days - 1 AS frequency,
       days.last_day - days.first_day AS recency, days.holdout,
       CASE WHEN totals.sessions > 0 THEN totals.sessions
            ELSE coalesce(totals.click_sessions, 0) END AS sessions,
       coalesce(totals.clicks, 0) AS clicks, coalesce(totals.conversions, 0) AS conversions,
       coalesce(totals.session_seconds, 0.0) AS session_seconds,
       coalesce(totals.timed_sessions, 0) AS timed_sessions,
       coalesce(totals.last_session_at, totals.last_click_at) AS last_session_at,
       coalesce(interests.interests, '{}') AS interests
FROM days
LEFT JOIN totals USING (customer_id)
LEFT JOIN interests USING (customer_id)
WHERE days.days > 0
ORDER BY days.customer_id
"""


class SQLiteActivityRepository(SQLiteRepository, ActivityRepository):
    """The ledger of activity."""

    @override
    def record_activity(self, events: Sequence[ActivityEvent]) -> list[RecordOutcome]:
        batch = [_event_columns(event) for event in events]
        keys = [(event["customer_id"], event["event_id"]) for event in batch]
        with self._unit.writing() as session:
            known = {
                (row["customer_id"], row["event_id"]): dict(row)
                for row in session.run(_KNOWN_EVENTS, keys=json_text(keys))
            }
            session.run_for_each(
                _ADD_EVENT,
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
            rows = session.run(_ACTIVITY, customer_id=customer_id, limit=limit)
        return [_event(row) for row in rows]

    @override
    def forget_activity(self, customer_ids: Sequence[CustomerId]) -> dict[str, int]:
        with self._unit.writing() as session:
            return {
                table: session.change(statement, customer_ids=json_text(customer_ids))
                for table, statement in _FORGETTING.items()
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
                _SUMMARIES,
                as_of=micros(as_of),
                latest=micros(as_of if holdout_until is None else holdout_until),
                time_zone=time_zone,
                **shard_parameters(shard),
                gap=micros_span(_SESSION_GAP),
            )
        today = local_day(micros(as_of), time_zone)
        days = Histories(
            customer_ids=[row["customer_id"] for row in rows],
            first_day=integers(rows, "first_day"),
            frequency=integers(rows, "frequency"),
            recency=integers(rows, "recency"),
            age=array("q", [today - row["first_day"] for row in rows]),
            holdout=integers(rows, "holdout"),
        )
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
            interests=[json_value(row["interests"]) for row in rows],
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


def _event(row: Row) -> ActivityEvent:
    return ActivityEvent(
        customer_id=row["customer_id"],
        event_id=row["event_id"],
        occurred_at=instant(row["occurred_at"]),
        kind=ActivityKind(row["kind"]),
        name=row["name"],
        duration_seconds=row["duration_seconds"],
        interests=tuple(json_value(row["interests"])),
        campaign_id=row["campaign_id"],
    )
