"""Use cases around retention: activity, churn risk, grids, campaigns, the model's record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import NotRequired, TypedDict

from succotash.application.batches import BatchReport, Recorded, Rejected, record_batch
from succotash.application.identities import record_about_customers
from succotash.application.paging import after_probability, next_cursor, require_page
from succotash.application.retention.grids import (
    USUAL_GRID,
    GridQuestion,
    GridView,
    grid_average,
    grid_rows,
)
from succotash.application.retention.lifecycle import LifecycleView, lifecycle_periods
from succotash.application.scoring.runs import (
    RunReport,
    RunView,
    run_currency,
    run_day,
    run_report,
    run_view,
    run_zone,
)
from succotash.application.value.ltv_handler import CustomerValueView, customer_value_view
from succotash.domain.people.erasures import NO_TOMBSTONES, Tombstones
from succotash.domain.repositories.forms import PAGE
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.retention.retention import (
    CAMPAIGN_STEPS,
    INITIAL_RUN,
    CampaignMetrics,
    CampaignPerformance,
    CampaignStatus,
    ChurnPrediction,
    EngagementSegment,
    GridCell,
    GridPeriod,
    RetentionAnalytics,
    RetentionCampaign,
    RiskLevel,
    RunState,
    ScoringRun,
    UserEngagementProfile,
)
from succotash.domain.value.ledgers import (
    CLOCK_TOLERANCE,
    ActivityEvent,
    event_contents,
    event_identity,
)
from succotash.domain.values import (
    CampaignId,
    Clock,
    Currency,
    CustomerId,
    IdFactory,
    Money,
    RunId,
    amount_violation,
)
from succotash.errors import IllegalTransitionError, InvalidInputError, NotFoundError, Violation

HISTORY_SHOWN = 20


class ChurnRiskView(TypedDict):
    """How likely a customer is to stay silent."""

    customer_id: str
    churn_probability: float
    probability_alive: float
    risk_level: str
    risk_score: int
    horizon_days: int
    last_seen_on: date
    predicted_churn_date: date | None
    reasons: list[str]
    engagement_score: int


class EngagementView(TypedDict):
    """What a customer did."""

    customer_id: str
    sessions: int
    clicks: int
    conversions: int
    average_session_seconds: float | None
    last_session_at: datetime | None
    interests: Mapping[str, int]
    engagement_score: int
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
    """A page of customers, the likeliest to churn first."""

    customers: list[ChurnRiskView]
    next_cursor: str | None


class CampaignMetricsView(TypedDict):
    """Counts since a campaign began."""

    targeted: int
    sent: int
    opened: int
    clicked: int
    converted: int
    revenue: Decimal
    currency: str
    """Of the revenue; the deployment's where there is none."""


class CampaignView(TypedDict):
    """A retention campaign."""

    campaign_id: str
    name: str
    description: str
    status: str
    target_risk_level: str | None
    target_segment: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    metrics: CampaignMetricsView
    created_at: datetime
    updated_at: datetime


class CampaignSummaryView(TypedDict):
    """All campaigns together; of the revenue, what is in the deployment's currency."""

    campaigns_by_status: Mapping[str, int]
    metrics: CampaignMetricsView


class CampaignList(TypedDict):
    """Campaigns, newest first, and how all of them together do."""

    campaigns: list[CampaignView]
    summary: CampaignSummaryView


class CampaignPerformanceView(TypedDict):
    """A campaign's rates; None where the denominator is 0."""

    campaign_id: str
    metrics: CampaignMetricsView
    delivery_rate: float | None
    open_rate: float | None
    click_rate: float | None
    """clicked / sent: clicks are known even where opening is not."""
    conversion_rate: float | None


class RetentionChangeView(TypedDict):
    """How customers moved since the run before; more is above 0."""

    since: datetime
    """As of when that run was."""
    customers: int
    high_risk_customers: int
    value_at_risk: Decimal
    churn_risk_distribution: Mapping[str, int]
    segment_distribution: Mapping[str, int]


class RetentionAnalyticsView(TypedDict):
    """Where all customers stand."""

    customers: int
    churn_risk_distribution: Mapping[str, int]
    segment_distribution: Mapping[str, int]
    high_risk_customers: int
    average_churn_probability: float | None
    average_engagement_score: float | None
    value_at_risk: Decimal
    currency: str
    campaign_metrics: CampaignSummaryView
    change: RetentionChangeView | None
    """None for the first run."""
    run: RunView | None


