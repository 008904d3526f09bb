"""Cohorts of customers by month or quarter of first purchase."""

from succotash.application.scoring.run_views import run_day, run_or_none
from succotash.application.value.cohort_views import (
    CohortDetails,
    CohortList,
    average_periods,
    cohort_periods,
    cohort_view,
)
from succotash.domain.repositories.storage import Storage
from succotash.domain.value.cohorts import CohortSpan, by_quarter
from succotash.domain.values import CohortId
from succotash.errors import NotFoundError


class CohortReports:
    """Cohorts as the current run found them."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def get_cohorts(self, span: CohortSpan = CohortSpan.MONTH) -> CohortList:
        """Every cohort, by start, and all of them together."""
        read = self._storage.repositories.ltv.find_cohorts()
        cohorts = by_quarter(read.found) if span is CohortSpan.QUARTER else read.found
        today = run_day(read.run)
        return {
            "by": span,
            "cohorts": [cohort_view(each, span, today) for each in cohorts],
            "average": average_periods(cohorts, span, today),
            "run": run_or_none(read.run),
        }

    def get_cohort(self, cohort_id: str) -> CohortDetails:
        """A cohort, such as 1997-01 or 1997-Q1, with its life.

        NotFoundError where the current run has none.
        """
        ltv = self._storage.repositories.ltv
        span = CohortSpan.QUARTER if "Q" in cohort_id else CohortSpan.MONTH
        if span is CohortSpan.QUARTER:
            read = ltv.find_cohorts()
            cohorts = by_quarter(read.found)
        else:
            read = ltv.find_cohorts(CohortId(cohort_id))
            cohorts = read.found
        matching = [each for each in cohorts if each.cohort_id == cohort_id]
        if not matching:
            raise NotFoundError("cohort")
        [cohort] = matching
        today = run_day(read.run)
        return {
            **cohort_view(cohort, span, today),
            "periods": cohort_periods(cohort, span, today),
            "run": run_or_none(read.run),
        }
