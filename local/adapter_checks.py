"""What each port method must do on a real database: one check per method, of the same name.

The checks of a port run from first to last in one transaction, and build on each other. Whatever
is in the database already stays out of their way: their ids begin with a mark of their own.
"""

# ruff: noqa: D102 - a check is named after the port's method, whose docstring says what it does

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from succotash.domain.forms.forms import Form, RuleKind, ValidationRule
from succotash.domain.forms.submissions import FormSubmission, IdempotentRequest
from succotash.domain.intake.submissions import (
    IdempotencyRecord,
    IntakeQuery,
    LeadUpsert,
    StoredResponse,
    SubmissionOutcome,
)
from succotash.domain.leads.leads import Lead, LeadQuery, LeadScore, LeadStatus, ScorePoint
from succotash.domain.messages.quarantine import QuarantineDigest
from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.grids import GridRequest
from succotash.domain.retention.retention import (
    CampaignMetrics,
    CampaignStatus,
    ChurnPrediction,
    ChurnPredictions,
    EngagementProfiles,
    EngagementSegment,
    GridMode,
    GridPeriod,
    RetentionCampaign,
    RiskLevel,
    RunState,
    ScoringRun,
    UserEngagementProfile,
)
from succotash.domain.value.ledgers import ActivityEvent, ActivityKind, Order, RecordOutcome
from succotash.domain.value.ltv import Cohort, CohortPeriod, CustomerLTV, CustomerValues, LTVSegment
from succotash.domain.value.order_import import (
    START,
    OrderImport,
    Position,
    RejectedLine,
    WarnedLine,
)
from succotash.domain.value.orders import OrderColumns
from succotash.domain.value.refunds import RefundTotals, RefundWarning
from succotash.domain.values import (
    SHARDS,
    CampaignId,
    CohortId,
    Currency,
    CustomerId,
    EventId,
    FormId,
    LeadId,
    Money,
    OrderId,
    RuleId,
    RunId,
    SegmentId,
    Shard,
    SubmissionId,
)
from succotash.errors import NotFoundError, Violation

