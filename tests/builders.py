"""Entities for tests: each builder takes what matters and makes up the rest."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from succotash.domain.forms.forms import (
    DEFAULT_FORM,
    Form,
    FormField,
    FormSubmission,
    IdempotentRequest,
    Lead,
    LeadScore,
    LeadStatus,
    RuleKind,
    ScorePoint,
    SubmissionState,
    ValidationRule,
)
from succotash.domain.intake.submissions import (
    KeptLead,
    RememberedAnswer,
    SubmissionInquiry,
    SubmissionOutcome,
)
from succotash.domain.messages.outbox import MessageKind, OutboxMessage
from succotash.domain.people.identities import Pseudonyms
from succotash.domain.retention.retention import (
    CampaignMetrics,
    CampaignStatus,
    ChurnPrediction,
    ChurnPredictions,
    EngagementProfiles,
    EngagementSegment,
    RetentionCampaign,
    RiskLevel,
    RunState,
    ScoringRun,
    UserEngagementProfile,
    run_id_of,
)
from succotash.domain.value.ledgers import ActivityEvent, ActivityKind, Order
from succotash.domain.value.ltv import Cohort, CohortPeriod, CustomerLTV, CustomerValues
from succotash.domain.value.orders import OrderColumns
from succotash.domain.values import (
    CampaignId,
    CohortId,
    Currency,
    CustomerId,
    EventId,
    FormId,
    Json,
    LeadId,
    MessageId,
    Money,
    OrderId,
    RuleId,
    RunId,
    SegmentId,
    SubmissionId,
)

USD = Currency("USD")
NOON = datetime(2024, 5, 6, 12, 0, tzinfo=UTC)
"""A Monday, when nothing else is said."""


PSEUDONYMS = Pseudonyms(lambda: ("a key of these tests",))
name_customer = PSEUDONYMS.name


def at(text: str) -> datetime:
    """An instant; in UTC unless the text says otherwise."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def days(count: float) -> timedelta:
    return timedelta(days=count)


def usd(amount: str | int | Decimal) -> Money:
    return Money(Decimal(amount), USD)


def a_form(form_id: str = "contact", *, title: str = "Contact") -> Form:
    return Form(FormId(form_id), title, fields=(FormField("email", "E-mail", required=True),))


def a_rule(
    rule_id: str = "rule",
    *,
    form_id: str = "contact",
    field_name: str = "email",
    kind: RuleKind = RuleKind.REQUIRED,
    parameters: Mapping[str, Json] | None = None,
    message: str = "",
    position: int = 0,
) -> ValidationRule:
    return ValidationRule(
        RuleId(rule_id), FormId(form_id), field_name, kind, parameters or {}, message, position
    )


def a_submission(
    submission_id: str = "submission",
    *,
    form_id: str = DEFAULT_FORM,
    answers: Mapping[str, Json] | None = None,
    submitted_at: datetime = NOON,
    fingerprint: str = "00ff",
    attribution: Mapping[str, str] | None = None,
    source: str = "direct",
    email: str | None = None,
    lead_id: str | None = None,
    ip_address: str | None = None,
    user_agent: str | None = None,
    state: SubmissionState = SubmissionState.ACCEPTED,
    duplicate_of: str | None = None,
    spam_reasons: tuple[str, ...] = (),
    text_digest: str | None = None,
    consent: str | None = None,
    waited_until: datetime | None = None,
) -> FormSubmission:
    return FormSubmission(
        SubmissionId(submission_id),
        FormId(form_id),
        {"email": "ada@example.com"} if answers is None else answers,
        submitted_at,
        fingerprint,
        attribution or {},
        source,
        email,
        None if lead_id is None else LeadId(lead_id),
        ip_address,
        user_agent,
        state,
        None if duplicate_of is None else SubmissionId(duplicate_of),
        spam_reasons,
        text_digest,
        consent,
        waited_until,
    )


def a_lead(
    lead_id: str = "lead",
    *,
    email: str | None = None,
    first_at: datetime | None = None,
    last_at: datetime = NOON,
    first_name: str | None = None,
    last_name: str | None = None,
    company: str | None = None,
    phone: str | None = None,
    answers: Mapping[str, Json] | None = None,
    status: LeadStatus = LeadStatus.NEW,
    source: str = "direct",
    campaign: str | None = None,
    submission_count: int = 1,
) -> Lead:
    address = email or f"{lead_id}@example.com"
    return Lead(
        LeadId(lead_id),
        address,
        address.lower(),
        first_at or last_at,
        last_at,
        first_name,
        last_name,
        company,
        phone,
        answers or {},
        status,
        source,
        campaign,
        submission_count,
    )


def a_score(
    lead_id: str = "lead",
    *,
    total: int = 40,
    is_hot: bool = False,
    grade: str = "C",
    scored_at: datetime = NOON,
) -> LeadScore:
    points = (
        ScorePoint("profile", "company", total - 10, "names a company"),
        ScorePoint("engagement", "recent", 10, "submitted this week"),
    )
    return LeadScore(LeadId(lead_id), points, grade, is_hot, scored_at)


def a_request(
    key: str = "key", *, scope: str = "default", body_digest: str = "digest"
) -> IdempotentRequest:
    return IdempotentRequest(scope, key, body_digest)


def a_message(
    message_id: str = "message-1",
    *,
    kind: str = MessageKind.SUBMISSION_ACCEPTED,
    occurred_at: datetime = NOON,
    subject_id: str = "submission-1",
    form_id: str | None = "contact",
    payload: Mapping[str, Json] | None = None,
) -> OutboxMessage:
    return OutboxMessage(
        MessageId(message_id),
        kind,
        occurred_at,
        subject_id,
        None if form_id is None else FormId(form_id),
        payload or {},
    )


