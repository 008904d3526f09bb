"""Values of customers and segments as the API shows them."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TypedDict

from succotash.application.rounding import rounded, rounded_or_none
from succotash.application.scoring.run_views import RunView
from succotash.application.value.cohort_views import NOTHING
from succotash.domain.value.ltv import CustomerLTV, LTVSegment, ValueGroup
from succotash.domain.values import Currency, Json, rounded_amount

ALIVE_BY_SUPPOSITION = (
    "Supposed of everybody who bought on one day: the model lets nobody leave before a second "
    "purchase."
)


class ValueGroupView(TypedDict):
    """Customers who share something, and what they are worth, in the analysis's currency."""

    customers: int
    """Customers in the group."""
    revenue: Decimal
    """The spend until the run, net of refunds, times the margin; in the analysis's currency.
    """
    predicted_clv: Decimal
    """Sum of their predicted lifetime values, in the analysis's currency."""
    residual_value: Decimal
    """Sum of what is expected of them within the value horizon, in the analysis's currency."""
    average_ltv: Decimal | None
    """Mean predicted CLV; None without customers."""


class LTVAnalysis(TypedDict):
    """The value of all customers, as of the current run."""

    start: date | None
    end: date | None
    currency: str
    """The currency of the run; the deployment's before the first one."""
    total_customers: int
    """Customers whose first purchase lies in the range."""
    total_revenue: Decimal
    """The spend until the run, net of refunds, times the margin; in `currency`."""
    total_predicted_clv: Decimal
    """The same plus what is expected of them within the value horizon, in `currency`."""
    average_ltv: Decimal | None
    """Mean predicted lifetime value per customer, in `currency`; None without customers."""
    cohort_analysis: Mapping[str, ValueGroupView]
    segment_distribution: Mapping[str, ValueGroupView]
    by_source: Mapping[str, ValueGroupView]
    """The groups by source of the last accepted submission before the first purchase;
    `unknown` for customers without one."""
    by_campaign: Mapping[str, ValueGroupView]
    """The groups by campaign of that submission; customers without one are in no group."""
    run: RunView | None
    """None before the first run."""
    backtest: Mapping[str, Json] | None
    """The error of the run's models on held-out time: see `docs/models.md`."""


class IntervalView(TypedDict):
    """Between which amounts a customer's lifetime value will lie at the horizon's end.

    By a parametric bootstrap of the run's models, chance included. Where most probably nothing
    more comes it is a point, what the customer has brought; the predicted value, a mean, then lies
    above it. See `docs/models.md`.
    """

    low: Decimal
    """Least lifetime value of the interval, in the value's currency."""
    high: Decimal
    """Greatest lifetime value of the interval, in the value's currency."""
    level: float
    """The probability that the value lies in the interval, ends included, by the run's models: 0.8,
    or, of a point, the probability of no purchase."""
    is_point: bool
    """Whether `low` and `high` are one amount."""


class CustomerValueView(TypedDict):
    """One customer's value; money in the currency of the run."""

    customer_id: str
    currency: str
    actual_clv: Decimal
    """Spent until the run, net of refunds, times the margin; in `currency`."""
    predicted_clv: Decimal
    """Actual plus residual value, in `currency`: the mean over customers like this one."""
    residual_value: Decimal
    """Discounted margin expected within the value horizon after the run, in `currency`: a mean."""
    predicted_clv_interval: IntervalView | None
    """None for a value from before intervals were kept."""
    median_clv: Decimal | None
    """The median, in `currency`: the actual value plus the median of what will come
    within the value horizon. None for a value from before medians were kept."""
    probability_of_no_purchase: float | None
    """P(no further purchase within the value horizon after the run), 0 to 1; None for a value from
    before it was kept."""
    average_order_value: Decimal
    """Net revenue per order until the run, in `currency`."""
    order_count: int
    """Orders until the run, without those that were wholly refunded."""
    frequency: int
    """Days with a purchase after the day of the first one, until the run."""
    lifetime_months: float
    """From the first purchase to the run, in months of 30.4375 days."""
    probability_alive: float
    """P(has not left for good, as of the run), 0 to 1, as the model says."""
    probability_alive_note: str | None
    """The reason why `probability_alive` says nothing about this customer: BG/NBD lets nobody leave
    before a second purchase. None elsewhere."""
    expected_purchases: Mapping[str, float]
    """Mean number of days with a purchase within the next 30, 90 and 365 days after the run."""
    segment: str
    risk_level: str | None
    """The level by the same run: `low`, `medium`, `high` or `lost`; None without a prediction."""
    cohort_id: str
    first_purchase_at: datetime
    last_purchase_at: datetime