class ModelReport(TypedDict):
    """The last runs side by side, latest first."""

    runs: list[RunReport]


@dataclass(frozen=True, slots=True)
class CampaignChange:
    """What shall be different about a campaign; None leaves it."""

    name: str | None = None
    description: str | None = None
    status: CampaignStatus | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    metrics: CampaignMetrics | None = None


class RetentionHandler:
    """Who is slipping away, why, and what is done about it."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        new_id: IdFactory,
        currency: Currency,
        tombstones: Tombstones = NO_TOMBSTONES,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._new_id = new_id
        self._currency = currency
        self._tombstones = tombstones

    def record_activity(self, items: Sequence[ActivityEvent | Rejected]) -> BatchReport:
        """Add a batch to the ledger; what became of each item, in order.

        An event from the future, or one that contradicts another with its id, is rejected alone.
        """
        latest = self._clock() + CLOCK_TOLERANCE

        def check(event: ActivityEvent) -> ActivityEvent | Rejected:
            if event.occurred_at <= latest:
                return event
            error = InvalidInputError.of("occurred_at", "in_the_future", "lies in the future")
            return Rejected(event.event_id, event.customer_id, error.violations)

        return record_batch(
            [item if isinstance(item, Rejected) else check(item) for item in items],
            identity=event_identity,
            record=self._record,
        )

    def _record(self, events: Sequence[ActivityEvent]) -> list[Recorded]:
        """Record events of known and new customers; those of one erased since are not kept."""

        def work(repositories: Repositories) -> list[Recorded]:
            outcomes, _ = record_about_customers(
                repositories,
                self._tombstones,
                events,
                identity=event_identity,
                contents=event_contents,
                at=lambda event: event.occurred_at,
                record=repositories.retention.record_activity,
            )
            return [Recorded(outcome) for outcome in outcomes]

        return self._storage.in_transaction(work)

    def get_retention_analytics(self) -> RetentionAnalyticsView:
        """Where all customers stand by the current run."""
        retention = self._storage.repositories.retention
        current = retention.get_current_scoring_run()
        found = (
            RetentionAnalytics.of_dict(current.run_id, current.summary)
            if current.summary
            else retention.get_retention_analytics()
        )
        run = run_view(current) if current.run_id != INITIAL_RUN else None
        at_risk = found.value_at_risk or Money(Decimal(0), run_currency(run, self._currency))
        return {
            "customers": found.customers,
            "churn_risk_distribution": found.by_risk_level,
            "segment_distribution": found.by_segment,
            "high_risk_customers": found.by_risk_level.get(RiskLevel.HIGH, 0),
            "average_churn_probability": found.average_churn_probability,
            "average_engagement_score": found.average_engagement_score,
            "value_at_risk": at_risk.rounded(),
            "currency": at_risk.currency,
            "campaign_metrics": self._summary_view(),
            "change": _change(found, self._run_before(current), at_risk.currency),
            "run": run,
        }

    def _run_before(self, current: ScoringRun) -> ScoringRun | None:
        """The run that the current one replaced, where it is known where customers stood by it."""
        runs = self._storage.repositories.retention.get_scoring_runs()
        superseded = (each for each in runs if each.state is RunState.SUPERSEDED and each.summary)
        return next((each for each in superseded if each.as_of < current.as_of), None)

    def get_retention_grid(self, question: GridQuestion = USUAL_GRID) -> GridView:
        """Cohorts, and how many of each came back when, as of the current run.

        What runs keep is answered at the same cost however long the ledgers are; other grids are
        counted from them, for cohorts of a year at most, as is one that the run of an earlier
        release did not keep. InvalidInputError where the question makes no sense.
        """
        run = self._storage.repositories.retention.get_current_scoring_run()
        cells = self._grid_cells(question, run)
        view = None if run.run_id == INITIAL_RUN else run_view(run)
        currency = run_currency(view, self._currency)
        rows = grid_rows(cells, question, run_day(run), currency)
        return {
            "period": question.period,
            "mode": question.mode,
            "origin": question.origin,
            "entry": question.entry,
            "windows": question.windows,
            "measure": question.measure,
            "currency": currency,
            "cohorts": rows,
            "average": grid_average(rows, question),
            "run": view,
        }

    def _grid_cells(self, question: GridQuestion, run: ScoringRun) -> Sequence[GridCell]:
        """Those that the run kept, where it did; otherwise counted as of it."""
        retention = self._storage.repositories.retention
        today = run_day(run)
        if question.is_kept:
            kept = retention.get_retention_grid(question.period, question.mode, question.origin)
            if kept:
                return question.kept(kept, today)
        request = question.request(today)
        if run.run_id == INITIAL_RUN:
            return []
        cells = retention.count_retention(request, run.as_of, run_zone(run))
        return [replace(each, revenue=None) for each in cells] if question.is_kept else cells

    def get_lifecycle(self, period: GridPeriod = GridPeriod.MONTH) -> LifecycleView:
        """Who came, stayed, came back and went, period by period, as of the current run."""
        retention = self._storage.repositories.retention
        run = retention.get_current_scoring_run()
        counts = retention.get_lifecycle_counts(period)
        return {
            "period": period,
            "periods": lifecycle_periods(counts, period, run_day(run)),
            "run": run_view(run) if run.run_id != INITIAL_RUN else None,
        }

    def get_churn_risks(
        self, *, risk: RiskLevel | None = None, limit: int = PAGE, cursor: str | None = None
    ) -> ChurnRiskList:
        """A page of customers, the likeliest to churn first."""
        after = after_probability(cursor)
        found = self._storage.repositories.retention.find_churn_predictions(
            risk=risk, limit=require_page(limit), after=after
        )
        return {
            "customers": [_risk_view(each) for each in found],
            "next_cursor": next_cursor(
                found, limit, lambda each: (repr(each.churn_probability), each.customer_id)
            ),
        }

    def analyze_user_retention(self, customer_id: str) -> CustomerRetention:
        """One customer's risk, engagement, value and history.

        NotFoundError where the current run has no prediction for them.
        """

        def work(repositories: Repositories) -> CustomerRetention:
            prediction = repositories.retention.get_churn_prediction(CustomerId(customer_id))
            customer = prediction.customer_id
            return {
                "customer_id": customer,
                "churn_risk": _risk_view(prediction),
                "engagement": engagement_or_none(repositories, customer),
                "value": value_or_none(repositories, customer),
                "history": _history(repositories, customer),
                "run": _run(repositories, prediction.run_id or INITIAL_RUN),
            }

        return self._storage.in_transaction(work)

    def get_retention_campaigns(self, status: CampaignStatus | None = None) -> CampaignList:
        """Campaigns, newest first."""
        campaigns = self._storage.repositories.retention.get_all_retention_campaigns(status=status)
        return {
            "campaigns": [self._campaign_view(each) for each in campaigns],
            "summary": self._summary_view(),
        }

    def get_retention_campaign(self, campaign_id: str) -> CampaignView:
        """A campaign; NotFoundError where there is none."""
        retention = self._storage.repositories.retention
        return self._campaign_view(retention.get_retention_campaign(CampaignId(campaign_id)))

    def get_campaign_performance(self, campaign_id: str) -> CampaignPerformanceView:
        """A campaign's rates; NotFoundError where there is none."""
        retention = self._storage.repositories.retention
        found = CampaignPerformance.of(retention.get_retention_campaign(CampaignId(campaign_id)))
        return {
            "campaign_id": found.campaign.campaign_id,
            "metrics": self._metrics_view(found.campaign.metrics),
            "delivery_rate": found.delivery_rate,
            "open_rate": found.open_rate,
            "click_rate": found.click_rate,
            "conversion_rate": found.conversion_rate,
        }

    def create_retention_campaign(
        self,
        name: str,
        *,
        description: str = "",
        target_risk_level: RiskLevel | None = None,
        target_segment: EngagementSegment | None = None,
        starts_at: datetime | None = None,
        ends_at: datetime | None = None,
    ) -> CampaignView:
        """Draft a campaign; InvalidInputError where it ends before it starts."""
        now = self._clock()
        campaign = RetentionCampaign(
            campaign_id=CampaignId(self._new_id()),
            name=name,
            created_at=now,
            updated_at=now,
            description=description,
            target_risk_level=target_risk_level,
            target_segment=target_segment,
            starts_at=starts_at,
            ends_at=ends_at,
        )
        _require_order(campaign)
        self._storage.repositories.retention.save_retention_campaign(campaign)
        return self._campaign_view(campaign)

    def update_retention_campaign(self, campaign_id: str, change: CampaignChange) -> CampaignView:
        """Change a campaign, in one transaction.

        NotFoundError; IllegalTransitionError; InvalidInputError where metrics contradict
        themselves or it would end before it starts.
        """
        now = self._clock()
        if change.metrics is not None:
            self._check_metrics(change.metrics)

        def work(repositories: Repositories) -> RetentionCampaign:
            retention = repositories.retention
            campaign = retention.lock_retention_campaign(CampaignId(campaign_id))
            wanted = change.status or campaign.status
            if wanted is not campaign.status and wanted not in CAMPAIGN_STEPS[campaign.status]:
                raise IllegalTransitionError(campaign.status, wanted)
            changed = replace(
                campaign,
                name=change.name or campaign.name,
                description=(
                    campaign.description if change.description is None else change.description
                ),
                status=wanted,
                starts_at=change.starts_at or campaign.starts_at,
                ends_at=change.ends_at or campaign.ends_at,
                metrics=change.metrics or campaign.metrics,
                updated_at=now,
            )
            _require_order(changed)
            retention.save_retention_campaign(changed)
            return changed

        return self._campaign_view(self._storage.in_transaction(work))

    def get_model_report(self, limit: int = 10) -> ModelReport:
        """The last runs with their models and backtests, latest first."""
        runs = self._storage.repositories.retention.get_scoring_runs(limit=require_page(limit))
        return {"runs": [run_report(each) for each in runs]}

    def _check_metrics(self, metrics: CampaignMetrics) -> None:
        revenue = metrics.revenue
        if revenue is not None and (violation := self._revenue_violation(revenue)) is not None:
            raise InvalidInputError([violation])
        if metrics.sent > metrics.targeted:
            raise InvalidInputError.of("metrics.sent", "more_than_targeted", "exceeds targeted")
        for name, count in (
            ("opened", metrics.opened),
            ("clicked", metrics.clicked),
            ("converted", metrics.converted),
        ):
            if count > metrics.sent:
                raise InvalidInputError.of(f"metrics.{name}", "more_than_sent", "exceeds sent")

    def _revenue_violation(self, revenue: Money) -> Violation | None:
        if revenue.currency != self._currency:
            return Violation("metrics.currency", "currency_mismatch", f"is not {self._currency}")
        if revenue.amount < 0:
            return Violation("metrics.revenue", "negative", "is negative")
        return amount_violation("metrics.revenue", revenue.amount)

    def _metrics_view(self, metrics: CampaignMetrics) -> CampaignMetricsView:
        revenue = metrics.revenue or Money(Decimal(0), self._currency)
        return {
            "targeted": metrics.targeted,
            "sent": metrics.sent,
            "opened": metrics.opened,
            "clicked": metrics.clicked,
            "converted": metrics.converted,
            "revenue": revenue.exact(),
            "currency": revenue.currency,
        }

    def _campaign_view(self, campaign: RetentionCampaign) -> CampaignView:
        return {
            "campaign_id": campaign.campaign_id,
            "name": campaign.name,
            "description": campaign.description,
            "status": campaign.status,
            "target_risk_level": campaign.target_risk_level,
            "target_segment": campaign.target_segment,
            "starts_at": campaign.starts_at,
            "ends_at": campaign.ends_at,
            "metrics": self._metrics_view(campaign.metrics),
            "created_at": campaign.created_at,
            "updated_at": campaign.updated_at,
        }

    def _summary_view(self) -> CampaignSummaryView:
        retention = self._storage.repositories.retention
        found = retention.get_campaign_performance_summary(currency=self._currency)
        metrics = CampaignMetrics(
            found.targeted,
            found.sent,
            found.opened,
            found.clicked,
            found.converted,
            found.revenue,
        )
        return {
            "campaigns_by_status": found.campaigns_by_status,
            "metrics": self._metrics_view(metrics),
        }


