"""Counts of new, returning and dormant customers, in SQLite."""

from collections import defaultdict
from datetime import date, datetime
from typing import override

from succotash.domain.repositories.lifecycle import LifecycleRepository
from succotash.domain.retention.lifecycle import LifecycleCounts, count_lifecycle
from succotash.domain.retention.retention import GridPeriod, Labelled
from succotash.domain.values import RunId, Shard
from succotash.infrastructure.rows.labels import labelled
from succotash.infrastructure.rows.retention import lifecycle_counts_of
from succotash.infrastructure.sqlite.columns import micros
from succotash.infrastructure.sqlite.connection import Session
from succotash.infrastructure.sqlite.functions import day_of, local_day, shard_parameters
from succotash.infrastructure.sqlite.purchases import laid_out_purchases
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.runs import named_run
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("lifecycle")


class SQLiteLifecycleRepository(SQLiteRepository, LifecycleRepository):
    """Counts of new, returning and dormant customers."""

    @override
    def build_lifecycle_counts(self, run_id: RunId, as_of: datetime, time_zone: str) -> None:
        with self._unit.writing() as session:
            count_lifecycle_of(session, named_run(session, run_id), as_of, time_zone, None)

    @override
    def find_lifecycle_counts(self, period: GridPeriod) -> Labelled[list[LifecycleCounts]]:
        with self._unit.reading() as session:
            rows = session.run(_SQL["find_lifecycle"], period=period)
        return labelled(rows, lifecycle_counts_of(rows))


def count_lifecycle_of(
    session: Session, run_id: RunId, as_of: datetime, time_zone: str, shard: Shard | None
) -> None:
    """Count the customers of a shard or all."""
    today = day_of(local_day(micros(as_of), time_zone))
    session.run(_SQL["clear_lifecycle"], run_id=run_id, shard=shard and shard.index)
    lives = _presence(session, as_of, time_zone, shard)
    for period in GridPeriod:
        session.run_for_each(
            _SQL["save_lifecycle_counts"],
            [
                {
                    "run_id": run_id,
                    "shard": 0 if shard is None else shard.index,
                    "period": period,
                    "starts_on": counts.starts_on.isoformat(),
                    "arrived": counts.arrived,
                    "returned": counts.returned,
                    "resurrected": counts.resurrected,
                    "dormant": counts.dormant,
                }
                for counts in count_lifecycle(lives, period, today)
            ],
        )


def _presence(
    session: Session, as_of: datetime, time_zone: str, shard: Shard | None
) -> list[list[date]]:
    """The days with a purchase or activity of each customer of a shard, or of everybody."""
    found = defaultdict[str, list[date]](list)
    with laid_out_purchases(session, as_of, time_zone, shard=shard):
        for row in session.run(
            _SQL["find_days_present"],
            as_of=micros(as_of),
            time_zone=time_zone,
            **shard_parameters(shard),
        ):
            found[row["customer_id"]].append(day_of(row["day"]))
    return list(found.values())
