"""The port to where all customers of a run stand."""

from abc import ABC, abstractmethod

from succotash.domain.retention.retention import RetentionAnalytics
from succotash.domain.values import RunId


class RetentionAnalyticsRepository(ABC):
    """The state of all customers of a run."""

    @abstractmethod
    def get_retention_analytics(self, run_id: RunId | None = None) -> RetentionAnalytics:
        """The state of all customers, from the rows of the current run or of the one named."""
