"""Churn risk, engagement and retention as the API shows them."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import NotRequired, TypedDict

from succotash.application.campaigns.summary_views import CampaignSummaryView
from succotash.application.rounding import rounded, rounded_or_none
from succotash.application.scoring.run_views import RunReport, RunView
from succotash.application.value.views import CustomerValueView
from succotash.domain.retention.retention import ChurnPrediction, UserEngagementProfile


class ChurnRiskView(TypedDict):
    """The probability that a customer stays inactive."""

    customer_id: str
    churn_probability: float
    """P(no purchase and no activity within `horizon_days` after the run), 0 to 1."""
    probability_alive: float
    """P(has not left for good, as of the run), 0 to 1, as the model says. Under BG/NBD it is 1 for
    customers who bought on one day, also where they are `lost`: `reasons` say so, and
    `return_probability` is the outcome of such customers."""
    return_probability: float | None
    """P(a purchase within twice `horizon_days` after the run), 0 to 1, calibrated on held-out
    customers; P(activity) of customers who never bought. None in a prediction from before it was
    kept.
    """
    value_at_risk: Decimal | None
    """Value expected within the value horizon times churn probability, in `currency`.

    None in a prediction from before it was kept.
    """
    currency: str | None
    """The currency of the value at risk."""
    risk_level: str
    """`low`, `medium`, `high` (worth writing to) or `lost` (hardly ever comes back)."""
    risk_score: int
    """1 (least urgent) to 10."""
    value_segment: str | None
    """The segment of the customer's value by the same run, such as `vip`; None without an order."""
    horizon_days: int
    """Days after the run for which the churn probability holds."""
    last_seen_on: date
    predicted_churn_date: date | None
    """The day to come on which `probability_alive` falls to one half if the silence lasts."""
    likely_inactive_since: date | None
    """The day that has passed on which it fell to one half."""
    reasons: list[str]
    engagement_score: int
    """Points from 0 to 100 for recent, frequent and varied activity as of the run."""


class EngagementView(TypedDict):
    """The activity of a customer."""

    customer_id: str
    sessions: int
    """Sessions until the run."""
    clicks: int
    """Clicks until the run."""
    conversions: int
    """Conversions until the run."""
    average_session_seconds: float | None
    """Mean length of a session in seconds; None where no session has one."""
    last_session_at: datetime | None
    interests: Mapping[str, int]
    """The number of times that each interest was named until the run."""
    engagement_score: int
    """Points from 0 to 100 for recent, frequent and varied activity as of the run."""
    segment: str


class HistoryEntry(TypedDict):
    """An order or an event."""

    at: datetime
    kind: str
    id: str
    amount: NotRequired[Decimal]
    """Exactly as recorded."""
    currency: NotRequired[str]


class CustomerRetention(TypedDict):
    """One customer on one page."""

    customer_id: str
    churn_risk: ChurnRiskView
    engagement: EngagementView | None
    value: CustomerValueView | None
    history: list[HistoryEntry]
    """The latest first, at most 20."""
    run: RunView | None


class ChurnRiskList(TypedDict):
    """A page of customers, the greatest value at risk first."""

    customers: list[ChurnRiskView]
    next_cursor: str | None
    run: RunView | None
    """The run behind the predictions; None before the first run."""


class RetentionChangeView(TypedDict):
    """The change since the run before; more is above 0."""

    since: datetime
    """The instant of that run."""
    customers: int
    """Customers now less those then."""
    high_risk_customers: int
    """Customers at risk level high now less those then."""
    value_at_risk: Decimal
    """Value at risk now less that then, in the currency of the analytics."""
    churn_risk_distribution: Mapping[str, int]
    """Customers by risk level, now less then."""
    segment_distribution: Mapping[str, int]
    """Customers by engagement segment, now less then."""


class RetentionAnalyticsView(TypedDict):
    """The state of all customers."""

    customers: int
    """Customers with a purchase or activity until the run."""
    churn_risk_distribution: Mapping[str, int]
    """Customers by risk level."""
    segment_distribution: Mapping[str, int]
    """Customers by engagement segment."""
    high_risk_customers: int
    """Customers at risk level high."""
    average_churn_probability: float | None
    """Mean over customers of P(no purchase and no activity within the churn horizon after the run);
    None without customers."""
    average_engagement_score: float | None
    """Mean engagement over customers, 0 to 100 points; None without customers."""
    value_at_risk: Decimal
    """Residual value of the customers at high risk, in `currency`."""
    currency: str
    campaign_metrics: CampaignSummaryView
    change: RetentionChangeView | None
    """None for the first run."""
    run: RunView | None


class ModelReport(TypedDict):
    """The last runs side by side, latest first."""

    runs: list[RunReport]


def churn_risk_view(prediction: ChurnPrediction) -> ChurnRiskView:
    """Serialised for the API."""
    at_risk = prediction.value_at_risk
    return {
        "customer_id": prediction.customer_id,
        "churn_probability": rounded(prediction.churn_probability),
        "probability_alive": rounded(prediction.probability_alive),
        "return_probability": rounded_or_none(prediction.return_probability),
        "value_at_risk": None if at_risk is None else at_risk.rounded(),
        "currency": None if at_risk is None else at_risk.currency,
        "risk_level": prediction.risk_level,
        "risk_score": prediction.risk_score,
        "value_segment": prediction.value_segment,
        "horizon_days": prediction.horizon_days,
        "last_seen_on": prediction.last_seen_on,
        "predicted_churn_date": prediction.predicted_churn_date,
        "likely_inactive_since": prediction.likely_inactive_since,
        "reasons": list(prediction.reasons),
        "engagement_score": prediction.engagement_score,
    }


def engagement_view(profile: UserEngagementProfile) -> EngagementView:
    """Serialised for the API."""
    return {
        "customer_id": profile.customer_id,
        "sessions": profile.sessions,
        "clicks": profile.clicks,
        "conversions": profile.conversions,
        "average_session_seconds": rounded_or_none(profile.average_session_seconds),
        "last_session_at": profile.last_session_at,
        "interests": profile.interests,
        "engagement_score": profile.engagement_score,
        "segment": profile.segment,
    }
