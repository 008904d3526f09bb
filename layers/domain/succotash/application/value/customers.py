"""The value of customers: all of them together, a page of them, one of them."""

from datetime import date

from succotash.application.paging import after_value, next_cursor, require_page
from succotash.application.scoring.run_views import run_currency, run_or_none
from succotash.application.value.views import (
    CustomerDetails,
    CustomerList,
    CustomerValueView,
    LTVAnalysis,
    customer_value_view,
    group_view,
    group_views,
)
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.retention.retention import RiskLevel
from succotash.domain.values import PAGE, CohortId, Currency, CustomerId, SegmentId
from succotash.errors import InvalidInputError, NotFoundError


class CustomerValues:
    """The values that the current run found."""

    def __init__(self, storage: Storage, currency: Currency) -> None:
        self._storage = storage
        self._currency = currency

    def get_ltv_analysis(
        self, *, start: date | None = None, end: date | None = None
    ) -> LTVAnalysis:
        """Customers first seen buying from `start` to `end`, both days included.

        InvalidInputError where the range ends before it starts.
        """
        if start is not None and end is not None and end < start:
            raise InvalidInputError.of("end", "range_reversed", "Must not be before the start")
        labelled = self._storage.repositories.ltv.find_ltv_analytics(start=start, end=end)
        found, run = labelled.found, run_or_none(labelled.run)
        currency = run_currency(run, self._currency)
        total = group_view(found.total, currency)
        return {
            "start": start,
            "end": end,
            "currency": currency,
            "total_customers": total["customers"],
            "total_revenue": total["revenue"],
            "total_predicted_clv": total["predicted_clv"],
            "average_ltv": total["average_ltv"],
            "cohort_analysis": group_views(found.by_cohort, currency),
            "segment_distribution": group_views(found.by_segment, currency),
            "by_source": group_views(found.by_source, currency),
            "by_campaign": group_views(found.by_campaign, currency),
            "run": run,
            "backtest": None if run is None else found.backtest,
        }

    def get_customer_ltv_details(self, customer_id: str) -> CustomerDetails:
        """One customer's value; NotFoundError where the current run has none."""
        value = self._storage.repositories.ltv.find_value(CustomerId(customer_id))
        return {**customer_value_view(value.found), "run": run_or_none(value.run)}

    def get_customers(
        self,
        *,
        segment_id: str | None = None,
        cohort_id: str | None = None,
        risk: RiskLevel | None = None,
        limit: int = PAGE,
        cursor: str | None = None,
    ) -> CustomerList:
        """A page of customers, the most valuable first: of a segment, a cohort and a risk level.

        NotFoundError for a segment or cohort that there is not.
        """
        after = after_value(cursor, self._currency)
        segment = None if segment_id is None else SegmentId(segment_id)
        cohort = None if cohort_id is None else CohortId(cohort_id)
        ltv = self._storage.repositories.ltv
        page = ltv.find_values(
            segment_id=segment, cohort_id=cohort, risk=risk, limit=require_page(limit), after=after
        )
        if not page.found:
            if segment is not None:
                ltv.get_ltv_segment(segment)
            if cohort is not None:
                ltv.get_cohort(cohort)
        return {
            "customers": [customer_value_view(each) for each in page.found],
            "next_cursor": next_cursor(
                page.found, limit, lambda each: (str(each.predicted_clv.amount), each.customer_id)
            ),
            "run": run_or_none(page.run),
        }


def value_or_none(repositories: Repositories, customer_id: CustomerId) -> CustomerValueView | None:
    """The current run's value, serialised for the API; None where it has none."""
    try:
        return customer_value_view(repositories.ltv.get_customer_ltv(customer_id))
    except NotFoundError:  # somebody active who never bought has no value
        return None
