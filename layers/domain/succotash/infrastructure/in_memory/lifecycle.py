"""Counts of new, returning and dormant customers, in memory."""

from collections import defaultdict
from datetime import date, datetime
from typing import override

from succotash.domain.repositories.lifecycle import LifecycleRepository
from succotash.domain.retention.lifecycle import LifecycleCounts, add_up, count_lifecycle
from succotash.domain.retention.retention import GridPeriod, Labelled
from succotash.domain.values import CustomerId, RunId, Shard
from succotash.infrastructure.in_memory.ledger import Calendar, in_shard, purchases_by_customer
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import Tables, atomic


class InMemoryLifecycleRepository(InMemoryRepository, LifecycleRepository):
    """Counts of new, returning and dormant customers."""

    @override
    @atomic
    def build_lifecycle_counts(self, run_id: RunId, as_of: datetime, time_zone: str) -> None:
        self.tables.runs[run_id]
        count_lifecycle_of(self.tables, run_id, as_of, time_zone, None)

    @override
    @atomic
    def find_lifecycle_counts(self, period: GridPeriod) -> Labelled[list[LifecycleCounts]]:
        shards = self.tables.lifecycle.get(self.tables.current_run()) or {}
        counts = add_up(counts for shard in shards.values() for counts in shard[period])
        return self.tables.labelled(counts)


def count_lifecycle_of(
    tables: Tables, run_id: RunId, as_of: datetime, time_zone: str, shard: Shard | None
) -> None:
    """Count the customers of a shard or all."""
    lives = _presence(tables, as_of, time_zone, shard)
    today = Calendar(time_zone).date(as_of)
    counted = {period: count_lifecycle(lives, period, today) for period in GridPeriod}
    others = {} if shard is None else tables.lifecycle.get(run_id) or {}
    number = 0 if shard is None else shard.index
    tables.lifecycle[run_id] = {**others, number: counted}


def _presence(
    tables: Tables, as_of: datetime, time_zone: str, shard: Shard | None
) -> list[set[date]]:
    """The days with a purchase or activity of each customer of a shard, or of everybody."""
    calendar = Calendar(time_zone)
    found = defaultdict[CustomerId, set[date]](set)
    for customer_id, purchases in purchases_by_customer(tables, as_of, shard):
        found[customer_id].update(calendar.date(each.at) for each in purchases)
    for event in tables.events.values():
        if event.occurred_at <= as_of and in_shard(event.customer_id, shard):
            found[event.customer_id].add(calendar.date(event.occurred_at))
    return list(found.values())