USD = Currency("USD")
LONG_AGO = datetime(1997, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
"""Before the purchases of any real shop, so that checks read few of them."""
DAY = timedelta(days=1)
SECONDS = 90.5
KEEP_ALL = 1_000_000
"""So many finished runs keep their rows: nothing of the user's is deleted, even for a moment."""


class CheckFailedError(Exception):
    """A method gave something else than it was given."""


def expect(*, that: bool) -> None:
    """CheckFailedError unless it is so."""
    if not that:
        raise CheckFailedError("it gave something else than was expected")


def expect_missing(call: Callable[[], object]) -> None:
    """CheckFailedError unless the call raises NotFoundError."""
    try:
        call()
    except NotFoundError:
        return
    raise CheckFailedError("it found what is not there")


class FormChecks:
    """Checks of FormRepository."""

    def __init__(self, repositories: Repositories, mark: str) -> None:
        self._forms = repositories.forms
        self._form = Form(FormId(f"{mark}form"), "Überprüfung", duplicate_window=DAY)
        self._rule = ValidationRule(
            RuleId(f"{mark}rule"), self._form.form_id, "email", RuleKind.REQUIRED
        )
        self._lead = Lead(
            LeadId(f"{mark}lead"),
            f"{mark}@EXAMPLE.com",
            f"{mark}@example.com",
            LONG_AGO,
            LONG_AGO,
            answers={"größe": 1, "list": [None, "null"]},
            source=f"{mark}source",
        )
        self._submission = FormSubmission(
            SubmissionId(f"{mark}submission"),
            self._form.form_id,
            {"email": self._lead.email},
            LONG_AGO,
            f"{mark}fingerprint",
            canonical_email=self._lead.canonical_email,
            lead_id=self._lead.lead_id,
            ip_address="2001:db8::5",
        )
        points = (ScorePoint("fit", "company", 90, "works at a company"),)
        self._score = LeadScore(self._lead.lead_id, points, "A", is_hot=True, scored_at=LONG_AGO)
        self._request = IdempotentRequest(f"{mark}scope", "key", "digest")

    def save_form(self) -> None:
        self._forms.save_form(self._form, [])
        expect_missing(lambda: self._forms.get_form(FormId(f"{self._form.form_id}?")))

    def get_form(self) -> None:
        expect(that=self._forms.get_form(self._form.form_id) == self._form)

    def get_all_forms(self) -> None:
        expect(that=self._form in self._forms.get_all_forms())

    def save_validation_rule(self) -> None:
        self._forms.save_validation_rule(self._rule)

    def get_validation_rules(self) -> None:
        expect(that=self._forms.get_validation_rules(self._form.form_id) == [self._rule])

    def save_lead(self) -> None:
        expect(that=self._forms.save_lead(self._lead) == self._lead)

    def get_lead(self) -> None:
        expect(that=self._forms.get_lead(self._lead.lead_id) == self._lead)

    def get_lead_by_email(self) -> None:
        expect(that=self._forms.get_lead_by_email(self._lead.canonical_email) == self._lead)

    def check_duplicate_submission(self) -> None:
        found = self._forms.check_duplicate_submission(
            self._form.form_id, self._submission.fingerprint, LONG_AGO
        )
        expect(that=found is None)

    def save_form_submission(self) -> None:
        self._forms.save_form_submission(self._submission)

    def get_form_submission(self) -> None:
        found = self._forms.get_form_submission(self._submission.submission_id)
        expect(that=found == self._submission)

    def lock_form_submission(self) -> None:
        found = self._forms.lock_form_submission(self._submission.submission_id)
        expect(that=found == self._submission)

    def get_submissions_by_form(self) -> None:
        found = self._forms.get_submissions_by_form(self._form.form_id)
        expect(that=found == [self._submission])

    def get_submissions_by_ip(self) -> None:
        found = self._forms.get_submissions_by_ip("2001:DB8:0:0::5", LONG_AGO)
        expect(that=self._submission in found)

    def save_lead_score(self) -> None:
        self._forms.save_lead_score(self._score)

    def get_lead_score(self) -> None:
        expect(that=self._forms.get_lead_score(self._lead.lead_id) == self._score)

    def find_leads(self) -> None:
        query = LeadQuery(LeadStatus.NEW, self._lead.source, min_score=90)
        found = self._forms.find_leads(query)
        expect(that=[(each.lead, each.score) for each in found] == [(self._lead, self._score)])

    def get_leads_by_status(self) -> None:
        found = self._forms.get_leads_by_status(LeadStatus.NEW, limit=5)
        expect(that=all(lead.status is LeadStatus.NEW for lead in found))

    def get_leads_by_source(self) -> None:
        expect(that=self._forms.get_leads_by_source(self._lead.source) == [self._lead])

    def get_hot_leads(self) -> None:
        found = self._forms.get_hot_leads()
        expect(that=all(each.score is not None and each.score.is_hot for each in found))

    def get_form_analytics(self) -> None:
        found = self._forms.get_form_analytics(form_id=self._form.form_id)
        expect(that=(found.total_submissions, found.accepted, found.hot_leads) == (1, 1, 1))

    def update_lead_status(self) -> None:
        moved = self._forms.update_lead_status(self._lead.lead_id, LeadStatus.QUALIFIED, LONG_AGO)
        expect(that=moved.status is LeadStatus.QUALIFIED)

    def get_lead_conversion_funnel(self) -> None:
        end = LONG_AGO + timedelta(microseconds=1)
        stages = self._forms.get_lead_conversion_funnel(start=LONG_AGO, end=end).stages
        expect(that=[stage.reached for stage in stages] == [1, 1, 1, 0, 0, 0])

    def load_intake_context(self) -> None:
        found = self._forms.load_intake_context(
            IntakeQuery(
                self._form.form_id,
                self._submission.fingerprint,
                LONG_AGO,
                (self._lead.canonical_email,),
                self._submission.ip_address,
                request=self._request,
            )
        )
        expect(that=(found.form, found.rules) == (self._form, (self._rule,)))
        expect(that=found.held is None)
        expect(that=found.original is not None and found.traffic.from_address == 1)
        expect(that=list(found.leads) == [self._lead.canonical_email])

    def save_outcome(self) -> None:
        lead = self._forms.get_lead(self._lead.lead_id)
        kept = LeadUpsert(lead, self._score, is_new=False)
        remembered = StoredResponse(self._request, {"is": [lead.lead_id]}, LONG_AGO + DAY)
        self._forms.save_outcome(SubmissionOutcome(self._submission, kept, remembered))
        expect(that=self._forms.get_lead(lead.lead_id) == lead)
        asked = IntakeQuery(
            self._form.form_id, self._submission.fingerprint, LONG_AGO, request=self._request
        )
        held = self._forms.load_intake_context(asked).held
        expect(that=held == IdempotencyRecord("digest", {"is": [lead.lead_id]}))

    def remove_expired_submissions(self) -> None:
        # Nobody's submission is older: nothing of the user's is deleted, even for a moment.
        removed = self._forms.remove_expired_submissions(LONG_AGO - DAY, limit=1)
        expect(that=removed == 0)

    def open_digests(self) -> None:
        # Nothing of the user's is older, so that no digest of theirs is begun.
        expect(that=self._forms.open_digests(LONG_AGO - DAY) == [])

    def get_quarantined(self) -> None:
        digest = QuarantineDigest(self._submission.form_id, None, LONG_AGO, 0)
        expect(that=self._forms.get_quarantined(digest, limit=5) == [])

    def find_person(self) -> None:
        person = self._forms.find_person(self._lead.canonical_email)
        expect(that=person.score == self._score and person.submissions == (self._submission,))
        expect(that=[each.status for each in person.status_changes] == ["new", "qualified"])

    def erase_person(self) -> None:
        gone = self._forms.erase_person(self._lead.canonical_email)
        expect(that=gone["leads"] == gone["form_submissions"] == gone["idempotency_keys"] == 1)
        expect_missing(lambda: self._forms.get_lead(self._lead.lead_id))


class RetentionChecks:
    """Checks of RetentionRepository; they leave their run the current one."""

    def __init__(self, repositories: Repositories, mark: str) -> None:
        self._retention = repositories.retention
        current = self._retention.get_current_scoring_run()
        self._run = ScoringRun(
            RunId(f"{mark}run"), current.as_of + DAY, RunState.RUNNING, {"zone": "UTC"}, {}, {}
        )
        self._customer = CustomerId(f"{mark}customer")
        self._event = ActivityEvent(
            self._customer,
            EventId(f"{mark}event"),
            LONG_AGO,
            ActivityKind.SESSION,
            duration_seconds=SECONDS,
            interests=("null", "a,b"),
        )
        self._campaign = RetentionCampaign(
            CampaignId(f"{mark}campaign"),
            "Win back",
            LONG_AGO,
            LONG_AGO,
            status=CampaignStatus.ACTIVE,
            target_risk_level=RiskLevel.HIGH,
            ends_at=LONG_AGO + DAY,
        )
        self._prediction = ChurnPrediction(
            self._customer,
            churn_probability=1.0,
            probability_alive=0.1,
            risk_level=RiskLevel.HIGH,
            risk_score=10,
            horizon_days=90,
            last_seen_on=LONG_AGO.date(),
            predicted_churn_date=None,
            reasons=("silent for 90 days\tor more",),
            engagement_score=3,
            run_id=self._run.run_id,
        )
        self._profile = UserEngagementProfile(
            self._customer,
            sessions=1,
            clicks=0,
            conversions=0,
            average_session_seconds=SECONDS,
            last_session_at=LONG_AGO,
            interests={"null": 1, "a,b": 1},
            engagement_score=100,
            segment=EngagementSegment.AT_RISK,
            run_id=self._run.run_id,
        )

    def record_activity(self) -> None:
        for outcome in (RecordOutcome.RECORDED, RecordOutcome.UNCHANGED):
            expect(that=self._retention.record_activity([self._event]) == [outcome])

    def get_activity(self) -> None:
        expect(that=self._retention.get_activity(self._customer) == [self._event])

    def activity_summaries(self) -> None:
        found = self._retention.activity_summaries(LONG_AGO, "Europe/Berlin")
        place = found.days.customer_ids.index(self._customer)
        expect(that=found.sessions[place] == 1 and found.session_seconds[place] == SECONDS)
        expect(that=found.interests[place] == {"null": 1, "a,b": 1})

    def open_scoring_run(self) -> None:
        self._retention.open_scoring_run(self._run)

    def get_scoring_run(self) -> None:
        expect(that=self._retention.get_scoring_run(self._run.run_id) == self._run)

    def save_churn_predictions(self) -> None:
        self._retention.save_churn_predictions(
            self._run.run_id,
            None,
            ChurnPredictions(
                horizon_days=90,
                customer_ids=[self._customer],
                churn_probability=[0.5],
                probability_alive=[0.5],
                risk_level=["low"],
                risk_score=[5],
                last_seen_on=["1997-01-02"],
                predicted_churn_date=["1997-05-01"],
                reasons=[["a\tb\\c\nd"]],
                engagement_score=[0],
            ),
        )

    def save_churn_prediction(self) -> None:
        self._retention.save_churn_prediction(self._prediction)

    def save_engagement_profiles(self) -> None:
        self._retention.save_engagement_profiles(
            self._run.run_id,
            None,
            EngagementProfiles(
                customer_ids=[self._customer],
                sessions=[0],
                clicks=[0],
                conversions=[0],
                average_session_seconds=[None],
                last_session_at=[None],
                interests=[{"\t": 1}],
                engagement_score=[0],
                segment=["churned"],
            ),
        )

    def save_user_engagement_profile(self) -> None:
        self._retention.save_user_engagement_profile(self._profile)

    def build_retention_grids(self) -> None:
        self._retention.build_retention_grids(self._run.run_id, LONG_AGO, "Europe/Berlin")

    def mark_shard_scored(self) -> None:
        self._retention.mark_shard_scored(self._run.run_id, Shard(0, SHARDS), 1)

    def get_shard_warnings(self) -> None:
        expect(that=self._retention.get_shard_warnings(self._run.run_id) == {0: {}})

    def get_scored_shards(self) -> None:
        expect(that=self._retention.get_scored_shards(self._run.run_id) == {0: 1})

    def merge_retention_grids(self) -> None:
        self._retention.merge_retention_grids(self._run.run_id, LONG_AGO, "Europe/Berlin")

    def build_lifecycle_counts(self) -> None:
        self._retention.build_lifecycle_counts(self._run.run_id, LONG_AGO, "Europe/Berlin")

    def finish_scoring_run(self) -> None:
        self._retention.finish_scoring_run(self._run.run_id, customers=1, keep=KEEP_ALL)

    def get_current_scoring_run(self) -> None:
        expect(that=self._retention.get_current_scoring_run().run_id == self._run.run_id)

    def get_scoring_runs(self) -> None:
        [latest] = self._retention.get_scoring_runs(limit=1)
        expect(that=latest.run_id == self._run.run_id and latest.state is RunState.CURRENT)

    def withhold_scoring_run(self) -> None:
        other = replace(
            self._run, run_id=RunId(f"{self._run.run_id} withheld"), as_of=self._run.as_of + DAY
        )
        self._retention.open_scoring_run(other)
        self._retention.withhold_scoring_run(other.run_id)
        found = self._retention.get_scoring_run(other.run_id)
        expect(that=found.state is RunState.WITHHELD)

    def get_retention_grid(self) -> None:
        cells = self._retention.get_retention_grid(GridPeriod.MONTH, GridMode.NDAY)
        expect(that=all(cell.active <= cell.cohort_size for cell in cells))

    def get_lifecycle_counts(self) -> None:
        counts = self._retention.get_lifecycle_counts(GridPeriod.MONTH)
        expect(that=all(each.arrived >= 0 for each in counts))

    def count_retention(self) -> None:
        request = GridRequest(LONG_AGO.date(), LONG_AGO.date())
        cells = self._retention.count_retention(request, LONG_AGO, "Europe/Berlin")
        expect(that=all(cell.active <= cell.cohort_size for cell in cells))

    def get_churn_prediction(self) -> None:
        expect(that=self._retention.get_churn_prediction(self._customer) == self._prediction)

    def get_high_risk_customers(self) -> None:
        expect(that=self._retention.get_high_risk_customers() == [self._prediction])

    def find_churn_predictions(self) -> None:
        behind = (1.0, self._customer)
        expect(that=self._retention.find_churn_predictions(after=behind) == [])

    def get_user_engagement_profile(self) -> None:
        expect(that=self._retention.get_user_engagement_profile(self._customer) == self._profile)

    def get_users_by_segment(self) -> None:
        found = self._retention.get_users_by_segment(EngagementSegment.AT_RISK)
        expect(that=found == [self._profile])

    def get_retention_analytics(self) -> None:
        found = self._retention.get_retention_analytics()
        expect(that=(found.by_risk_level, found.by_segment) == ({"high": 1}, {"at_risk": 1}))

    def save_retention_campaign(self) -> None:
        self._retention.save_retention_campaign(self._campaign)

    def get_retention_campaign(self) -> None:
        found = self._retention.get_retention_campaign(self._campaign.campaign_id)
        expect(that=found == self._campaign)

    def lock_retention_campaign(self) -> None:
        found = self._retention.lock_retention_campaign(self._campaign.campaign_id)
        expect(that=found == self._campaign)

    def get_all_retention_campaigns(self) -> None:
        found = self._retention.get_all_retention_campaigns(status=CampaignStatus.ACTIVE)
        expect(that=self._campaign in found)

    def get_active_retention_campaigns(self) -> None:
        expect(that=self._campaign in self._retention.get_active_retention_campaigns(LONG_AGO))
        over = self._retention.get_active_retention_campaigns(LONG_AGO + DAY)
        expect(that=self._campaign not in over)

    def update_campaign_metrics(self) -> None:
        campaign_id = self._campaign.campaign_id
        metrics = CampaignMetrics(9, 8, 7, 6, 5, Money(Decimal("0.0001"), USD))
        self._retention.update_campaign_metrics(campaign_id, metrics)
        expect(that=self._retention.get_retention_campaign(campaign_id).metrics == metrics)
        self._retention.update_campaign_metrics(campaign_id, CampaignMetrics(targeted=1))

    def get_campaign_performance_summary(self) -> None:
        summary = self._retention.get_campaign_performance_summary(currency=USD)
        expect(that=summary.targeted >= 1)

    def forget_activity(self) -> None:
        gone = self._retention.forget_activity([self._customer])
        expect(that=list(gone.values()) == [1, 1, 1])
        expect(that=self._retention.get_activity(self._customer) == [])


class LTVChecks:
    """Checks of LTVRepository, on the run that RetentionChecks made the current one."""

    def __init__(self, repositories: Repositories, mark: str) -> None:
        self._ltv = repositories.ltv
        self._run = repositories.retention.get_current_scoring_run().run_id
        self._customer = CustomerId(f"{mark}buyer")
        self._email = f"{mark}@example.com"
        self._order = Order(
            self._customer, OrderId("first"), LONG_AGO, Money(Decimal("12.3456"), USD)
        )
        self._import = OrderImport(f"{mark}import", Position(2**40, 2**33), rejected=1, warned=1)
        self._warned = WarnedLine(1, RefundWarning.OF_REFUND)
        self._rejected = RejectedLine(2**33, (Violation("amount", "amount", "is no amount"),))
        self._refund = Order(
            self._customer,
            OrderId("refund"),
            LONG_AGO + DAY,
            Money(Decimal("-2.3456"), USD),
            refund_of=self._order.order_id,
        )
        self._segment = LTVSegment(
            SegmentId(f"{mark}segment"), "Checked", lower_bound=Money(Decimal(1), USD)
        )
        self._value = CustomerLTV(
            self._customer,
            actual_clv=Money(Decimal(10), USD),
            residual_value=Money(Decimal("0.0001"), USD),
            average_order_value=Money(Decimal(10), USD),
            order_count=1,
            frequency=0,
            lifetime_months=0.1,
            probability_alive=1.0,
            expected_purchases_30=0.1,
            expected_purchases_90=0.2,
            expected_purchases_365=0.3,
            segment_id=self._segment.segment_id,
            cohort_id=CohortId("1997-01"),
            first_purchase_at=LONG_AGO,
            last_purchase_at=LONG_AGO,
            run_id=self._run,
        )

    def record_orders(self) -> None:
        named = Order(
            self._customer,
            self._order.order_id,
            LONG_AGO,
            self._order.amount,
            canonical_email=self._email,
        )
        batch = [named, self._refund]
        for outcome in (RecordOutcome.RECORDED, RecordOutcome.UNCHANGED):
            expect(that=self._ltv.record_orders(batch) == [outcome, outcome])

    def judge_refunds(self) -> None:
        asked = [(self._customer, OrderId(each)) for each in ("first", "refund", "none of any")]
        found = self._ltv.judge_refunds(asked)
        expect(that=found == [None, RefundWarning.OF_REFUND, None])

    def total_refunds(self) -> None:
        expect(that=self._ltv.total_refunds(LONG_AGO - DAY) == RefundTotals())

    def import_orders(self) -> None:
        columns = OrderColumns()
        columns.append(self._order)
        columns.append(self._refund)
        expect(that=self._ltv.import_orders(columns) == [RecordOutcome.UNCHANGED] * 2)

    def open_import(self) -> None:
        expect(that=self._ltv.open_import(self._import.import_id).position == START)

    def save_import(self) -> None:
        self._ltv.save_import(self._import, [self._rejected], [self._warned])
        expect(that=self._ltv.open_import(self._import.import_id) == self._import)

    def get_warned_lines(self) -> None:
        found = self._ltv.get_warned_lines(self._import.import_id)
        expect(that=found == [self._warned])

    def get_rejected_lines(self) -> None:
        found = self._ltv.get_rejected_lines(self._import.import_id)
        expect(that=found == [self._rejected])

    def finish_import(self) -> None:
        self._ltv.finish_import(self._import.import_id)
        expect(that=self._ltv.open_import(self._import.import_id).is_finished)

    def get_orders(self) -> None:
        expect(that=self._ltv.get_orders(self._customer) == [self._order, self._refund])

    def get_customer(self) -> None:
        found = self._ltv.get_customer(self._customer)
        expect(that=(found.first_seen_at, found.canonical_email) == (LONG_AGO, self._email))

    def get_customers_by_email(self) -> None:
        [found] = self._ltv.get_customers_by_email(self._email)
        expect(that=found.customer_id == self._customer)

    def purchase_histories(self) -> None:
        found = self._ltv.purchase_histories(LONG_AGO + DAY, "Europe/Berlin")
        place = found.days.customer_ids.index(self._customer)
        expect(that=(found.orders[place], found.revenue[place]) == (1, 100_000))

    def count_purchases_by_week(self) -> None:
        weeks = self._ltv.count_purchases_by_week(LONG_AGO, LONG_AGO, "Europe/Berlin")
        expect(that=len(weeks) == 1)

    def get_currencies(self) -> None:
        expect(that=USD in self._ltv.get_currencies(LONG_AGO + DAY))

    def save_ltv_segment(self) -> None:
        self._ltv.save_ltv_segment(self._segment)

    def save_segment_bounds(self) -> None:
        bounds = {self._segment.segment_id: Money(Decimal(2), USD)}
        self._ltv.save_segment_bounds(self._run, bounds)

    def save_customer_values(self) -> None:
        self._ltv.save_customer_values(
            self._run,
            USD,
            None,
            CustomerValues(
                customer_ids=[self._customer],
                actual_clv=[100_000],
                residual_value=[1],
                average_order_value=[100_000],
                order_count=[1],
                frequency=[0],
                lifetime_months=[0.5],
                probability_alive=[1.0],
                expected_purchases_30=[0.1],
                expected_purchases_90=[0.2],
                expected_purchases_365=[0.3],
                segment_ids=[self._segment.segment_id],
                cohort_ids=["1997-01"],
                first_purchase_at=[LONG_AGO.isoformat()],
                last_purchase_at=[LONG_AGO.isoformat()],
                residual_low=[0],
                residual_high=[2],
                residual_median=[1],
                probability_of_no_purchase=[0.1],
            ),
        )

    def save_customer_ltv(self) -> None:
        self._ltv.save_customer_ltv(self._value)

    def get_customer_ltv(self) -> None:
        expect(that=self._ltv.get_customer_ltv(self._customer) == self._value)

    def find_customers(self) -> None:
        expect(that=self._ltv.find_customers() == [self._value])
        behind = (self._value.predicted_clv, self._customer)
        expect(that=self._ltv.find_customers(after=behind) == [])

    def get_customers_by_segment(self) -> None:
        found = self._ltv.get_customers_by_segment(self._segment.segment_id)
        expect(that=found == [self._value])

    def get_customers_by_cohort(self) -> None:
        expect(that=self._ltv.get_customers_by_cohort(CohortId("1997-01")) == [self._value])

    def build_cohorts(self) -> None:
        shard = Shard(0, SHARDS)
        self._ltv.build_cohorts(self._run, LONG_AGO + DAY, "Europe/Berlin", shard=shard)

    def build_rollups(self) -> None:
        self._ltv.build_rollups(self._run, LONG_AGO + DAY, "Europe/Berlin")

    def get_cohort(self) -> None:
        found = self._ltv.get_cohort(CohortId("1997-01"))
        expect(that=found.revenue == Money(Decimal(10), USD))
        expect(that=found.periods == (CohortPeriod(0, 1, Decimal(10)),))

    def save_cohort(self) -> None:
        money = Money(Decimal("0.0001"), USD)
        cohort = Cohort(CohortId("1996-12"), date(1996, 12, 1), 1, money, money, run_id=self._run)
        self._ltv.save_cohort(cohort)
        expect(that=self._ltv.get_cohort(cohort.cohort_id) == cohort)

    def get_all_cohorts(self) -> None:
        found = [cohort.cohort_id for cohort in self._ltv.get_all_cohorts()]
        expect(that=found == ["1996-12", "1997-01"])

    def get_ltv_segment(self) -> None:
        result = self._ltv.get_ltv_segment(self._segment.segment_id).result
        expect(that=result is not None and result.total_value == self._value.predicted_clv)

    def get_all_ltv_segments(self) -> None:
        found = [segment.segment_id for segment in self._ltv.get_all_ltv_segments()]
        expect(that=self._segment.segment_id in found)

    def get_ltv_analytics(self) -> None:
        found = self._ltv.get_ltv_analytics(end=LONG_AGO.date())
        expect(that=(found.total.customers, found.total.revenue) == (1, Decimal(10)))


def leftovers(repositories: Repositories, mark: str) -> list[str]:
    """What the checks made that is still there, in words."""
    forms, ltv, retention = repositories.forms, repositories.ltv, repositories.retention
    made: dict[str, Callable[[], object]] = {
        "a form": lambda: forms.get_form(FormId(f"{mark}form")),
        "a lead": lambda: forms.get_lead(LeadId(f"{mark}lead")),
        "a submission": lambda: forms.get_form_submission(SubmissionId(f"{mark}submission")),
        "an active customer": lambda: ltv.get_customer(CustomerId(f"{mark}customer")),
        "a buyer": lambda: ltv.get_customer(CustomerId(f"{mark}buyer")),
        "a segment": lambda: ltv.get_ltv_segment(SegmentId(f"{mark}segment")),
        "a campaign": lambda: retention.get_retention_campaign(CampaignId(f"{mark}campaign")),
        "a scoring run": lambda: retention.get_scoring_run(RunId(f"{mark}run")),
    }
    return [name for name, get in made.items() if _is_found(get)]


def _is_found(get: Callable[[], object]) -> bool:
    try:
        get()
    except NotFoundError:
        return False
    return True
