"""The port to cohorts of customers, and what a run's customers are worth together."""

from abc import ABC, abstractmethod
from datetime import date, datetime

from succotash.domain.retention.labels import Labelled
from succotash.domain.value.ltv import Cohort, LTVAnalytics
from succotash.domain.values import CohortId, RunId
from succotash.errors import NotFoundError


class CohortRepository(ABC):
    """Cohorts of customers, and what a run's customers are worth together.

    Readers see those of the current run only, all of them or none. A cohort saved without a run
    joins the current run.
    """

    @abstractmethod
    def build_rollups(self, run_id: RunId, as_of: datetime, time_zone: str) -> None:
        """Make the run's cohorts and analytics from its values, the ledger and the leads.

        Where `finish_shard` counted all shards, a storage may only have to add up.

        Customers count under the source and campaign of `origin_of`, as leads and submissions are
        now. Cohort periods are calendar months of the zone since the month of first purchase; a
        customer is active in a month with a purchase (as in `purchase_histories`) in it; revenue
        is what those purchases are worth net, without margin, less what was given back beyond
        orders of that month. What lies before the month of first purchase counts in it. Sums may
        pass 64 bits. Repeating it changes nothing.
        """

    @abstractmethod
    def save_cohort(self, cohort: Cohort) -> None:
        """Insert or replace one cohort in its run, with its periods."""

    @abstractmethod
    def find_cohorts(self, cohort_id: CohortId | None = None) -> Labelled[list[Cohort]]:
        """Cohorts with their periods, by start; with an id, that one if there is one."""

    def get_cohort(self, cohort_id: CohortId) -> Cohort:
        """The cohort with its periods; NotFoundError where the current run has none."""
        for cohort in self.find_cohorts(cohort_id).found:
            return cohort
        raise NotFoundError("cohort")

    def get_all_cohorts(self) -> list[Cohort]:
        """Cohorts with their periods, by start."""
        return self.find_cohorts().found

    @abstractmethod
    def find_ltv_analytics(
        self, *, start: date | None = None, end: date | None = None
    ) -> Labelled[LTVAnalytics]:
        """The value of customers, by first purchase day from `start` to `end`, both included.

        Read from the run's rollups; values saved one by one are not in them.
        """

    def get_ltv_analytics(
        self, *, start: date | None = None, end: date | None = None
    ) -> LTVAnalytics:
        """The result of `find_ltv_analytics`, without the run's label."""
        return self.find_ltv_analytics(start=start, end=end).found
