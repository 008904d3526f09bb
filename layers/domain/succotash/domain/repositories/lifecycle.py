"""The port to counts of new, returning and dormant customers."""

from abc import ABC, abstractmethod
from datetime import datetime

from succotash.domain.retention.labels import Labelled
from succotash.domain.retention.lifecycle import LifecycleCounts
from succotash.domain.retention.retention import GridPeriod
from succotash.domain.values import RunId


class LifecycleRepository(ABC):
    """Counts of new, returning and dormant customers.

    Readers see the current run only, all of it or none.
    """

    @abstractmethod
    def build_lifecycle_counts(self, run_id: RunId, as_of: datetime, time_zone: str) -> None:
        """Count all customers for the run, in place of what was; `finish_shard` counts a shard's.

        By every period, as `count_lifecycle` does. NotFoundError where there is no such run.
        """

    def get_lifecycle_counts(self, period: GridPeriod) -> list[LifecycleCounts]:
        """The result of `find_lifecycle_counts`, without the run."""
        return self.find_lifecycle_counts(period).found

    @abstractmethod
    def find_lifecycle_counts(self, period: GridPeriod) -> Labelled[list[LifecycleCounts]]:
        """The current run's counts by period, those without any left out."""
