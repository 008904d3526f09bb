"""The port to the shards of a scoring run."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from succotash.domain.retention.retention import ScoringRun
from succotash.domain.values import Json, RunId, Shard


class ShardRepository(ABC):
    """Shards of a scoring run, which are scored one by one."""

    @abstractmethod
    def finish_shard(
        self,
        run: ScoringRun,
        shard: Shard,
        customers: int,
        warnings: Mapping[str, Json] | None = None,
    ) -> None:
        """Count what the shard's customers add to the run, and remember that it is scored.

        Its values are saved before. Lifecycle counts are complete once every shard is finished;
        grids and cohorts once `build_retention_grids` and `build_rollups` have added up what a
        storage counts by shard, and counted what it does not. What is recorded in between, of
        before the run's instant, may be missing from them, or a lead tied by that counted twice.
        Doing it again replaces what was. NotFoundError where there is no such run. Of a run that
        is not running no warning is kept.
        """

    @abstractmethod
    def get_shard_warnings(self, run_id: RunId) -> dict[int, Mapping[str, Json]]:
        """The warnings of finished shards, by their number; none once the run has finished."""

    @abstractmethod
    def get_scored_shards(self, run_id: RunId) -> dict[int, int]:
        """Customers by index of the shards that are scored since the run was opened."""
