"""Retention grids, kept with a run or counted from the ledgers, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

from succotash.domain.repositories.grids import GridRepository
from succotash.domain.retention.grids import (
    HOURS_LENGTHS,
    CohortAnchor,
    CohortMembership,
    GridRequest,
    GridWindows,
)
from succotash.domain.retention.retention import GridCell, GridMode, GridPeriod
from succotash.domain.values import SHARDS, RunId, Shard
from succotash.infrastructure.postgres.moments import set_as_of
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.rows import only
from succotash.infrastructure.postgres.session import Jsonb, Row, Session
from succotash.infrastructure.postgres.sql import kept_grids
from succotash.infrastructure.postgres.sql.grids import COUNT_GRID
from succotash.infrastructure.postgres.sql.partitions import of_shard


class PostgresGridRepository(PostgresRepository, GridRepository):
    """Retention grids, kept with a run or counted from the ledgers."""

    @override
    def build_retention_grids(
        self, run_id: RunId, as_of: datetime, time_zone: str, *, shard: Shard | None = None
    ) -> None:
        def build(session: Session) -> None:
            place = None if shard is None else shard.index
            only(
                "scoring run", session.run(kept_grids.CLEAR_GRID_PARTS, run_id=run_id, shard=place)
            )
            set_as_of(session, as_of, time_zone)
            session.run(
                of_shard(kept_grids.BUILD_GRID_PARTS, shard),
                run_id=run_id,
                shard=place or 0,
                shards=shard and shard.count,
            )
            if shard is None:
                _merge_grids(session, run_id)

        self._in_transaction(build)

    @override
    def merge_retention_grids(self, run_id: RunId, as_of: datetime, time_zone: str) -> None:
        def merge(session: Session) -> None:
            set_as_of(session, as_of, time_zone)
            _merge_grids(session, run_id)

        self._in_transaction(merge)

    @override
    def get_retention_grid(
        self, period: GridPeriod, mode: GridMode, origin: CohortAnchor = CohortAnchor.PURCHASE
    ) -> list[GridCell]:
        rows = self._run(kept_grids.GET_GRID, origin=origin, period=period, mode=mode)
        return [GridCell(*row) for row in rows]

    @override
    def count_retention(
        self, request: GridRequest, as_of: datetime, time_zone: str
    ) -> list[GridCell]:
        def count(session: Session) -> list[Row]:
            set_as_of(session, as_of, time_zone)
            return session.run(
                COUNT_GRID,
                origin=request.origin,
                period=request.period,
                mode=request.mode,
                recurring=request.entry is CohortMembership.RECURRING,
                by_hours=request.windows is GridWindows.HOURS,
                hours_length=HOURS_LENGTHS[request.period],
                first_day=request.first_day,
                last_day=request.last_day,
                last_offset=request.last_offset,
                brackets=_places(request.brackets),
            )

        # Revenue may pass 64 bits, and so comes as a numeric.
        return [
            GridCell(cohort, size, offset, active, int(units))
            for cohort, size, offset, active, units in self._in_transaction(count)
        ]


def _merge_grids(session: Session, run_id: RunId) -> None:
    """Add up the parts of all shards, and one more: leads with customers in several."""
    only("scoring run", session.run(kept_grids.CLEAR_GRIDS, run_id=run_id))
    if tied := session.run(kept_grids.SHARED_LEADS):
        customer_ids, lead_ids = map(list, zip(*tied, strict=True))
        session.run(
            kept_grids.BUILD_SHARED_GRID_PARTS,
            run_id=run_id,
            shard=SHARDS,
            customer_ids=customer_ids,
            lead_ids=lead_ids,
        )
    session.run(kept_grids.MERGE_GRIDS, run_id=run_id)


def _places(brackets: Sequence[tuple[int, int]]) -> Jsonb:
    return Jsonb(
        [
            {"place": place, "first": first, "last": last}
            for place, (first, last) in enumerate(brackets)
        ]
    )
