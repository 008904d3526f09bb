"""The port to revenue by day."""

from abc import ABC, abstractmethod
from datetime import datetime

from succotash.domain.values import RunId


class RevenueRepository(ABC):
    """Revenue by day, as scoring runs add it up.

    Readers see that of the current run only, all of it or none.
    """

    @abstractmethod
    def build_revenue_days(self, run_id: RunId, as_of: datetime, time_zone: str) -> None:
        """Add up all customers for the run, in place of what was; `finish_shard` adds up a shard's.

        From `first_revenue_day` on, by days of the zone. A refund counts on its own day, once its
        order is known. NotFoundError where there is no such run.
        """
