"""Retention grids, kept with a run or counted from the ledgers, in PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
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
from succotash.domain.retention.labels import Labelled
from succotash.domain.retention.retention import (
    BRACKETS,
    GRID_LENGTHS,
    GridCell,
    GridMode,
    GridPeriod,
)
from succotash.domain.values import SHARDS, RunId, Shard
from succotash.infrastructure.postgres.moments import set_as_of
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.runs import is_scored_by_shard
from succotash.infrastructure.postgres.session import Jsonb, Row, Session
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.postgres.sql.partitions import partition
from succotash.infrastructure.rows.labels import labelled
from succotash.infrastructure.rows.retention import grid_cells_of, grid_cells_of_cohorts
from succotash.infrastructure.rows.row import only

_SQL = statements("grids")
_PARTS = statements("grid_parts")
_TABLES = statements("cohort_tables")
_LIMITS: Mapping[str, object] = {
    **{f"{period}_length": length for period, length in GRID_LENGTHS.items()},
    "bracket_starts": [first for first, _ in BRACKETS],
    "bracket_ends": [last for _, last in BRACKETS],
}


class PostgresGridRepository(PostgresRepository, GridRepository):
    """Retention grids, kept with a run or counted from the ledgers."""

    @override
    def build_retention_grids(self, run_id: RunId, as_of: datetime, time_zone: str) -> None:
        def build(session: Session) -> None:
            set_as_of(session, as_of, time_zone)
            if not is_scored_by_shard(session, run_id):
                count_grid_parts(session, run_id, None)
            _merge_grids(session, run_id)

        self._in_transaction(build)

    @override
    def find_retention_grid(
        self, period: GridPeriod, mode: GridMode, origin: CohortAnchor = CohortAnchor.PURCHASE
    ) -> Labelled[list[GridCell]]:
        rows = self._run(_TABLES["find_grid"], origin=origin, period=period, mode=mode)
        return labelled(rows, grid_cells_of_cohorts(rows))

    @override
    def count_retention(
        self, request: GridRequest, as_of: datetime, time_zone: str
    ) -> list[GridCell]:
        def count(session: Session) -> list[Row]:
            set_as_of(session, as_of, time_zone)
            return session.run(
                _SQL.of_shard("count_grid", None),
                origin=request.origin,
                period=request.period,
                mode=request.mode,
                recurring=request.entry is CohortMembership.RECURRING,
                by_hours=request.windows is GridWindows.HOURS,
                hours_length=HOURS_LENGTHS[request.period],
                first_day=request.first_day,
                last_day=request.last_day,
                last_offset=request.last_offset,
                brackets=_brackets(request.brackets),
            )

        rows = self._in_transaction(count)
        return [
            replace(cell, revenue=int(row["revenue"]))
            for cell, row in zip(grid_cells_of(rows), rows, strict=True)
        ]


def count_grid_parts(session: Session, run_id: RunId, shard: Shard | None) -> None:
    """Count the part of a shard or all, as of the instant set for the transaction."""
    number = partition(shard)
    only("scoring run", session.run(_PARTS["clear_grid_parts"], run_id=run_id, shard=number))
    session.run(
        _PARTS.of_shard("build_grid_parts", number),
        run_id=run_id,
        shard=number or 0,
        shards=shard and shard.count,
        **_LIMITS,
    )


def _merge_grids(session: Session, run_id: RunId) -> None:
    """Add up the parts of all shards, and one more: leads with customers in several."""
    session.run(_PARTS["clear_grid_parts"], run_id=run_id, shard=SHARDS)
    only("scoring run", session.run(_TABLES["clear_grids"], run_id=run_id))
    if tied := session.run(_PARTS["find_shared_leads"]):
        session.run(
            _PARTS.of_shard("build_shared_grid_parts", None),
            run_id=run_id,
            shard=SHARDS,
            customer_ids=[row["customer_id"] for row in tied],
            lead_ids=[row["lead_id"] for row in tied],
            **_LIMITS,
        )
    session.run(_TABLES["merge_grids"], run_id=run_id)


def _brackets(brackets: Sequence[tuple[int, int]]) -> Jsonb:
    return Jsonb(
        [
            {"place": place, "first": first, "last": last}
            for place, (first, last) in enumerate(brackets)
        ]
    )
