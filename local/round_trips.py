"""A round trip through each port: what is saved is read back, and every method is called once.

Whatever is in the database already stays out of its way: ids begin with a mark of their own, and
instants lie before the purchases of any real shop, so that little is read or locked.
"""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

from local.expectations import DAY, LONG_AGO, expect
from local.member_round_trips import check_members
from local.receipt_round_trip import check_receipts
from local.run_round_trip import check_progress
from local.shop_round_trip import USD, ShopRoundTrip
from local.value_round_trip import check_totals
from succotash.domain.campaigns.campaigns import CampaignMetrics, CampaignStatus, RetentionCampaign
from succotash.domain.consents.consents import (
    MARKETING,
    Consent,
    ConsentOrigin,
    ConsentState,
    CurrentConsent,
    Suppression,
    SuppressionReason,
)
from succotash.domain.forms.forms import Form, RuleKind, ValidationRule
from succotash.domain.forms.submissions import FormSubmission, IdempotentRequest, SubmissionFilter
from succotash.domain.intake.submissions import (
    IntakeQuery,
    LeadUpsert,
    StoredResponse,
    SubmissionOutcome,
)
from succotash.domain.leads.leads import Lead, LeadQuery, LeadScore, LeadStatus, ScorePoint
from succotash.domain.messages.delivery import (
    DeliveryJob,
    DeliveryKind,
    DeliveryOutcome,
    DeliveryResult,
    PendingDelivery,
)
from succotash.domain.messages.outbox import Channel, MailNote, OutboxMessage, Settlement
from succotash.domain.messages.quarantine import QuarantineDigest
from succotash.domain.people.identities import Join
from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.customers import CustomerRecord
from succotash.domain.retention.grids import GridRequest
from succotash.domain.retention.labels import Labelled
from succotash.domain.retention.retention import (
    ChurnPrediction,
    ChurnPredictions,
    EngagementProfiles,
    EngagementSegment,
    GridMode,
    GridPeriod,
    RiskLevel,
    RunState,
    ScoringRun,
    UserEngagementProfile,
)
from succotash.domain.value.ledgers import ActivityEvent, ActivityKind, Order, RecordOutcome
from succotash.domain.value.ltv import Cohort, CustomerLTV, CustomerValues, LTVSegment
from succotash.domain.value.order_import import OrderImport, Position, RejectedLine, WarnedLine
from succotash.domain.value.orders import OrderColumns
from succotash.domain.value.refunds import RefundWarning
from succotash.domain.values import (
    SHARDS,
    CampaignId,
    CohortId,
    CustomerId,
    EventId,
    FormId,
    LeadId,
    MessageId,
    Money,
    OrderId,
    RuleId,
    RunId,
    SegmentId,
    Shard,
    SubmissionId,
)
from succotash.errors import Violation

ZONE = "Europe/Berlin"
SHARD = Shard(0, SHARDS)
KEEP_ALL = 1_000_000
"""So many finished runs keep their rows: nothing of the user's is deleted, even for a moment."""


