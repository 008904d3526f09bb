"""The value of customers: analysis, customers, segments and cohorts."""

from typing import Annotated

from succotash.application.value.cohort_views import CohortDetails, CohortList
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
from succotash.domain.value.ltv import LTVSegment
from succotash.domain.values import Currency, Money, SegmentId
from succotash.errors import InvalidInputError
from succotash.http.api import Api
from succotash.http.fields import (
    LAX,
    Amount,
    Closed,
    CurrencyCode,
    CustomerPathId,
    Day,
    Id,
    Line,
    Paged,
    Prose,
    Real,
    Slug,
)
from succotash.http.snapshots import survive_snapshots

api = Api[Container]("ltv_queries")
READ, WRITE = "ltv:read", "ltv:write"


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


@api.route("GET", "/ltv/cohorts", scope=READ)
def get_cohorts(container: Container, query: CohortsQuery) -> CohortList:
    """List the cohorts of first purchases, by month or quarter, and all together."""
    return container.get_ltv_handler().get_cohorts(query.by)


@api.route("GET", "/ltv/cohorts/{cohort_id}", scope=READ)
def get_cohort(container: Container, cohort_id: str) -> CohortDetails:
    """Get a cohort, such as 1997-01 or 1997-Q1, with its life month by month."""
    return container.get_ltv_handler().get_cohort(cohort_id)


handler = api.on(container)
survive_snapshots(container)