def _run(repositories: Repositories, run_id: RunId) -> RunView | None:
    if run_id == INITIAL_RUN:
        return None
    return run_view(repositories.retention.get_scoring_run(run_id))


def _require_order(campaign: RetentionCampaign) -> None:
    starts, ends = campaign.starts_at, campaign.ends_at
    if starts is not None and ends is not None and ends <= starts:
        raise InvalidInputError.of("ends_at", "range_reversed", "does not lie after the start")


def _risk_view(prediction: ChurnPrediction) -> ChurnRiskView:
    return {
        "customer_id": prediction.customer_id,
        "churn_probability": prediction.churn_probability,
        "probability_alive": prediction.probability_alive,
        "risk_level": prediction.risk_level,
        "risk_score": prediction.risk_score,
        "horizon_days": prediction.horizon_days,
        "last_seen_on": prediction.last_seen_on,
        "predicted_churn_date": prediction.predicted_churn_date,
        "reasons": list(prediction.reasons),
        "engagement_score": prediction.engagement_score,
    }


def _engagement_view(profile: UserEngagementProfile) -> EngagementView:
    return {
        "customer_id": profile.customer_id,
        "sessions": profile.sessions,
        "clicks": profile.clicks,
        "conversions": profile.conversions,
        "average_session_seconds": profile.average_session_seconds,
        "last_session_at": profile.last_session_at,
        "interests": profile.interests,
        "engagement_score": profile.engagement_score,
        "segment": profile.segment,
    }