def an_inquiry(
    fingerprint: str = "00ff",
    *,
    form_id: str = DEFAULT_FORM,
    submitted_at: datetime = NOON,
    emails: Sequence[str] = (),
    ip_address: str | None = None,
    text_digest: str | None = None,
    request: IdempotentRequest | None = None,
) -> SubmissionInquiry:
    return SubmissionInquiry(
        FormId(form_id),
        fingerprint,
        submitted_at,
        tuple(emails),
        ip_address,
        text_digest,
        request,
    )


def an_outcome(
    submission_id: str = "submission",
    *,
    fingerprint: str = "00ff",
    lead: Lead | None = None,
    is_new: bool = True,
    key: str | None = None,
    submitted_at: datetime = NOON,
) -> SubmissionOutcome:
    """An accepted submission, of this lead where there is one, under a key where there is one."""
    submission = a_submission(
        submission_id,
        fingerprint=fingerprint,
        submitted_at=submitted_at,
        email=lead.canonical_email if lead else None,
        lead_id=lead.lead_id if lead else None,
    )
    kept = KeptLead(lead, a_score(lead.lead_id), is_new) if lead else None
    remembered = None
    if key is not None:
        answer: dict[str, Json] = {"submission_id": submission_id}
        remembered = RememberedAnswer(a_request(key), answer, submitted_at + days(1))
    return SubmissionOutcome(submission, kept, remembered)


def an_order(
    order_id: str = "order",
    *,
    customer_id: str = "customer",
    ordered_at: datetime = NOON,
    amount: str | Decimal = "10",
    currency: str = "USD",
    refund_of: str | None = None,
    email: str | None = None,
) -> Order:
    return Order(
        CustomerId(customer_id),
        OrderId(order_id),
        ordered_at,
        Money(Decimal(amount), Currency(currency)),
        None if refund_of is None else OrderId(refund_of),
        email,
    )


def order_columns(orders: Iterable[Order]) -> OrderColumns:
    columns = OrderColumns()
    for order in orders:
        columns.append(order)
    return columns


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


def a_value(
    customer_id: str = "customer",
    *,
    actual: str | int | Decimal = "30",
    residual: str | int | Decimal = "12.5",
    average_order: str | Decimal = "15",
    orders: int = 2,
    segment: str = "low_value",
    cohort: str = "2024-05",
    first_purchase_at: datetime = NOON,
    last_purchase_at: datetime | None = None,
    run_id: str | None = None,
    interval: tuple[str, str] | None = ("0", "40.0001"),
) -> CustomerLTV:
    return CustomerLTV(
        CustomerId(customer_id),
        usd(actual),
        usd(residual),
        usd(average_order),
        order_count=orders,
        frequency=orders - 1,
        lifetime_months=0.1 + 0.2,
        probability_alive=0.7,
        expected_purchases_30=0.1,
        expected_purchases_90=0.3,
        expected_purchases_365=1e-17,
        segment_id=SegmentId(segment),
        cohort_id=CohortId(cohort),
        first_purchase_at=first_purchase_at,
        last_purchase_at=last_purchase_at or first_purchase_at,
        run_id=None if run_id is None else RunId(run_id),
        residual_low=interval and usd(interval[0]),
        residual_high=interval and usd(interval[1]),
    )


def _units(amount: Money | None) -> int | None:
    return None if amount is None else amount.units()


def value_columns(values: Sequence[CustomerLTV]) -> CustomerValues:
    """The values as a scoring run hands them over."""
    return CustomerValues(
        customer_ids=[each.customer_id for each in values],
        actual_clv=[each.actual_clv.units() for each in values],
        residual_value=[each.residual_value.units() for each in values],
        average_order_value=[each.average_order_value.units() for each in values],
        order_count=[each.order_count for each in values],
        frequency=[each.frequency for each in values],
        lifetime_months=[each.lifetime_months for each in values],
        probability_alive=[each.probability_alive for each in values],
        expected_purchases_30=[each.expected_purchases_30 for each in values],
        expected_purchases_90=[each.expected_purchases_90 for each in values],
        expected_purchases_365=[each.expected_purchases_365 for each in values],
        segment_ids=[each.segment_id for each in values],
        cohort_ids=[each.cohort_id for each in values],
        first_purchase_at=[each.first_purchase_at.isoformat() for each in values],
        last_purchase_at=[each.last_purchase_at.isoformat() for each in values],
        residual_low=[_units(each.residual_low) for each in values],
        residual_high=[_units(each.residual_high) for each in values],
    )


def a_cohort(
    cohort_id: str = "2024-05",
    *,
    customers: int = 3,
    revenue: str = "120.5",
    average_ltv: str = "99.0001",
    periods: tuple[CohortPeriod, ...] = (),
    run_id: str | None = None,
) -> Cohort:
    return Cohort(
        CohortId(cohort_id),
        date.fromisoformat(f"{cohort_id}-01"),
        customers,
        usd(revenue),
        usd(average_ltv),
        periods,
        None if run_id is None else RunId(run_id),
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
        run_id=None if run_id is None else RunId(run_id),
    )


def prediction_columns(predictions: Sequence[ChurnPrediction]) -> ChurnPredictions:
    """The predictions as a scoring run hands them over."""
    return ChurnPredictions(
        horizon_days=predictions[0].horizon_days if predictions else 90,
        customer_ids=[each.customer_id for each in predictions],
        churn_probability=[each.churn_probability for each in predictions],
        probability_alive=[each.probability_alive for each in predictions],
        risk_level=[each.risk_level.value for each in predictions],
        risk_score=[each.risk_score for each in predictions],
        last_seen_on=[each.last_seen_on.isoformat() for each in predictions],
        predicted_churn_date=[
            each.predicted_churn_date.isoformat() if each.predicted_churn_date else None
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
