"""Shards of a scoring run in SQLite."""

from collections.abc import Mapping
from typing import override

from succotash.domain.repositories.shards import ShardRepository
from succotash.domain.retention.retention import ScoringRun
from succotash.domain.values import Json, RunId, Shard
from succotash.infrastructure.sqlite.columns import json_text
from succotash.infrastructure.sqlite.lifecycle import count_lifecycle_of
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.revenue import add_up_revenue
from succotash.infrastructure.sqlite.runs import named_run
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("shards")


class SQLiteShardRepository(SQLiteRepository, ShardRepository):
    """Shards of a scoring run. Grids and cohorts are counted when the run has all of them."""

    @override
    def finish_shard(
        self,
        run: ScoringRun,
        shard: Shard,
        customers: int,
        warnings: Mapping[str, Json] | None = None,
    ) -> None:
        with self._unit.writing() as session:
            run_id = named_run(session, run.run_id)
            count_lifecycle_of(session, run_id, run.as_of, run.time_zone, shard)
            add_up_revenue(session, run_id, run.as_of, run.time_zone, shard)
            session.run(_SQL["mark_shard"], run_id=run_id, shard=shard.index, customers=customers)
            session.run(
                _SQL["save_shard_warnings"],
                run_id=run_id,
                shard=shard.index,
                warnings=json_text(warnings or {}),
            )

    @override
    def get_shard_warnings(self, run_id: RunId) -> dict[int, Mapping[str, Json]]:
        with self._unit.reading() as session:
            rows = session.run(_SQL["get_shard_warnings"], run_id=run_id)
        return {row["shard"]: row.json("warnings") for row in rows}

    @override
    def get_scored_shards(self, run_id: RunId) -> dict[int, int]:
        with self._unit.reading() as session:
            rows = session.run(_SQL["get_scored_shards"], run_id=run_id)
        return {row["shard"]: row["customers"] for row in rows}
