"""The value of customers, segments and cohorts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from succotash.domain.values import CohortId, CustomerId, Json, Money, RunId, SegmentId

INTERVAL_LEVEL = 0.8
"""The least probability that a customer's future revenue lies within its interval."""


@dataclass(frozen=True, slots=True)
class CustomerLTV:
    """One customer's value as one scoring run saw it."""

    customer_id: CustomerId
    actual_clv: Money
    """Spent so far, refunds netted, times margin."""
    residual_value: Money
    """Discounted expected margin still to come within the horizon."""
    average_order_value: Money
    order_count: int
    frequency: int
    """Repeat purchase days."""
    lifetime_months: float
    """From first purchase to the run, in months of 365.25 / 12 days."""
    probability_alive: float
    expected_purchases_30: float
    expected_purchases_90: float
    expected_purchases_365: float
    segment_id: SegmentId
    cohort_id: CohortId
    first_purchase_at: datetime
    last_purchase_at: datetime
    run_id: RunId | None = None
    """None in a value not yet stored: it joins the current run."""
    residual_low: Money | None = None
    """With `residual_high` what the residual value will lie between with the probability
    `interval_level`; None where no run said."""
    residual_high: Money | None = None
    residual_median: Money | None = None
    """The median; None where no run gave one."""
    probability_of_no_purchase: float | None = None
    """Within the value horizon; None where no run said."""
    risk_level: str | None = None
    """The level of the prediction in the same run, None without one; not saved with the value."""

    @property
    def predicted_clv(self) -> Money:
        """Actual plus residual."""
        return self.actual_clv + self.residual_value

    @property
    def is_alive_by_supposition(self) -> bool:
        """Whether P(alive) is 1 only because BG/NBD lets nobody leave before a second purchase."""
        return self.frequency == 0 and self.probability_alive == 1

    @property
    def interval_is_point(self) -> bool:
        """Whether the interval is one amount: most probably nothing more comes."""
        return self.residual_low is not None and self.residual_low == self.residual_high

    @property
    def interval_level(self) -> float:
        """The probability that the residual value lies within its interval.

        A point holds with the probability of no purchase, any other interval with INTERVAL_LEVEL.
        """
        nothing = self.probability_of_no_purchase or 0.0
        return max(nothing, INTERVAL_LEVEL) if self.interval_is_point else INTERVAL_LEVEL


@dataclass(frozen=True, slots=True)
class CustomerValues:
    """A shard's customer values as equally long columns; what the fields of CustomerLTV hold.

    Money is whole ten-thousandths of the currency, instants are ISO 8601 text with offset.
    """

    customer_ids: Sequence[str]
    actual_clv: Sequence[int]
    residual_value: Sequence[int]
    average_order_value: Sequence[int]
    order_count: Sequence[int]
    frequency: Sequence[int]
    lifetime_months: Sequence[float]
    probability_alive: Sequence[float]
    expected_purchases_30: Sequence[float]
    expected_purchases_90: Sequence[float]
    expected_purchases_365: Sequence[float]
    segment_ids: Sequence[str]
    cohort_ids: Sequence[str]
    first_purchase_at: Sequence[str]
    last_purchase_at: Sequence[str]
    residual_low: Sequence[int | None]
    residual_high: Sequence[int | None]
    residual_median: Sequence[int | None]
    probability_of_no_purchase: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class CohortPeriod:
    """One month in a cohort's life; month 0 is the month of first purchase."""

    period: int
    active_customers: int
    """Customers with a purchase in this month."""
    revenue: Decimal
    """The revenue of this month, net, in the cohort's currency."""


@dataclass(frozen=True, slots=True)
class Cohort:
    """The customers whose first purchase fell into one calendar month."""

    cohort_id: CohortId
    """Year and month, as in 1997-01."""
    starts_on: date
    customers: int
    revenue: Money
    average_ltv: Money
    """Mean predicted CLV."""
    periods: tuple[CohortPeriod, ...] = ()
    """The periods; months without a purchase are left out."""
    run_id: RunId | None = None
    """None in a cohort not yet stored: it joins the current run."""


@dataclass(frozen=True, slots=True)
class SegmentResult:
    """The result of a run for a segment."""

    run_id: RunId
    lower_bound: Money
    """The least predicted CLV that belongs here, as the run resolved it."""
    customers: int
    total_value: Money
    """Sum of predicted CLV."""


@dataclass(frozen=True, slots=True)
class LTVSegment:
    """A rule over predicted CLV: a customer belongs to the highest segment whose bound they reach.

    Exactly one of `lower_quantile` (0 to 1, of all customers) and `lower_bound` is given. Customers
    of one value belong together: where they lie on both sides of a quantile, below it. Where a run
    resolves two to the same bound, the higher one is the one with the higher quantile (a bound
    in money counts as 0), then the one with the greater id.
    """

    segment_id: SegmentId
    name: str
    description: str = ""
    lower_quantile: float | None = None
    lower_bound: Money | None = None
    result: SegmentResult | None = None
    """The result of the current run; None before the first one, or for a rule newer than it."""


DEFAULT_SEGMENTS = (
    LTVSegment(SegmentId("low_value"), "Low value", "The lower half", lower_quantile=0.0),
    LTVSegment(SegmentId("medium_value"), "Medium value", "Above the median", lower_quantile=0.5),
    LTVSegment(SegmentId("high_value"), "High value", "The best fifth", lower_quantile=0.8),
    LTVSegment(SegmentId("vip"), "VIP", "The best twentieth", lower_quantile=0.95),
)
"""In every storage from the start."""


@dataclass(frozen=True, slots=True)
class ValueGroup:
    """Customers who share something, and what they are worth together."""

    customers: int
    revenue: Decimal
    """Actual CLV, in the deployment's currency."""
    predicted_clv: Decimal
    residual_value: Decimal


@dataclass(frozen=True, slots=True)
class LTVAnalytics:
    """The current run's values of the customers first seen buying within a range of days."""

    run_id: RunId
    total: ValueGroup
    by_segment: Mapping[str, ValueGroup]
    by_cohort: Mapping[str, ValueGroup]
    by_source: Mapping[str, ValueGroup]
    """The groups by the source that led to the first purchase (`origin_of`); without one,
    "unknown"."""
    by_campaign: Mapping[str, ValueGroup]
    """Likewise by campaign; customers without one are in no group."""
    backtest: Mapping[str, Json]
    """The errors of the run's models on held-out time."""
