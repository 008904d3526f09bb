"""The ledger of activity in memory."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import override

from succotash.domain.repositories.activity import ActivityRepository
from succotash.domain.value.ledgers import (
    ActivityEvent,
    ActivityKind,
    ActivitySummaries,
    Histories,
    RecordOutcome,
    event_contents,
)
from succotash.domain.values import PAGE, CustomerId, Shard
from succotash.infrastructure.in_memory.ledger import Calendar, in_shard, instant_text, purchases_of
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import atomic, stored

_SESSION_GAP = timedelta(minutes=30)


class InMemoryActivityRepository(InMemoryRepository, ActivityRepository):
    """The ledger of activity."""

    @override
    @atomic
    def record_activity(self, events: Sequence[ActivityEvent]) -> list[RecordOutcome]:
        return [self._record(stored(event)) for event in events]

    def _record(self, event: ActivityEvent) -> RecordOutcome:
        key = (event.customer_id, event.event_id)
        kept = event_contents(event)
        known = self.tables.events.get(key)
        if known is not None:
            return RecordOutcome.UNCHANGED if known == kept else RecordOutcome.CONFLICTING
        self.tables.events[key] = kept
        self.tables.see_customer(event.customer_id, event.occurred_at, event.canonical_email)
        return RecordOutcome.RECORDED

    @override
    @atomic
    def get_activity(self, customer_id: CustomerId, *, limit: int = PAGE) -> list[ActivityEvent]:
        events = self.tables.events_by_customer[self.tables.meant(customer_id)]
        newest_first = sorted(
            events, key=lambda event: (event.occurred_at, event.event_id), reverse=True
        )
        return newest_first[:limit]

    @override
    @atomic
    def forget_activity(self, customer_ids: Sequence[CustomerId]) -> dict[str, int]:
        tables = self.tables
        gone = Counter[str]()
        for customer_id in customer_ids:
            gone["activity_events"] += tables.events.discard(
                list(tables.events_by_customer.keys(customer_id))
            )
            gone["churn_predictions"] += tables.predictions.discard(
                list(tables.predictions_by_customer.keys(customer_id))
            )
            gone["user_engagement_profiles"] += tables.profiles.discard(
                list(tables.profiles_by_customer.keys(customer_id))
            )
        return dict(gone)

    @override
    @atomic
    def activity_summaries(
        self,
        as_of: datetime,
        time_zone: str,
        *,
        shard: Shard | None = None,
        holdout_until: datetime | None = None,
    ) -> ActivitySummaries:
        calendar = Calendar(time_zone)
        today = calendar.day(as_of)
        days = Histories([], array("q"), array("q"), array("q"), array("q"), array("q"))
        found = ActivitySummaries(
            days, array("q"), array("q"), array("q"), array("d"), array("q"), [], []
        )
        for customer_id in self._customers_seen(shard):
            events = sorted(
                self.tables.events_by_customer[customer_id], key=lambda event: event.occurred_at
            )
            past = [event for event in events if event.occurred_at <= as_of]
            seen_on = sorted(self._days(customer_id, past, as_of, calendar))
            if not seen_on:
                continue
            until = holdout_until or as_of
            held_out = self._days(
                customer_id,
                (event for event in events if event.occurred_at <= until),
                until,
                calendar,
                after=as_of,
            )
            days.customer_ids.append(customer_id)
            days.first_day.append(seen_on[0])
            days.frequency.append(len(seen_on) - 1)
            days.recency.append(seen_on[-1] - seen_on[0])
            days.age.append(today - seen_on[0])
            days.holdout.append(len(held_out))
            _summarise(past, found)
        return found

    def _customers_seen(self, shard: Shard | None) -> Iterator[CustomerId]:
        for customer in sorted(self.tables.customers.values(), key=lambda each: each.customer_id):
            if in_shard(customer.customer_id, shard):
                yield customer.customer_id

    def _days(
        self,
        customer_id: CustomerId,
        events: Iterable[ActivityEvent],
        until: datetime,
        calendar: Calendar,
        after: datetime | None = None,
    ) -> set[int]:
        purchases = purchases_of(self.tables.orders_by_customer[customer_id], until)
        moments = [each.at for each in purchases] + [event.occurred_at for event in events]
        return {calendar.day(moment) for moment in moments if after is None or moment > after}


def _summarise(events: Sequence[ActivityEvent], summaries: ActivitySummaries) -> None:
    """Append what one customer's events, earliest first, consist of."""
    of_kind: defaultdict[ActivityKind, list[ActivityEvent]] = defaultdict(list)
    for event in events:
        of_kind[event.kind].append(event)
    sessions, clicks = of_kind[ActivityKind.SESSION], of_kind[ActivityKind.CLICK]
    pauses = (later.occurred_at - earlier.occurred_at for earlier, later in pairwise(clicks))
    runs_of_clicks = bool(clicks) + sum(pause > _SESSION_GAP for pause in pauses)
    durations = [event.duration_seconds for event in sessions if event.duration_seconds is not None]
    last = (sessions or clicks)[-1:]
    summaries.sessions.append(len(sessions) or runs_of_clicks)
    summaries.clicks.append(len(clicks))
    summaries.conversions.append(len(of_kind[ActivityKind.CONVERSION]))
    summaries.session_seconds.append(sum(durations))
    summaries.timed_sessions.append(len(durations))
    summaries.last_session_at.append(instant_text(last[0].occurred_at) if last else None)
    summaries.interests.append(Counter(name for event in events for name in event.interests))
