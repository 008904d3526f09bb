"""The port to retention grids, kept with a run or counted from the ledgers."""

from abc import ABC, abstractmethod
from datetime import datetime

from succotash.domain.retention.grids import CohortAnchor, GridRequest
from succotash.domain.retention.labels import Labelled
from succotash.domain.retention.retention import GridCell, GridMode, GridPeriod
from succotash.domain.values import RunId


class GridRepository(ABC):
    """Retention grids, kept with a run or counted from the ledgers.

    Readers see the current run only, all of it or none.
    """

    @abstractmethod
    def build_retention_grids(self, run_id: RunId, as_of: datetime, time_zone: str) -> None:
        """Make the run's grids of the ledgers: every origin and period in every mode.

        Cohorts are people by the period in which they joined for the first time (day; ISO week;
        calendar month, all in the zone). Offsets count periods of the same kind from the cohort's
        own; brackets count days since the own first day, by cohorts of each period. Unbounded
        counts those who were last active in the offset or later, within all of time up to `as_of`.
        Grids end with GRID_LENGTHS. Cells that nobody was active in are left out; offset 0 is
        always there, and by periods it holds the whole cohort. Repeating it changes nothing.
        NotFoundError where there is no such run. Where `finish_shard` counted all shards, the
        result is the same, and a storage may only have to add up.
        """

    def get_retention_grid(
        self, period: GridPeriod, mode: GridMode, origin: CohortAnchor = CohortAnchor.PURCHASE
    ) -> list[GridCell]:
        """The result of `find_retention_grid`, without the run."""
        return self.find_retention_grid(period, mode, origin).found

    @abstractmethod
    def find_retention_grid(
        self, period: GridPeriod, mode: GridMode, origin: CohortAnchor = CohortAnchor.PURCHASE
    ) -> Labelled[list[GridCell]]:
        """The current run's grid by cohort, then offset.

        None before the first run, where nobody joined, and of a run of an earlier release, which
        kept none of this origin.
        """

    @abstractmethod
    def count_retention(
        self, request: GridRequest, as_of: datetime, time_zone: str
    ) -> list[GridCell]:
        """Count a grid from the ledgers as of an instant, as `count_grid` does; with revenue.

        Its cost grows with the ledgers: for grids that no run keeps.
        """
