"""Shards of a scoring run in PostgreSQL."""

from collections.abc import Mapping
from typing import override

from succotash.domain.repositories.shards import ShardRepository
from succotash.domain.retention.retention import ScoringRun
from succotash.domain.values import Json, RunId, Shard
from succotash.infrastructure.postgres.cohorts import count_cohort_part
from succotash.infrastructure.postgres.grids import count_grid_parts
from succotash.infrastructure.postgres.lifecycle import count_lifecycle_of
from succotash.infrastructure.postgres.moments import set_as_of
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.revenue import add_up_revenue
from succotash.infrastructure.postgres.session import Jsonb, Session
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.rows.row import only

_SQL = statements("shards")


class PostgresShardRepository(PostgresRepository, ShardRepository):
    """Shards of a scoring run."""

    @override
    def finish_shard(
        self,
        run: ScoringRun,
        shard: Shard,
        customers: int,
        warnings: Mapping[str, Json] | None = None,
    ) -> None:
        def finish(session: Session) -> None:
            set_as_of(session, run.as_of, run.time_zone)
            count_lifecycle_of(session, run.run_id, run.as_of, run.time_zone, shard)
            add_up_revenue(session, run.run_id, run.as_of, run.time_zone, shard)
            count_grid_parts(session, run.run_id, shard)
            count_cohort_part(session, run.run_id, shard)
            # Last, as others who finish a shard wait for the run's row from here on.
            marked = session.run(
                _SQL["mark_shard"],
                run_id=run.run_id,
                shard=str(shard.index),
                customers=customers,
                warnings=Jsonb(dict(warnings or {})),
            )
            only("scoring run", marked)

        self._in_transaction(finish)

    @override
    def get_shard_warnings(self, run_id: RunId) -> dict[int, Mapping[str, Json]]:
        rows = self._run(_SQL["get_shard_warnings"], run_id=run_id)
        return {row["shard"]: row.json("warnings") for row in rows}

    @override
    def get_scored_shards(self, run_id: RunId) -> dict[int, int]:
        rows = self._run(_SQL["get_scored_shards"], run_id=run_id)
        return {row["shard"]: row["customers"] for row in rows}