class RoundTrip(ShopRoundTrip):
    """Round trips through the ports, with records that all carry one mark."""

    def __init__(self, repositories: Repositories, mark: str) -> None:
        super().__init__(repositories, mark)
        self._form = Form(FormId(f"{mark}form"), "Überprüfung", duplicate_window=DAY)
        email = f"{mark}@example.com"
        lead_id, answers, source = LeadId(f"{mark}lead"), {"größe": 1}, f"{mark}source"
        self._lead = Lead(lead_id, email, email, LONG_AGO, LONG_AGO, answers=answers, source=source)
        self._submission = FormSubmission(
            SubmissionId(f"{mark}submission"),
            self._form.form_id,
            {"email": email},
            LONG_AGO,
            f"{mark}fingerprint",
            canonical_email=email,
            lead_id=self._lead.lead_id,
            ip_address="2001:db8::5",
        )
        self._run = RunId(f"{mark}run")

    def retention(self) -> None:
        """Runs and their results; the run is the current one from here on."""
        to, run_id, customer = self._to.retention, self._run, self._customer
        as_of = to.get_current_scoring_run().as_of + DAY
        run = ScoringRun(run_id, as_of, RunState.RUNNING, {"zone": ZONE}, {}, {})
        event = ActivityEvent(customer, EventId("1"), LONG_AGO, ActivityKind.SESSION)
        expect(that=to.record_activity([event]) == [RecordOutcome.RECORDED])
        expect(that=to.get_activity(customer) == [event])
        expect(that=customer in to.activity_summaries(LONG_AGO, ZONE).days.customer_ids)
        to.open_scoring_run(run)
        expect(that=to.get_scoring_run(run_id) == run)
        to.save_churn_predictions(
            run_id, SHARD, ChurnPredictions(90, USD, *_no_columns(ChurnPredictions, 2))
        )
        to.save_engagement_profiles(
            run_id, SHARD, EngagementProfiles(*_no_columns(EngagementProfiles))
        )
        prediction = ChurnPrediction(
            customer,
            *(1.0, 0.1, RiskLevel.HIGH, 10, 90, LONG_AGO.date(), None, ("a\tb",), 3),
            likely_inactive_since=LONG_AGO.date(),
            return_probability=0.5,
            value_at_risk=Money(Decimal("1.5"), USD),
            run_id=run_id,
        )
        profile = UserEngagementProfile(
            customer, 1, 0, 0, 90.5, LONG_AGO, {"null": 1}, 100, EngagementSegment.AT_RISK, run_id
        )
        to.save_churn_prediction(prediction)
        to.save_user_engagement_profile(profile)
        to.finish_shard(run, SHARD, 1)
        expect(that=to.get_scored_shards(run_id) == {0: 1})
        expect(that=to.get_shard_warnings(run_id) == {0: {}})
        to.build_retention_grids(run_id, LONG_AGO, ZONE)
        to.build_lifecycle_counts(run_id, LONG_AGO, ZONE)
        to.finish_scoring_run(run_id, customers=1, keep=KEEP_ALL)
        expect(that=to.get_scoring_runs(limit=1)[0].state is RunState.CURRENT)
        other = replace(run, run_id=RunId(f"{run_id} withheld"), as_of=run.as_of + DAY)
        to.open_scoring_run(other)
        to.withhold_scoring_run(other.run_id)
        label = run.label
        expect(that=to.get_published_runs(limit=1) == [Labelled(label, {})])
        grid, lives = (GridPeriod.MONTH, GridMode.NDAY), GridPeriod.MONTH
        expect(that=to.find_retention_grid(*grid) == Labelled(label, to.get_retention_grid(*grid)))
        counts = to.get_lifecycle_counts(lives)
        expect(that=to.find_lifecycle_counts(lives) == Labelled(label, counts))
        expect(that=to.find_prediction(customer) == Labelled(label, prediction))
        expect(that=to.find_predictions() == Labelled(label, [prediction]))
        to.count_retention(GridRequest(LONG_AGO.date(), LONG_AGO.date()), LONG_AGO, ZONE)
        expect(that=to.get_churn_prediction(customer) == prediction)
        record = CustomerRecord(prediction, profile, None, (), (event,))
        expect(that=to.find_customer_record(customer, limit=1) == Labelled(label, record))
        expect(that=to.get_high_risk_customers() == to.find_churn_predictions() == [prediction])
        expect(that=to.get_user_engagement_profile(customer) == profile)
        expect(that=to.get_users_by_segment(EngagementSegment.AT_RISK) == [profile])
        expect(that=to.get_retention_analytics().by_risk_level == {"high": 1})
        expect(that=to.forget_activity([customer])["activity_events"] == 1)
        check_progress(to, run_id, customer)

    def receipts(self) -> None:
        """Forecast receipts, of a month before any shop's."""
        check_receipts(self._to.retention, self._run)

    def campaigns(self) -> None:
        """Retention campaigns."""
        to, campaign_id = self._to.retention, CampaignId(f"{self._mark}campaign")
        campaign = RetentionCampaign(
            campaign_id, "Win back", LONG_AGO, LONG_AGO, status=CampaignStatus.ACTIVE
        )
        metrics = CampaignMetrics(9, 8, 7, 6, 5, 4, 3, 2, 1, Money(Decimal("0.0001"), USD))
        to.save_retention_campaign(campaign)
        expect(that=to.lock_retention_campaign(campaign_id) == campaign)
        expect(that=campaign in to.get_all_retention_campaigns())
        expect(that=campaign in to.get_active_retention_campaigns(LONG_AGO))
        to.update_campaign_metrics(campaign_id, metrics)
        expect(that=to.get_retention_campaign(campaign_id).metrics == metrics)
        expect(that=to.get_campaign_performance_summary(currency=USD).metrics.sent > 0)

    def orders(self) -> None:
        """Orders, files of them, and what is counted of purchases."""
        to, import_id = self._to.ltv, f"{self._mark}import"
        order = Order(self._customer, OrderId("1"), LONG_AGO, Money(Decimal("12.3456"), USD))
        refund = replace(
            order, order_id=OrderId("2"), amount=Money(Decimal(-1), USD), refund_of=order.order_id
        )
        both = [replace(order, canonical_email=self._lead.email), refund]
        expect(that=to.record_orders(both) == [RecordOutcome.RECORDED] * 2)
        (columns := OrderColumns()).append(order)
        expect(that=to.import_orders(columns) == [RecordOutcome.UNCHANGED])
        expect(that=to.get_orders(self._customer) == [order, refund])
        asked = [(self._customer, refund.order_id)]
        expect(that=to.judge_refunds(asked) == [RefundWarning.OF_REFUND])
        to.total_refunds(LONG_AGO)
        expect(that=to.get_customer(self._customer).canonical_email == self._lead.email)
        expect(that=len(to.get_customers_by_email(self._lead.email)) == 1)
        expect(that=self._customer in to.purchase_histories(LONG_AGO, ZONE).days.customer_ids)
        expect(that=len(to.count_purchases_by_week(LONG_AGO, LONG_AGO, ZONE)) == 1)
        expect(that=USD in to.get_currencies(LONG_AGO))
        expect(that=to.find_import(import_id) is None)
        to.open_import(import_id)
        rejected = RejectedLine(2**33, (Violation("amount", "amount", "Invalid amount"),))
        warned = WarnedLine(1, RefundWarning.OF_REFUND)
        state = OrderImport(import_id, Position(2**40, 2**33), rejected=1, warned=1)
        to.save_import(state, [rejected], [warned])
        expect(that=to.get_rejected_lines(import_id) == [rejected])
        expect(that=to.get_warned_lines(import_id) == [warned])
        to.finish_import(import_id)
        expect(that=to.open_import(import_id).is_finished)

    def ltv(self) -> None:
        """Values, segments and cohorts, of the run that is the current one."""
        to, run_id, ten = self._to.ltv, self._run, Money(Decimal(10), USD)
        segment = LTVSegment(SegmentId(f"{self._mark}segment"), "Checked", lower_bound=ten)
        cohort_id = CohortId("1997-01")
        value = CustomerLTV(
            self._customer, ten, ten, ten, 1, 0, 0.1, 1.0, 0.1, 0.2, 0.3,
            segment.segment_id, cohort_id, LONG_AGO, LONG_AGO, run_id,
        )  # fmt: skip
        to.save_ltv_segment(segment)
        to.save_segment_bounds(run_id, {segment.segment_id: ten})
        to.save_customer_values(run_id, USD, SHARD, CustomerValues(*_no_columns(CustomerValues)))
        to.save_customer_ltv(value)
        expect(that=to.get_customer_ltv(self._customer) == value)
        expect(that=to.find_value(self._customer).found == value)
        expect(that=to.find_values().found == to.find_customers() == [value])
        expect(that=to.get_customers_by_segment(segment.segment_id) == [value])
        expect(that=to.get_customers_by_cohort(cohort_id) == [value])
        to.build_rollups(run_id, LONG_AGO, ZONE)
        cohort = Cohort(CohortId("1996-12"), date(1996, 12, 1), 1, ten, ten, run_id=run_id)
        to.save_cohort(cohort)
        expect(that=to.get_cohort(cohort.cohort_id) == cohort)
        expect(that=to.find_cohorts(cohort.cohort_id).found == [cohort])
        expect(that=cohort in to.get_all_cohorts())
        expect(that=to.get_ltv_segment(segment.segment_id).name == segment.name)
        segments = to.get_all_ltv_segments()
        expect(that=segment.segment_id in {each.segment_id for each in segments})
        expect(that=to.find_segments().found == segments)
        check_totals(to, run_id)

    def forms(self) -> None:
        """Forms, submissions and leads."""
        to, form_id, lead, sent = self._to.forms, self._form.form_id, self._lead, self._submission
        rule = ValidationRule(RuleId(f"{self._mark}rule"), form_id, "email", RuleKind.REQUIRED)
        points = (ScorePoint("fit", "company", 90, "works at a company"),)
        score = LeadScore(lead.lead_id, points, "A", is_hot=True, scored_at=LONG_AGO)
        request = IdempotentRequest(f"{self._mark}scope", "key", "digest")
        expect(that=to.add_form(self._form, []))
        to.save_form(self._form, [])
        to.save_validation_rule(rule)
        expect(that=to.get_form(form_id) == self._form and self._form in to.get_all_forms())
        expect(that=to.lock_form(form_id) == self._form)
        expect(that=to.get_validation_rules(form_id) == [rule])
        expect(that=to.save_lead(lead) == to.get_lead(lead.lead_id) == lead)
        expect(that=to.find_scored_leads(self._lead.canonical_email) != [])
        expect(that=to.get_lead_by_email(lead.email) == lead)
        expect(that=to.check_duplicate_submission(form_id, sent.fingerprint, LONG_AGO) is None)
        to.save_form_submission(sent)
        expect(that=to.get_form_submission(sent.submission_id) == sent)
        expect(that=to.lock_form_submission(sent.submission_id) == sent)
        expect(that=to.get_submissions_by_form(form_id) == [sent])
        expect(that=sent in to.get_submissions_by_ip("2001:db8::5", LONG_AGO))
        to.save_lead_score(score)
        expect(that=to.get_lead_score(lead.lead_id) == score)
        expect(that=[each.lead for each in to.find_leads(LeadQuery(source=lead.source))] == [lead])
        to.get_leads_by_status(LeadStatus.NEW, limit=5)
        expect(that=to.get_leads_by_source(lead.source) == [lead])
        to.get_hot_leads(limit=5)
        expect(that=to.get_form_analytics(form_id=form_id).total_submissions == 1)
        to.get_lead_conversion_funnel(start=LONG_AGO, end=LONG_AGO + DAY)
        stored = StoredResponse(request, {"is": 1}, LONG_AGO + DAY)
        to.save_outcome(SubmissionOutcome(sent, LeadUpsert(lead, score, is_new=False), stored))
        asked = IntakeQuery(form_id, sent.fingerprint, LONG_AGO, (lead.email,), request=request)
        expect(that=to.load_intake_context(asked).rules == (rule,))
        moved = to.update_lead_status(lead.lead_id, LeadStatus.QUALIFIED, LONG_AGO)
        expect(that=moved.status is LeadStatus.QUALIFIED)
        expect(that=to.find_person(lead.email).submissions == (sent,))
        expect(that=to.open_digests(LONG_AGO - DAY) == [])
        expect(that=to.end_challenges(LONG_AGO - DAY, limit=1) == [])
        expect(that=to.get_quarantined(QuarantineDigest(form_id, None, LONG_AGO, 0), limit=5) == [])
        to.remove_expired_submissions(LONG_AGO - DAY, limit=1)

    def leads(self) -> None:
        """Scoring of leads, and what is told about them."""
        to, lead, form_id = self._to.leads, self._lead, self._form.form_id
        rules = to.get_scoring_rules()
        to.add_scoring_rules(replace(rules, version=rules.version + 1))
        expect(that=to.get_scoring_rules().version == rules.version + 1)
        before, version = LeadId(self._mark), rules.version + 2
        expect(that=len(to.lock_leads_to_score(version, LONG_AGO, limit=1, after=before)) == 1)
        to.save_lead_scores([rules.score(lead, LONG_AGO)])
        expect(that=to.get_lead_history(lead.lead_id, limit=2).submissions == (self._submission,))
        [day] = to.get_daily_counts(LONG_AGO, LONG_AGO + DAY, ZONE, form_id=form_id)
        expect(that=day.submissions == 1)
        expect(that=len(to.get_leads_by_id(LeadQuery(source=lead.source), limit=2)) == 1)
        found = to.get_submissions_by_time(SubmissionFilter(form_id), limit=2)
        expect(that=found == [self._submission])
        expect(that=to.get_answer_names(form_id, limit=9) == ["email"])

    def outbox(self) -> None:
        """Messages, and the mails that are counted."""
        to, recipient = self._to.outbox, self._mark.encode().hex()
        message = OutboxMessage(
            MessageId(f"{self._mark}message"), "lead.created", LONG_AGO, self._lead.lead_id
        )
        ids = [message.message_id]
        to.append([message])
        [taken] = to.take(LONG_AGO, LONG_AGO + DAY, limit=1)
        expect(that=taken.message == message)
        expect(that=to.note_delivery(ids, Channel.BUS) == set(ids))
        to.withdraw_delivery(ids, Channel.BUS)
        mail = (message.message_id, Channel.OWNERS, recipient, LONG_AGO)
        expect(that=to.note_mail(*mail, limit=1) is MailNote.NOTED)
        expect(that=to.get_mails([recipient]) == [LONG_AGO])
        to.withdraw_mail(*mail)
        to.forget_recipients([recipient])
        to.forget_mails(LONG_AGO - DAY)
        bus = PendingDelivery("job", message.message_id, Channel.BUS, DeliveryKind.BUS, 1, LONG_AGO)
        to.hand_over([bus], LONG_AGO + DAY)
        job = DeliveryJob(bus.job_id, bus.message_id, bus.channel, bus.kind)
        [complete] = to.answer([DeliveryOutcome.of(job, DeliveryResult.DELIVERED)], LONG_AGO)
        expect(that=complete.taken.delivered_to == {Channel.BUS})
        to.settle([Settlement(taken, LONG_AGO, error="OSError")])
        expect(that=to.count_backlog().dead_lettered >= 1)
        to.forget_delivered(LONG_AGO - DAY, limit=1)
        expect(that=self._to.people.get_messages_about([message.subject_id]) == [message])
        expect(that=to.redrive(LONG_AGO) >= 1)
        expect(that=to.forget_subjects([message.subject_id]) == 1)

    def customers(self) -> None:
        """Aliases, and customers who turn out to be one."""
        to, alias = self._to.customers, CustomerId(f"{self._mark}alias")
        to.save_aliases({alias: self._customer})
        expect(that=to.get_aliases([self._customer]) == {self._customer: [alias]})
        known = to.find_known([alias], [self._lead.email], [])
        expect(that=known.accounts[alias].customer_id == self._customer)
        to.find_shared_emails(limit=1)
        to.find_left_over(targets=[self._customer])
        to.find_personal_ids(email=self._lead.email)
        to.join_customers([Join(alias, self._customer)])
        to.delete_results_of_nobody(self._run)

    def consents(self) -> None:
        """Consent, and an address that is not written to."""
        to, email, key = self._to.consents, self._lead.email, f"{self._mark}key"
        consent = Consent(
            f"{self._mark}consent",
            *(email, MARKETING, ConsentState.GRANTED, LONG_AGO, LONG_AGO, ConsentOrigin.FORM),
            "I agree.",
        )
        suppression = Suppression(key, MARKETING, SuppressionReason.DENIED, LONG_AGO)
        expect(that=to.record_consents([replace(consent, address_key=key)]) == 1)
        expect(that=to.get_consents(email) == [consent])
        current = CurrentConsent(email, MARKETING, ConsentState.GRANTED, LONG_AGO)
        expect(that=to.get_current_consents(email) == [current])
        expect(that=to.find_consenting_address(key) == email)
        check_members(self._to, CampaignId(f"{self._mark}campaign"), self._customer, email)
        to.suppress([suppression])
        expect(that=to.find_suppressions([key]) == [suppression])
        lifted = to.lift_suppressions([key], MARKETING, [suppression.reason], LONG_AGO + DAY)
        expect(that=(lifted, to.forget_consents(email)) == (1, 1))

    def people(self) -> None:
        """Records and erasure of a person."""
        to, email = self._to.people, self._lead.email
        tombstone = self._mark.encode().hex().rjust(64, "0")
        expect(that=[each.key for each in to.get_answered_requests(email)] == ["key"])
        expect(that=self._to.forms.erase_person(email)["leads"] == 1)
        to.bury([tombstone], LONG_AGO)
        expect(that=to.find_erased([tombstone]) == {tombstone: LONG_AGO})
        nobody = CustomerId(f"{self._mark}nobody")
        self._to.customers.anonymise_customers({self._customer: nobody}, "salt")
        expect(that=self._to.ltv.get_orders(self._customer) == [])


def _no_columns(columns: type, given: int = 0) -> Iterator[list[Any]]:
    """An empty column for each field behind those that are given."""
    return ([] for _ in fields(columns)[given:])
