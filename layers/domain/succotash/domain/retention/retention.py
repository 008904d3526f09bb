"""Engagement, churn risk, and the scoring runs that keep them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from succotash.domain.retention.labels import RunLabel
from succotash.domain.values import (
    Currency,
    CustomerId,
    Json,
    Money,
    RunId,
    SegmentId,
    instant_text,
)

INITIAL_RUN = RunId("initial")
"""The current run of a storage in which no scoring run has finished yet."""
GIVEN_UP_AFTER = timedelta(hours=1)
"""A run that is still running when another one is begun, so much later, has broken off."""
UNKNOWN_SOURCE = "unknown"


class RiskLevel(StrEnum):
    """The urgency of a customer's churn risk.

    LOW come by themselves, HIGH are worth writing to, LOST are unlikely ever to come back.
    """

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    LOST = "lost"


class EngagementSegment(StrEnum):
    """The segments of customers by recent activity."""

    NEW_USERS = "new_users"
    ACTIVE_USERS = "active_users"
    AT_RISK = "at_risk"
    CHURNED = "churned"
    HIGH_VALUE = "high_value"
    LOW_ENGAGEMENT = "low_engagement"


@dataclass(frozen=True, slots=True)
class ChurnPrediction:
    """The probability that one customer stays inactive, by one scoring run."""

    customer_id: CustomerId
    churn_probability: float
    """P(no purchase or activity within `horizon_days`)."""
    probability_alive: float
    """P(still a customer), the one that the customer's value is reckoned with."""
    risk_level: RiskLevel
    risk_score: int
    """1 (least urgent) to 10."""
    horizon_days: int
    last_seen_on: date
    predicted_churn_date: date | None
    """The day to come on which P(alive) falls to one half if the silence lasts.

    None where it never does, or has.
    """
    reasons: tuple[str, ...]
    """In words and numbers, the weightiest first."""
    engagement_score: int
    """0 to 100."""
    likely_inactive_since: date | None = None
    """The day that has passed on which P(alive) fell to one half; None where it has not."""
    return_probability: float | None = None
    """P(a purchase within twice the horizon), calibrated on held-out customers.

    P(activity) of customers who never bought. None in a prediction from before it was kept.
    """
    value_at_risk: Money | None = None
    """Value still expected times churn probability; 0 of customers who never bought.

    None in a prediction from before it was kept.
    """
    run_id: RunId | None = None
    """None in a prediction not yet stored: it joins the current run."""
    value_segment: SegmentId | None = None
    """The segment of the value in the same run, None without one; not saved with the prediction."""


@dataclass(frozen=True, slots=True)
class ChurnPredictions:
    """A shard's predictions as equally long columns; what the fields of ChurnPrediction hold."""

    horizon_days: int
    currency: Currency
    customer_ids: Sequence[str]
    churn_probability: Sequence[float]
    probability_alive: Sequence[float]
    return_probability: Sequence[float]
    value_at_risk: Sequence[int]
    """In ten-thousandths."""
    risk_level: Sequence[str]
    risk_score: Sequence[int]
    last_seen_on: Sequence[str]
    """ISO 8601 dates."""
    predicted_churn_date: Sequence[str | None]
    likely_inactive_since: Sequence[str | None]
    reasons: Sequence[Sequence[str]]
    engagement_score: Sequence[int]


@dataclass(frozen=True, slots=True)
class UserEngagementProfile:
    """The activity of one customer, by one scoring run."""

    customer_id: CustomerId
    sessions: int
    clicks: int
    conversions: int
    average_session_seconds: float | None
    """None where no session's duration is known."""
    last_session_at: datetime | None
    interests: Mapping[str, int]
    engagement_score: int
    """0 to 100."""
    segment: EngagementSegment
    run_id: RunId | None = None
    """None in a profile not yet stored: it joins the current run."""


@dataclass(frozen=True, slots=True)
class EngagementProfiles:
    """A shard's profiles as equally long columns; what UserEngagementProfile's fields hold."""

    customer_ids: Sequence[str]
    sessions: Sequence[int]
    clicks: Sequence[int]
    conversions: Sequence[int]
    average_session_seconds: Sequence[float | None]
    last_session_at: Sequence[str | None]
    """ISO 8601 text with offset."""
    interests: Sequence[Mapping[str, int]]
    engagement_score: Sequence[int]
    segment: Sequence[str]