class CustomerDetails(CustomerValueView):
    """A customer's value with the run that found it and what it assumed."""

    run: RunView | None


class CustomerList(TypedDict):
    """A page of customers, the most valuable first."""

    customers: list[CustomerValueView]
    next_cursor: str | None
    run: RunView | None
    """The run behind the values."""


class SegmentView(TypedDict):
    """A segment's rule and what the current run found for it."""

    segment_id: str
    name: str
    description: str
    lower_quantile: float | None
    """Share of all customers who lie below the segment, 0 to below 1; None where a bound is set."""
    lower_bound: Decimal | None
    """The bound as it was set."""
    resolved_lower_bound: Decimal | None
    """The bound as the current run resolved it; None before one, or for a newer rule."""
    currency: str
    """The currency of the bounds and values here; the deployment's if there are none."""
    customers: int
    """Customers in the segment by the run."""
    total_value: Decimal
    """Sum of its customers' predicted lifetime values, in `currency`."""
    average_value: Decimal | None
    """Mean predicted lifetime value of its customers, in `currency`; None without customers."""


class SegmentList(TypedDict):
    """Every segment."""

    segments: list[SegmentView]
    run: RunView | None


def group_view(group: ValueGroup, currency: str) -> ValueGroupView:
    """Serialised for the API."""
    return {
        "customers": group.customers,
        "revenue": rounded_amount(group.revenue, currency),
        "predicted_clv": rounded_amount(group.predicted_clv, currency),
        "residual_value": rounded_amount(group.residual_value, currency),
        "average_ltv": _mean(group.predicted_clv, group.customers, currency),
    }


def group_views(groups: Mapping[str, ValueGroup], currency: str) -> dict[str, ValueGroupView]:
    """Serialised for the API."""
    return {name: group_view(group, currency) for name, group in groups.items()}


def customer_value_view(value: CustomerLTV) -> CustomerValueView:
    """Serialised for the API."""
    median = value.residual_median
    return {
        "customer_id": value.customer_id,
        "currency": value.actual_clv.currency,
        "actual_clv": value.actual_clv.rounded(),
        "predicted_clv": value.predicted_clv.rounded(),
        "residual_value": value.residual_value.rounded(),
        "predicted_clv_interval": _interval_view(value),
        "median_clv": None if median is None else (value.actual_clv + median).rounded(),
        "probability_of_no_purchase": rounded_or_none(value.probability_of_no_purchase),
        "average_order_value": value.average_order_value.rounded(),
        "order_count": value.order_count,
        "frequency": value.frequency,
        "lifetime_months": rounded(value.lifetime_months),
        "probability_alive": rounded(value.probability_alive),
        "probability_alive_note": ALIVE_BY_SUPPOSITION if value.is_alive_by_supposition else None,
        "expected_purchases": {
            "30": rounded(value.expected_purchases_30),
            "90": rounded(value.expected_purchases_90),
            "365": rounded(value.expected_purchases_365),
        },
        "segment": value.segment_id,
        "risk_level": value.risk_level,
        "cohort_id": value.cohort_id,
        "first_purchase_at": value.first_purchase_at,
        "last_purchase_at": value.last_purchase_at,
    }


def segment_view(segment: LTVSegment, own: Currency) -> SegmentView:
    """Serialised for the API; in the deployment's own currency where there are no amounts."""
    bound, result = segment.lower_bound, segment.result
    if bound is not None and result is not None:
        # A rule in another currency than the run's is newer than the run.
        result = result if result.lower_bound.currency == bound.currency else None
    known = bound if result is None else result.lower_bound
    currency = own if known is None else known.currency
    customers = 0 if result is None else result.customers
    total = NOTHING if result is None else result.total_value.amount
    return {
        "segment_id": segment.segment_id,
        "name": segment.name,
        "description": segment.description,
        "lower_quantile": segment.lower_quantile,
        "lower_bound": None if bound is None else bound.exact(),
        "resolved_lower_bound": None if result is None else result.lower_bound.rounded(),
        "currency": currency,
        "customers": customers,
        "total_value": rounded_amount(total, currency),
        "average_value": _mean(total, customers, currency),
    }


def _interval_view(value: CustomerLTV) -> IntervalView | None:
    low, high = value.residual_low, value.residual_high
    if low is None or high is None:
        return None
    return {
        "low": (value.actual_clv + low).rounded(),
        "high": (value.actual_clv + high).rounded(),
        "level": rounded(value.interval_level),
        "is_point": value.interval_is_point,
    }


def _mean(total: Decimal, count: int, currency: str) -> Decimal | None:
    return rounded_amount(total / count, currency) if count else None
