"""Shards of a scoring run in memory."""

from collections.abc import Mapping
from typing import override

from succotash.domain.repositories.shards import ShardRepository
from succotash.domain.retention.retention import RunState, ScoringRun
from succotash.domain.values import Json, RunId, Shard
from succotash.infrastructure.in_memory.lifecycle import count_lifecycle_of
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.revenue import add_up_revenue
from succotash.infrastructure.in_memory.tables import atomic


class InMemoryShardRepository(InMemoryRepository, ShardRepository):
    """Shards of a scoring run. Grids and cohorts are counted when the run has all of them."""

    @override
    @atomic
    def finish_shard(
        self,
        run: ScoringRun,
        shard: Shard,
        customers: int,
        warnings: Mapping[str, Json] | None = None,
    ) -> None:
        run_id, known = run.run_id, self.tables.runs[run.run_id]
        count_lifecycle_of(self.tables, run_id, run.as_of, run.time_zone, shard)
        add_up_revenue(self.tables, run_id, run.as_of, run.time_zone, shard)
        scored = self.tables.scored_shards.get(run_id) or {}
        self.tables.scored_shards[run_id] = {**scored, shard.index: customers}
        if known.state is RunState.RUNNING:
            told = self.tables.shard_warnings.get(run_id) or {}
            self.tables.shard_warnings[run_id] = {**told, shard.index: dict(warnings or {})}

    @override
    @atomic
    def get_shard_warnings(self, run_id: RunId) -> dict[int, Mapping[str, Json]]:
        return dict(self.tables.shard_warnings.get(run_id) or {})

    @override
    @atomic
    def get_scored_shards(self, run_id: RunId) -> dict[int, int]:
        return dict(self.tables.scored_shards.get(run_id) or {})
