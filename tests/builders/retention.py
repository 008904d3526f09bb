"""Activity, runs, predictions and campaigns."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from succotash.domain.campaigns.campaigns import CampaignMetrics, CampaignStatus, RetentionCampaign
from succotash.domain.retention.receipts import ForecastReceipt, Measure, Tally, WeekTally
from succotash.domain.retention.retention import (
    ChurnPrediction,
    ChurnPredictions,
    EngagementProfiles,
    EngagementSegment,
    RiskLevel,
    RunState,
    ScoringRun,
    UserEngagementProfile,
    run_id_of,
)
from succotash.domain.scoring.overview import OverviewQuery
from succotash.domain.value.ledgers import ActivityEvent, ActivityKind
from succotash.domain.values import (
    CampaignId,
    CustomerId,
    EventId,
    Json,
    RunId,
)
from tests.builders.values import NOON, USD, usd


def an_event(
    event_id: str = "event",
    *,
    customer_id: str = "customer",
    occurred_at: datetime = NOON,
    kind: ActivityKind = ActivityKind.CLICK,
    name: str | None = None,
    duration_seconds: float | None = None,
    interests: tuple[str, ...] = (),
    campaign_id: str | None = None,
) -> ActivityEvent:
    return ActivityEvent(
        CustomerId(customer_id),
        EventId(event_id),
        occurred_at,
        kind,
        name,
        duration_seconds,
        interests,
        None if campaign_id is None else CampaignId(campaign_id),
    )


def a_run(
    as_of: datetime = NOON,
    *,
    run_id: str | None = None,
    settings: Mapping[str, Json] | None = None,
    models: Mapping[str, Json] | None = None,
    backtest: Mapping[str, Json] | None = None,
) -> ScoringRun:
    return ScoringRun(
        run_id_of(as_of) if run_id is None else RunId(run_id),
        as_of,
        RunState.RUNNING,
        settings or {},
        models or {},
        backtest or {},
    )


def a_prediction(
    customer_id: str = "customer",
    *,
    probability: float = 0.4,
    risk: RiskLevel = RiskLevel.MEDIUM,
    horizon_days: int = 90,
    churn_date: date | None = None,
    reasons: tuple[str, ...] = ("silent for 40 days",),
    engagement_score: int = 50,
    at_risk: str | None = "12.5",
    inactive_since: date | None = None,
    run_id: str | None = None,
) -> ChurnPrediction:
    return ChurnPrediction(
        CustomerId(customer_id),
        churn_probability=probability,
        probability_alive=0.9,
        risk_level=risk,
        risk_score=5,
        horizon_days=horizon_days,
        last_seen_on=date(2024, 4, 1),
        predicted_churn_date=churn_date,
        reasons=reasons,
        engagement_score=engagement_score,
        likely_inactive_since=inactive_since,
        return_probability=None if at_risk is None else 0.3,
        value_at_risk=None if at_risk is None else usd(at_risk),
        run_id=None if run_id is None else RunId(run_id),
    )


def prediction_columns(predictions: Sequence[ChurnPrediction]) -> ChurnPredictions:
    """The predictions as a scoring run hands them over."""
    return ChurnPredictions(
        horizon_days=predictions[0].horizon_days if predictions else 90,
        currency=USD,
        customer_ids=[each.customer_id for each in predictions],
        churn_probability=[each.churn_probability for each in predictions],
        probability_alive=[each.probability_alive for each in predictions],
        return_probability=[each.return_probability or 0.0 for each in predictions],
        value_at_risk=[
            each.value_at_risk.units() if each.value_at_risk else 0 for each in predictions
        ],
        risk_level=[each.risk_level.value for each in predictions],
        risk_score=[each.risk_score for each in predictions],
        last_seen_on=[each.last_seen_on.isoformat() for each in predictions],
        predicted_churn_date=[
            each.predicted_churn_date.isoformat() if each.predicted_churn_date else None
            for each in predictions
        ],
        likely_inactive_since=[
            each.likely_inactive_since.isoformat() if each.likely_inactive_since else None
            for each in predictions
        ],
        reasons=[each.reasons for each in predictions],
        engagement_score=[each.engagement_score for each in predictions],
    )


def a_profile(
    customer_id: str = "customer",
    *,
    sessions: int = 3,
    average_session_seconds: float | None = 61.5,
    last_session_at: datetime | None = NOON,
    interests: Mapping[str, int] | None = None,
    engagement_score: int = 50,
    segment: EngagementSegment = EngagementSegment.ACTIVE_USERS,
    run_id: str | None = None,
) -> UserEngagementProfile:
    return UserEngagementProfile(
        CustomerId(customer_id),
        sessions=sessions,
        clicks=7,
        conversions=1,
        average_session_seconds=average_session_seconds,
        last_session_at=last_session_at,
        interests={"music": 2} if interests is None else interests,
        engagement_score=engagement_score,
        segment=segment,
        run_id=None if run_id is None else RunId(run_id),
    )


def profile_columns(profiles: Sequence[UserEngagementProfile]) -> EngagementProfiles:
    """The profiles as a scoring run hands them over."""
    return EngagementProfiles(
        customer_ids=[each.customer_id for each in profiles],
        sessions=[each.sessions for each in profiles],
        clicks=[each.clicks for each in profiles],
        conversions=[each.conversions for each in profiles],
        average_session_seconds=[each.average_session_seconds for each in profiles],
        last_session_at=[
            each.last_session_at.isoformat() if each.last_session_at else None for each in profiles
        ],
        interests=[each.interests for each in profiles],
        engagement_score=[each.engagement_score for each in profiles],
        segment=[each.segment.value for each in profiles],
    )


def a_receipt(
    month: date = date(2024, 5, 1),
    *,
    run_id: str | None = None,
    is_backfilled: bool = False,
    models: Mapping[str, Json] | None = None,
) -> ForecastReceipt:
    as_of = datetime(month.year, month.month, 1, 3, tzinfo=UTC)
    return ForecastReceipt(
        run_id_of(as_of) if run_id is None else RunId(run_id),
        month,
        as_of,
        is_backfilled,
        settings={"currency": "USD", "time_zone": "UTC"},
        models={"purchases": {"name": "BG/NBD"}} if models is None else models,
    )


def a_tally(
    total: str = "12.5",
    *,
    days: int = 30,
    measure: Measure = Measure.PURCHASES,
    decile: int = 1,
    customers: int = 7,
) -> Tally:
    return Tally(days, measure, decile, customers, Decimal(total))


def a_campaign(
    campaign_id: str = "campaign",
    *,
    name: str = "Come back",
    created_at: datetime = NOON,
    status: CampaignStatus = CampaignStatus.DRAFT,
    target_risk_level: RiskLevel | None = RiskLevel.HIGH,
    target_segment: EngagementSegment | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    metrics: CampaignMetrics | None = None,
) -> RetentionCampaign:
    return RetentionCampaign(
        CampaignId(campaign_id),
        name,
        created_at,
        created_at,
        status=status,
        target_risk_level=target_risk_level,
        target_segment=target_segment,
        starts_at=starts_at,
        ends_at=ends_at,
        metrics=metrics or CampaignMetrics(),
    )


def a_week(week: int = 1, purchases: str = "3.5", revenue: str = "70.0001") -> WeekTally:
    return WeekTally(week, Decimal(purchases), Decimal(revenue))


def an_overview_query(
    end: datetime = NOON,
    days: int = 28,
    *,
    last_day: date | None = None,
    imports_given_up_before: datetime = NOON,
) -> OverviewQuery:
    """Periods that end at an instant; `last_day` is its day by default."""
    span = timedelta(days=days)
    return OverviewQuery(
        last_day=last_day or end.date(),
        days=days,
        earlier=end - 2 * span,
        start=end - span,
        end=end,
        imports_given_up_before=imports_given_up_before,
    )
