"""Counts of new, returning and dormant customers, in PostgreSQL."""

from datetime import datetime
from typing import override
from zoneinfo import ZoneInfo

from succotash.domain.repositories.lifecycle import LifecycleRepository
from succotash.domain.retention.grids import period_start
from succotash.domain.retention.lifecycle import LifecycleCounts, lifecycle_start, period_before
from succotash.domain.retention.retention import GridPeriod
from succotash.domain.values import RunId, Shard
from succotash.infrastructure.postgres.moments import set_as_of
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.rows import only
from succotash.infrastructure.postgres.session import Jsonb, Session
from succotash.infrastructure.postgres.sql.lifecycle import (
    BUILD_LIFECYCLE,
    CLEAR_LIFECYCLE,
    GET_LIFECYCLE,
)
from succotash.infrastructure.postgres.sql.partitions import of_shard


class PostgresLifecycleRepository(PostgresRepository, LifecycleRepository):
    """Counts of new, returning and dormant customers."""

    @override
    def build_lifecycle_counts(
        self, run_id: RunId, as_of: datetime, time_zone: str, *, shard: Shard | None = None
    ) -> None:
        place = None if shard is None else shard.index

        def build(session: Session) -> None:
            only("scoring run", session.run(CLEAR_LIFECYCLE, run_id=run_id, shard=place))
            set_as_of(session, as_of, time_zone)
            session.run(
                of_shard(BUILD_LIFECYCLE, shard),
                run_id=run_id,
                shard=place,
                spans=_lifecycle_spans(as_of, time_zone),
            )

        self._in_transaction(build)

    @override
    def get_lifecycle_counts(self, period: GridPeriod) -> list[LifecycleCounts]:
        return [LifecycleCounts(*row) for row in self._run(GET_LIFECYCLE, period=period)]


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