def churn_risk_or_none(repositories: Repositories, customer_id: CustomerId) -> ChurnRiskView | None:
    """The current run's prediction, for people and programs outside; None where it has none."""
    try:
        return _risk_view(repositories.retention.get_churn_prediction(customer_id))
    except NotFoundError:
        return None


def engagement_or_none(
    repositories: Repositories, customer_id: CustomerId
) -> EngagementView | None:
    """The current run's profile, for people and programs outside; None where it has none."""
    try:
        return _engagement_view(repositories.retention.get_user_engagement_profile(customer_id))
    except NotFoundError:
        return None


def _change(
    now: RetentionAnalytics, earlier: ScoringRun | None, currency: Currency
) -> RetentionChangeView | None:
    if earlier is None:
        return None
    before = RetentionAnalytics.of_dict(earlier.run_id, earlier.summary)

    def moved(here: Mapping[str, int], there: Mapping[str, int]) -> dict[str, int]:
        return {name: here.get(name, 0) - there.get(name, 0) for name in sorted({*here, *there})}

    nothing = Money(Decimal(0), currency)
    risks = moved(now.by_risk_level, before.by_risk_level)
    return {
        "since": earlier.as_of,
        "customers": now.customers - before.customers,
        "high_risk_customers": risks.get(RiskLevel.HIGH, 0),
        "value_at_risk": (
            (now.value_at_risk or nothing) - (before.value_at_risk or nothing)
        ).rounded(),
        "churn_risk_distribution": risks,
        "segment_distribution": moved(now.by_segment, before.by_segment),
    }


def value_or_none(repositories: Repositories, customer_id: CustomerId) -> CustomerValueView | None:
    """The current run's value, for people and programs outside; None where it has none."""
    try:
        return customer_value_view(repositories.ltv.get_customer_ltv(customer_id))
    except NotFoundError:  # somebody active who never bought has no value
        return None


def _history(repositories: Repositories, customer_id: CustomerId) -> list[HistoryEntry]:
    entries: list[HistoryEntry] = [
        {
            "at": order.ordered_at,
            "kind": "order" if order.refund_of is None else "refund",
            "id": order.order_id,
            "amount": order.amount.exact(),
            "currency": order.amount.currency,
        }
        for order in repositories.ltv.get_orders(customer_id, newest=HISTORY_SHOWN)
    ]
    entries.extend(
        {"at": event.occurred_at, "kind": event.name or event.kind, "id": event.event_id}
        for event in repositories.retention.get_activity(customer_id, limit=HISTORY_SHOWN)
    )
    entries.sort(key=lambda entry: (entry["at"], entry["id"]), reverse=True)
    return entries[:HISTORY_SHOWN]