class RunState(StrEnum):
    """The life of a scoring run."""

    RUNNING = "running"
    CURRENT = "current"
    SUPERSEDED = "superseded"
    WITHHELD = "withheld"
    """Judged worse than the simple rule, so that it did not replace the run before it."""


@dataclass(frozen=True, slots=True)
class ScoringRun:
    """One pass over all customers, judged as of one instant."""

    run_id: RunId
    as_of: datetime
    state: RunState
    settings: Mapping[str, Json]
    """Horizons, discount rate, margin, currency, zone: what the numbers depend on."""
    models: Mapping[str, Json]
    """Name, parameters, log-likelihood and reason of each model."""
    backtest: Mapping[str, Json]
    customers: int = 0
    plan: Mapping[str, Json] = field(default_factory=dict)
    """The plan that scores every shard; empty in a run from before there were plans."""
    summary: Mapping[str, Json] = field(default_factory=dict)
    """The state of all customers when it finished: `RetentionAnalytics.to_dict`; and, under
    `warnings`, `RunWarnings.to_dict`."""

    @property
    def label(self) -> RunLabel:
        """The label of the run's numbers."""
        return RunLabel(self.run_id, self.as_of, self.settings, self.models)

    @property
    def time_zone(self) -> str:
        """The zone whose days the run counts."""
        return self.label.time_zone


def run_id_of(as_of: datetime) -> RunId:
    """A run's id is its time, in UTC, to the microsecond where it has any."""
    return RunId(instant_text(as_of))


class GridPeriod(StrEnum):
    """The unit of a retention grid, for cohorts and for the time since."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class GridMode(StrEnum):
    """When a customer counts as retained.

    NDAY: active in that period. UNBOUNDED: active in it or later. BRACKETS: active within the
    bracket of days.
    """

    NDAY = "nday"
    UNBOUNDED = "unbounded"
    BRACKETS = "brackets"


GRID_LENGTHS: Mapping[GridPeriod, int] = {
    GridPeriod.DAY: 30,
    GridPeriod.WEEK: 26,
    GridPeriod.MONTH: 24,
}
"""The last period a grid counts to, after period 0."""
BRACKETS: tuple[tuple[int, int], ...] = ((0, 0), (1, 7), (8, 30), (31, 90), (91, 180), (181, 365))
"""First and last day since joining, both included."""


@dataclass(frozen=True, slots=True)
class GridCell:
    """The members of a cohort who were active in one period (or bracket) of their life."""

    cohort_starts_on: date
    cohort_size: int
    offset: int
    """Period number, or place of the bracket."""
    active: int
    revenue: int | None = None
    """In ten-thousandths, net; None where only customers were counted."""


@dataclass(frozen=True, slots=True)
class RetentionAnalytics:
    """The state of all customers by the current run."""

    run_id: RunId
    customers: int
    by_risk_level: Mapping[str, int]
    by_segment: Mapping[str, int]
    average_churn_probability: float | None
    average_engagement_score: float | None
    value_at_risk: Money | None
    """The value at risk of the customers at high risk together; None where none is known."""

    def to_dict(self) -> dict[str, Json]:
        """Write it as it is stored with the run."""
        at_risk = self.value_at_risk
        return {
            "customers": self.customers,
            "by_risk_level": dict(self.by_risk_level),
            "by_segment": dict(self.by_segment),
            "average_churn_probability": self.average_churn_probability,
            "average_engagement_score": self.average_engagement_score,
            "value_at_risk": None if at_risk is None else str(at_risk.amount),
            "currency": None if at_risk is None else at_risk.currency,
        }

    @classmethod
    def of_dict(cls, run_id: RunId, kept: Mapping[str, Json]) -> "RetentionAnalytics":
        """Read one that `to_dict` wrote; TypeError for anything else."""
        match kept:
            case {
                "customers": int(customers),
                "by_risk_level": dict(by_risk_level),
                "by_segment": dict(by_segment),
                "average_churn_probability": (int() | float() | None) as churn,
                "average_engagement_score": (int() | float() | None) as engagement,
                "value_at_risk": (str() | None) as amount,
                "currency": (str() | None) as currency,
            }:
                at_risk = None
                if amount is not None and currency is not None:
                    at_risk = Money(Decimal(amount), Currency(currency))
                return cls(
                    run_id,
                    customers,
                    {name: int(str(count)) for name, count in by_risk_level.items()},
                    {name: int(str(count)) for name, count in by_segment.items()},
                    churn,
                    engagement,
                    at_risk,
                )
            case _:
                raise TypeError(kept)
