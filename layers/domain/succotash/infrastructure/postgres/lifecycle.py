"""Counts of new, returning and dormant customers, in PostgreSQL."""

from datetime import datetime
from typing import override
from zoneinfo import ZoneInfo

from succotash.domain.repositories.lifecycle import LifecycleRepository
from succotash.domain.retention.grids import period_start
from succotash.domain.retention.labels import Labelled
from succotash.domain.retention.lifecycle import LifecycleCounts, lifecycle_start, period_before
from succotash.domain.retention.retention import GridPeriod
from succotash.domain.values import RunId, Shard
from succotash.infrastructure.postgres.moments import set_as_of
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.session import Jsonb, Session
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.postgres.sql.partitions import partition
from succotash.infrastructure.rows.labels import labelled
from succotash.infrastructure.rows.retention import lifecycle_counts_of
from succotash.infrastructure.rows.row import only

_SQL = statements("lifecycle")


class PostgresLifecycleRepository(PostgresRepository, LifecycleRepository):
    """Counts of new, returning and dormant customers."""

    @override
    def build_lifecycle_counts(self, run_id: RunId, as_of: datetime, time_zone: str) -> None:
        def build(session: Session) -> None:
            set_as_of(session, as_of, time_zone)
            count_lifecycle_of(session, run_id, as_of, time_zone, None)

        self._in_transaction(build)

    @override
    def find_lifecycle_counts(self, period: GridPeriod) -> Labelled[list[LifecycleCounts]]:
        rows = self._run(_SQL["find_lifecycle"], period=period)
        return labelled(rows, lifecycle_counts_of(rows))


def count_lifecycle_of(
    session: Session, run_id: RunId, as_of: datetime, time_zone: str, shard: Shard | None
) -> None:
    """Count the customers of a shard or all, as of the instant set for the transaction."""
    number = partition(shard)
    only("scoring run", session.run(_SQL["clear_lifecycle"], run_id=run_id, shard=number))
    session.run(
        _SQL.of_shard("build_lifecycle", number),
        run_id=run_id,
        shard=number,
        spans=_lifecycle_spans(as_of, time_zone),
    )


def _lifecycle_spans(as_of: datetime, time_zone: str) -> Jsonb:
    today = as_of.astimezone(ZoneInfo(time_zone)).date()
    return Jsonb(
        [
            {
                "period": period,
                "before": period_before(first, period).isoformat(),
                "first": first.isoformat(),
                "last": period_start(today, period).isoformat(),
            }
            for period in GridPeriod
            for first in [lifecycle_start(today, period)]
        ]
    )
