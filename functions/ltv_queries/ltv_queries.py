"""The value and the cost of customers: analysis, segments, cohorts, sources; the overview."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from month_costs import CostList, MonthCostsView, tagged
from succotash.application.retention.overview_views import LONGEST_DAYS, USUAL_DAYS, OverviewView
from succotash.application.value.acquisition import SourceList
from succotash.application.value.cohort_views import CohortDetails, CohortList
from succotash.application.value.distribution import ValueDistributionView
from succotash.application.value.views import (
    CustomerDetails,
    CustomerList,
    LTVAnalysis,
    SegmentList,
    SegmentView,
)
from succotash.container import Container, container
from succotash.domain.retention.retention import RiskLevel
from succotash.domain.value.cohorts import CohortSpan
from succotash.domain.value.distribution import ValueMeasure
from succotash.domain.value.ltv import LTVSegment
from succotash.domain.values import Currency, Money, SegmentId
from succotash.errors import InvalidInputError
from succotash.http.api import Api
from succotash.http.entity_tags import CONDITIONS, precondition
from succotash.http.fields import (
    LAX,
    Amount,
    Closed,
    CurrencyCode,
    CustomerPathId,
    Day,
    Digits,
    Id,
    Line,
    Month,
    Paged,
    Prose,
    Real,
    Slug,
)
from succotash.http.requests import Call
from succotash.http.snapshots import survive_snapshots

api = Api[Container]("ltv_queries")
READ, WRITE = "ltv:read", "ltv:write"
OVERVIEW = "overview:read"


class OverviewQuery(Closed):
    """The period to count."""

    days: Annotated[int, Field(ge=1, le=LONGEST_DAYS), Digits] = USUAL_DAYS
    """Days in the period; it is compared with as many before it."""
    end: Day | None = None
    """The last day; today in the deployment's zone by default."""


class AnalysisQuery(Closed):
    """First purchases from `start` to `end`, both days included."""

    start: Day | None = None
    end: Day | None = None


class CustomersQuery(Paged):
    """Filters of a list of customers by value."""

    segment: Id | None = None
    """A segment by value."""
    cohort_id: Id | None = None
    risk: Annotated[RiskLevel, LAX] | None = None


class CohortsQuery(Closed):
    """The length of a cohort's period of first purchase."""

    by: Annotated[CohortSpan, LAX] = CohortSpan.MONTH


class DistributionQuery(Closed):
    """The query of a distribution: which amount of a customer is counted."""

    measure: Annotated[ValueMeasure, LAX] = ValueMeasure.PREDICTED_CLV


class SegmentBody(Closed):
    """A segment's rule: either a quantile of all customers or a bound in money."""

    name: Line
    description: Prose = ""
    lower_quantile: Real | None = None
    """Share of all customers who lie below the segment, 0 to below 1."""
    lower_bound: Amount | None = None
    """Least predicted lifetime value that belongs here, in `currency`."""
    currency: CurrencyCode | None = None
    """The bound's currency; the deployment's by default."""


class MonthsQuery(Closed):
    """Months from `start` to `end`, both included."""

    start: Month | None = None
    end: Month | None = None


class CostsBody(Closed):
    """Costs of acquisition in a month, by source."""

    costs: Mapping[Line, Amount]
    """Costs by source, as leads name it; the cost of a source that is left out is deleted."""
    currency: CurrencyCode | None = None
    """The deployment's, which is the default."""


@api.route("GET", "/overview", scope=OVERVIEW)
def get_overview(container: Container, query: OverviewQuery) -> OverviewView:
    """Get figures of a period compared with the one before it, and what needs attention."""
    return container.get_overview().get_overview(query.days, query.end)


@api.route("GET", "/ltv/analysis", scope=READ)
def get_ltv_analysis(container: Container, query: AnalysisQuery) -> LTVAnalysis:
    """Get the value of customers, in all and by cohort, segment, source and campaign."""
    return container.get_ltv_handler().get_ltv_analysis(start=query.start, end=query.end)


@api.route("GET", "/ltv/customers", scope=READ)
def get_customers(container: Container, query: CustomersQuery) -> CustomerList:
    """List customers, the most valuable first."""
    return container.get_ltv_handler().get_customers(
        segment_id=query.segment,
        cohort_id=query.cohort_id,
        risk=query.risk,
        limit=query.limit,
        cursor=query.cursor,
    )


@api.route("GET", "/ltv/customers/{customer_id}", scope=READ)
def get_customer(container: Container, customer_id: CustomerPathId) -> CustomerDetails:
    """Get a customer's value, and the run that found it."""
    return container.get_ltv_handler().get_customer_ltv_details(customer_id)


@api.route("GET", "/ltv/segments", scope=READ)
def get_segments(container: Container) -> SegmentList:
    """List all segments, with the current run's results."""
    return container.get_ltv_handler().get_segments()


@api.route("PUT", "/ltv/segments/{segment_id}", scope=WRITE)
def put_segment(container: Container, segment_id: Slug, body: SegmentBody) -> SegmentView:
    """Define a segment; it takes effect with the next run."""
    if body.currency is not None and body.lower_bound is None:
        raise InvalidInputError.of("currency", "without_amount", "Requires lower_bound")
    currency = Currency(body.currency or container.settings.currency)
    segment = LTVSegment(
        segment_id=SegmentId(segment_id),
        name=body.name,
        description=body.description,
        lower_quantile=body.lower_quantile,
        lower_bound=None if body.lower_bound is None else Money(body.lower_bound, currency),
    )
    return container.get_ltv_handler().put_segment(segment)


@api.route("GET", "/ltv/sources", scope=READ)
def get_sources(container: Container, query: MonthsQuery) -> SourceList:
    """Get the value and cost of customers by source, for months of first purchase."""
    return container.get_ltv_handler().get_source_values(start=query.start, end=query.end)


@api.route("GET", "/acquisition-costs", scope=READ)
def get_acquisition_costs(container: Container, query: MonthsQuery) -> CostList:
    """List costs of acquisition by month and source, the latest month first."""
    found = container.get_ltv_handler().get_acquisition_costs(start=query.start, end=query.end)
    return {"months": [tagged(each) for each in found]}


@api.route("PUT", "/acquisition-costs/{month}", scope=WRITE, headers=CONDITIONS)
def put_acquisition_costs(
    container: Container, month: Month, body: CostsBody, call: Call
) -> MonthCostsView:
    """Replace the costs of a month, such as 2026-10, by source."""
    currency = Currency(body.currency or container.settings.currency)
    costs = {source: Money(amount, currency) for source, amount in body.costs.items()}
    return tagged(
        container.get_ltv_handler().put_acquisition_costs(month, costs, precondition(call.headers))
    )


@api.route("GET", "/ltv/cohorts", scope=READ)
def get_cohorts(container: Container, query: CohortsQuery) -> CohortList:
    """List the cohorts of first purchases, by month or quarter, and all together."""
    return container.get_ltv_handler().get_cohorts(query.by)


@api.route("GET", "/ltv/cohorts/{cohort_id}", scope=READ)
def get_cohort(container: Container, cohort_id: str) -> CohortDetails:
    """Get a cohort, such as 1997-01 or 1997-Q1, with its life month by month."""
    return container.get_ltv_handler().get_cohort(cohort_id)


@api.route("GET", "/ltv/distribution", scope=READ)
def get_value_distribution(container: Container, query: DistributionQuery) -> ValueDistributionView:
    """Count customers by value, in bins that suit a heavy tail."""
    return container.get_ltv_handler().get_value_distribution(query.measure)


handler = api.on(container)
survive_snapshots(container)
