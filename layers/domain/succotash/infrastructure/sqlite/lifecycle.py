"""Counts of new, returning and dormant customers, in SQLite."""

from collections import defaultdict
from datetime import date, datetime
from typing import override

from succotash.domain.repositories.lifecycle import LifecycleRepository
from succotash.domain.retention.lifecycle import LifecycleCounts, count_lifecycle
from succotash.domain.retention.retention import GridPeriod
from succotash.domain.values import RunId, Shard
from succotash.infrastructure.sqlite.columns import micros
from succotash.infrastructure.sqlite.connection import Session
from succotash.infrastructure.sqlite.functions import day_of, local_day, shard_parameters
from succotash.infrastructure.sqlite.purchases import laid_out_purchases
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.runs import named_run

_PRESENT = """
SELECT customer_id, day FROM temp.purchases
UNION
SELECT customer_id, local_day(occurred_at, :time_zone)
FROM activity_events
WHERE occurred_at <= :as_of
  AND (:shards IS NULL OR shard_of(customer_id, :shards) = :shard)
"""

_DELETE_LIFECYCLE = """
DELETE FROM lifecycle_counts WHERE run_id = :run_id AND (:shard IS NULL OR shard = :shard)
"""
_INSERT_LIFECYCLE = """
INSERT INTO lifecycle_counts (
    run_id, shard, period, starts_on, arrived, returned, resurrected, dormant
)
VALUES (
    :run_id, :shard, :period, :starts_on, :arrived, :returned, :resurrected, :dormant
)
"""
_LIFECYCLE = """
SELECT starts_on, SUM(arrived), SUM(returned), SUM(resurrected), SUM(dormant)
FROM lifecycle_counts
WHERE run_id = (SELECT run_id FROM current_run) AND period = :period
GROUP BY starts_on
ORDER BY starts_on
"""


class SQLiteLifecycleRepository(SQLiteRepository, LifecycleRepository):
    """Counts of new, returning and dormant customers."""

    @override
    def build_lifecycle_counts(
        self, run_id: RunId, as_of: datetime, time_zone: str, *, shard: Shard | None = None
    ) -> None:
        today = day_of(local_day(micros(as_of), time_zone))
        with self._unit.writing() as session:
            named_run(session, run_id)
            session.run(_DELETE_LIFECYCLE, run_id=run_id, shard=shard and shard.index)
            lives = _presence(session, as_of, time_zone, shard)
            for period in GridPeriod:
                session.run_for_each(
                    _INSERT_LIFECYCLE,
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

    @override
    def get_lifecycle_counts(self, period: GridPeriod) -> list[LifecycleCounts]:
        with self._unit.reading() as session:
            rows = session.run(_LIFECYCLE, period=period)
        return [LifecycleCounts(date.fromisoformat(row[0]), *tuple(row)[1:]) for row in rows]


def _presence(
    session: Session, as_of: datetime, time_zone: str, shard: Shard | None
) -> list[list[date]]:
    """The days with a purchase or activity of each customer of a shard, or of everybody."""
    found = defaultdict[str, list[date]](list)
    with laid_out_purchases(session, as_of, time_zone, shard=shard):
        for row in session.run(
            _PRESENT, as_of=micros(as_of), time_zone=time_zone, **shard_parameters(shard)
        ):
            found[row["customer_id"]].append(day_of(row["day"]))
    return list(found.values())
