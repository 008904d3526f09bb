"""Cohorts of customers by month or quarter of first purchase."""

from succotash.application.scoring.runs import run_day, run_or_none
from succotash.application.value.cohort_views import (
    CohortDetails,
    CohortList,
    average_periods,
    cohort_periods,
    cohort_view,
)
from succotash.domain.repositories.storage import Storage
from succotash.domain.retention.retention import INITIAL_RUN
from succotash.domain.value.cohorts import CohortSpan, by_quarter
from succotash.domain.values import CohortId
from succotash.errors import NotFoundError


class CohortReports:
    """Cohorts as the current run found them."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def get_cohorts(self, span: CohortSpan = CohortSpan.MONTH) -> CohortList:
        """Every cohort, by start, and all of them together."""
        repositories = self._storage.repositories
        run = repositories.retention.get_current_scoring_run()
        found = repositories.ltv.get_all_cohorts()
        cohorts = by_quarter(found) if span is CohortSpan.QUARTER else found
        today = run_day(run)
        return {
            "by": span,
            "cohorts": [cohort_view(each, span, today) for each in cohorts],
            "average": average_periods(cohorts, span, today),
            "run": run_or_none(run),
        }

    def get_cohort(self, cohort_id: str) -> CohortDetails:
        """A cohort, such as 1997-01 or 1997-Q1, with its life.

        NotFoundError where the current run has none.
        """
        repositories = self._storage.repositories
        is_quarter = "Q" in cohort_id
        span = CohortSpan.QUARTER if is_quarter else CohortSpan.MONTH
        if is_quarter:
            quarters = by_quarter(repositories.ltv.get_all_cohorts())
            matching = [each for each in quarters if each.cohort_id == cohort_id]
            if not matching:
                raise NotFoundError("cohort")
            [cohort] = matching
        else:
            cohort = repositories.ltv.get_cohort(CohortId(cohort_id))
        run = repositories.retention.get_scoring_run(cohort.run_id or INITIAL_RUN)
        today = run_day(run)
        return {
            **cohort_view(cohort, span, today),
            "periods": cohort_periods(cohort, span, today),
            "run": run_or_none(run),
        }
