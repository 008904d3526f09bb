"""Tables in memory: rows are frozen entities, and a transaction that fails leaves no trace."""

import copy
import dataclasses
import functools
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Concatenate, Protocol

from succotash.domain.campaigns.campaigns import RetentionCampaign
from succotash.domain.campaigns.members import CampaignMember
from succotash.domain.campaigns.outcomes import MemberOutcome, OutcomeKind
from succotash.domain.campaigns.readings import LookReading
from succotash.domain.consents.consents import Consent, Suppression
from succotash.domain.forms.forms import DEFAULT_FORM, Form, RuleKind, ValidationRule
from succotash.domain.forms.submissions import FormSubmission
from succotash.domain.leads.leads import Lead, LeadScore, LeadStatus, StatusChange
from succotash.domain.leads.scoring import DEFAULT_SCORING, ScoringRules
from succotash.domain.messages.delivery import DeliveryResult, PendingDelivery
from succotash.domain.messages.outbox import OutboxMessage
from succotash.domain.messages.quarantine import QuarantineDigest
from succotash.domain.retention.grids import CohortAnchor
from succotash.domain.retention.labels import Labelled
from succotash.domain.retention.lifecycle import LifecycleCounts
from succotash.domain.retention.receipts import ForecastReceipt, Tally
from succotash.domain.retention.retention import (
    INITIAL_RUN,
    ChurnPrediction,
    GridCell,
    GridMode,
    GridPeriod,
    RunState,
    ScoringRun,
    UserEngagementProfile,
)
from succotash.domain.scoring.progress import RunProgress
from succotash.domain.shops.orders import ShopOrderState
from succotash.domain.value.ledgers import ActivityEvent, Customer, Order
from succotash.domain.value.ltv import DEFAULT_SEGMENTS, Cohort, CustomerLTV, LTVSegment
from succotash.domain.value.order_import import OrderImport, RejectedLine, WarnedLine
from succotash.domain.values import (
    CampaignId,
    CohortId,
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
from succotash.infrastructure.in_memory.table import Table, Undo

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_DEFAULT_RULES = tuple(
    ValidationRule(
        RuleId(f"{DEFAULT_FORM}.email.{kind}"), DEFAULT_FORM, "email", kind, position=position
    )
    for position, kind in enumerate((RuleKind.REQUIRED, RuleKind.EMAIL))
)


@dataclass(frozen=True, slots=True)
class IdempotencyRow:
    """A claimed key, and what it is answered with once that is known."""

    scope: str
    key: str
    body_digest: str
    expires_at: datetime
    answer: dict[str, Json] | None = None
    submission_id: SubmissionId | None = None


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A job that was handed over, and its outcome."""

    pending: PendingDelivery
    result: DeliveryResult | None = None
    """None while it is out."""
    reason: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A message, and how far its delivery has come."""

    message: OutboxMessage
    due_at: datetime
    attempts: int = 0
    delivered_to: frozenset[str] = frozenset()
    delivered_at: datetime | None = None
    set_aside_at: datetime | None = None
    last_error: str | None = None
    deliveries: Mapping[str, DeliveryRow] = field(default_factory=dict)
    """The latest of each channel."""


@dataclass(frozen=True, slots=True)
class RollupGroup:
    """The properties that customers of a run share where they count together."""

    first_purchase_day: date
    segment_id: SegmentId
    source: str
    campaign: str | None


@dataclass(frozen=True, slots=True)
class RollupTotals:
    """Customers and money (ten-thousandths) of one group."""

    customers: int
    revenue: int
    predicted_clv: int
    residual_value: int


def stored[T: DataclassInstance](row: T) -> T:
    """The row as every storage keeps it: instants in UTC, and no mapping the caller can change."""
    changes: dict[str, object] = {}
    for each in dataclasses.fields(row):
        value = getattr(row, each.name)
        if isinstance(value, datetime) and value.tzinfo is not UTC:
            changes[each.name] = value.astimezone(UTC)
        elif isinstance(value, Mapping):
            changes[each.name] = copy.deepcopy(dict(value))
    return dataclasses.replace(row, **changes) if changes else row


class Tables:
    """All tables of a storage in memory, and the one transaction that may be open on it.

    A transaction holds the lock until it ends, so transactions are serial. It logs how to reverse
    each change, so it costs what it changes, however large the ledgers have grown.
    """

    def __init__(self) -> None:  # noqa: PLR0915 - a line a table
        self._lock = threading.RLock()
        self._log: list[Undo] = []
        self._depth = 0

        self.forms = Table[FormId, Form]("form", self._log)
        self.rules = Table[RuleId, ValidationRule]("validation rule", self._log)
        self.rules_by_form = self.rules.index(lambda rule: rule.form_id)
        self.digests = Table[FormId, QuarantineDigest]("digest", self._log)
        self.submissions = Table[SubmissionId, FormSubmission]("submission", self._log)
        self.submissions_by_form = self.submissions.index(lambda each: each.form_id)
        self.submissions_by_email = self.submissions.index(lambda each: each.canonical_email)
        self.submissions_by_lead = self.submissions.index(lambda each: each.lead_id)
        self.submissions_by_original = self.submissions.index(lambda each: each.duplicate_of)
        self.submissions_by_fingerprint = self.submissions.index(
            lambda each: (each.form_id, each.fingerprint)
        )
        self.submissions_by_address = self.submissions.index(lambda each: each.ip_address)
        self.submissions_by_text = self.submissions.index(lambda each: each.text_digest)
        self.leads = Table[LeadId, Lead]("lead", self._log)
        self.leads_by_email = self.leads.index(lambda lead: lead.canonical_email)
        self.status_changes = Table[LeadId, tuple[StatusChange, ...]]("lead", self._log)
        self.scores = Table[LeadId, LeadScore]("lead score", self._log)
        self.scoring_rules = Table[int, ScoringRules]("table of scoring rules", self._log)
        self.erasures = Table[str, datetime]("tombstone", self._log)
        self.consents = Table[str, Consent]("consent", self._log)
        self.consents_by_email = self.consents.index(lambda each: each.canonical_email)
        self.suppressions = Table[tuple[str, str], Suppression]("suppression", self._log)
        self.idempotency = Table[tuple[str, str], IdempotencyRow]("key", self._log)
        self.idempotency_by_submission = self.idempotency.index(lambda each: each.submission_id)

        self.outbox = Table[MessageId, OutboxRow]("message", self._log)
        self.mails = Table[str, tuple[datetime, ...]]("recipient", self._log)
        self.outbox_by_subject = self.outbox.index(lambda row: row.message.subject_id)

        self.customers = Table[CustomerId, Customer]("customer", self._log)
        self.customers_by_email = self.customers.index(lambda each: each.canonical_email)
        self.customers_by_lead = self.customers.index(lambda each: each.lead_id)
        self.aliases = Table[CustomerId, CustomerId]("alias", self._log)
        self.aliases_by_customer = self.aliases.index(lambda customer_id: customer_id)
        self.orders = Table[tuple[CustomerId, OrderId], Order]("order", self._log)
        self.shop_orders = Table[OrderId, ShopOrderState]("order", self._log)
        self.shop_orders_by_number = self.shop_orders.index(lambda each: (each.system, each.number))
        self.orders_by_customer = self.orders.index(lambda order: order.customer_id)
        self.orders_by_id = self.orders.index(lambda order: order.order_id)
        self.events = Table[tuple[CustomerId, EventId], ActivityEvent]("event", self._log)
        self.events_by_customer = self.events.index(lambda event: event.customer_id)

        self.imports = Table[str, OrderImport]("import", self._log)
        self.rejected_lines = Table[str, tuple[RejectedLine, ...]]("import", self._log)
        self.warned_lines = Table[str, tuple[WarnedLine, ...]]("import", self._log)

        self.runs = Table[RunId, ScoringRun]("scoring run", self._log)
        self.run_progress = Table[RunId, RunProgress]("scoring run", self._log)
        self.scored_shards = Table[RunId, Mapping[int, int]]("scoring run", self._log)
        self.shard_warnings = Table[RunId, Mapping[int, Mapping[str, Json]]](
            "scoring run", self._log
        )
        self.runs_by_state = self.runs.index(lambda run: run.state)
        self.values = Table[tuple[RunId, CustomerId], CustomerLTV]("customer", self._log)
        self.values_by_run = self.values.index(lambda value: value.run_id)
        self.cohorts = Table[tuple[RunId, CohortId], Cohort]("cohort", self._log)
        self.cohorts_by_run = self.cohorts.index(lambda cohort: cohort.run_id)
        self.rollups = Table[RunId, Mapping[RollupGroup, RollupTotals]]("rollup", self._log)
        self.segments = Table[SegmentId, LTVSegment]("segment", self._log)
        self.segment_bounds = Table[RunId, Mapping[SegmentId, Money]]("segment", self._log)
        self.predictions = Table[tuple[RunId, CustomerId], ChurnPrediction](
            "churn prediction", self._log
        )
        self.predictions_by_run = self.predictions.index(lambda prediction: prediction.run_id)
        self.predictions_by_customer = self.predictions.index(lambda each: each.customer_id)
        self.profiles = Table[tuple[RunId, CustomerId], UserEngagementProfile](
            "engagement profile", self._log
        )
        self.profiles_by_run = self.profiles.index(lambda profile: profile.run_id)
        self.profiles_by_customer = self.profiles.index(lambda profile: profile.customer_id)
        self.grids = Table[
            RunId, Mapping[CohortAnchor, Mapping[tuple[GridPeriod, GridMode], Sequence[GridCell]]]
        ]("grid", self._log)
        self.lifecycle = Table[RunId, Mapping[int, Mapping[GridPeriod, list[LifecycleCounts]]]](
            "lifecycle", self._log
        )
        self.receipts = Table[RunId, ForecastReceipt]("receipt", self._log)
        self.forecasts = Table[RunId, Mapping[int, Sequence[Tally]]]("receipt", self._log)
        self.outcomes = Table[tuple[RunId, int], Mapping[int, Sequence[Tally]]](
            "receipt", self._log
        )
        self.graded = Table[RunId, Mapping[int, datetime | None]]("receipt", self._log)
        self.campaigns = Table[CampaignId, RetentionCampaign]("campaign", self._log)
        self.members = Table[tuple[CampaignId, str], CampaignMember]("member", self._log)
        self.members_by_campaign = self.members.index(lambda each: each.campaign_id)
        self.members_by_email = self.members.index(lambda each: each.canonical_email)
        self.members_by_customer = self.members.index(lambda each: each.customer_id)
        self.member_outcomes = Table[tuple[CampaignId, str, OutcomeKind], MemberOutcome](
            "member outcome", self._log
        )
        self.member_outcomes_by_message = self.member_outcomes.index(
            lambda each: (each.campaign_id, each.message_id)
        )
        self.readings = Table[tuple[CampaignId, int], LookReading]("reading", self._log)

        with self.transaction():
            self._seed()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; within an open transaction of the same thread, a part that is."""
        with self._lock:
            start = len(self._log)
            self._depth += 1
            try:
                yield
            except BaseException:
                while len(self._log) > start:
                    self._log.pop()()
                raise
            finally:
                self._depth -= 1
                if not self._depth:
                    self._log.clear()

    def current_run(self) -> RunId:
        """The run readers see."""
        [run] = self.runs_by_state[RunState.CURRENT]
        return run.run_id

    def labelled[T](self, found: T) -> Labelled[T]:
        """A result, with the run that readers see."""
        return Labelled(self.runs[self.current_run()].label, found)

    def newest_scoring_rules(self) -> ScoringRules:
        """The table by which leads are scored."""
        return max(self.scoring_rules.values(), key=lambda table: table.version)

    def run_named(self, run_id: RunId | None) -> RunId:
        """The current run where none is named; NotFoundError where the one named is not there."""
        return self.current_run() if run_id is None else self.runs[run_id].run_id

    def delete_run_rows(self, run_id: RunId) -> None:
        """Delete everything the run kept; the run itself stays."""
        self.values.discard(list(self.values_by_run.keys(run_id)))
        self.cohorts.discard(list(self.cohorts_by_run.keys(run_id)))
        self.predictions.discard(list(self.predictions_by_run.keys(run_id)))
        self.profiles.discard(list(self.profiles_by_run.keys(run_id)))
        self.rollups.discard([run_id])
        self.segment_bounds.discard([run_id])
        self.grids.discard([run_id])
        self.lifecycle.discard([run_id])

    def see_customer(self, customer_id: CustomerId, at: datetime, email: str | None) -> None:
        """Add the customer where it is new; else note what was not known or is earlier."""
        known = self.customers.get(customer_id) or Customer(customer_id, at)
        seen = dataclasses.replace(known, first_seen_at=min(at, known.first_seen_at))
        if email is not None and known.canonical_email in {None, email}:
            lead_id = next((lead.lead_id for lead in self.leads_by_email[email]), None)
            seen = dataclasses.replace(
                seen, canonical_email=email, lead_id=known.lead_id or lead_id
            )
        if seen != self.customers.get(customer_id):
            self.customers[customer_id] = seen

    def lead_with(self, canonical_email: str) -> Lead | None:
        """The lead with this canonical e-mail, or None."""
        return next(iter(self.leads_by_email[canonical_email]), None)

    def note_status(self, lead_id: LeadId, status: LeadStatus, at: datetime) -> None:
        """Enter a status into the lead's history."""
        history = self.status_changes.get(lead_id) or ()
        self.status_changes[lead_id] = (*history, stored(StatusChange(status, at)))

    def tie_customers(self, lead: Lead) -> None:
        """Tie customers with the lead's e-mail to it, where they have no lead."""
        for customer in list(self.customers_by_email[lead.canonical_email]):
            if customer.lead_id is None:
                tied = dataclasses.replace(customer, lead_id=lead.lead_id)
                self.customers[customer.customer_id] = tied

    def forget_submissions(self, submission_ids: Collection[SubmissionId]) -> int:
        """Delete submissions and what was remembered for them; how many answers that was."""
        answers = 0
        for submission_id in submission_ids:
            for copied in list(self.submissions_by_original[submission_id]):
                self.submissions[copied.submission_id] = dataclasses.replace(
                    copied, duplicate_of=None
                )
            answers += self.idempotency.discard(
                list(self.idempotency_by_submission.keys(submission_id))
            )
        self.submissions.discard(submission_ids)
        return answers

    def meant(self, customer_id: CustomerId) -> CustomerId:
        """The customer that a shop means by an id: whose alias it is, or else whose id."""
        return self.aliases.get(customer_id) or customer_id

    def _seed(self) -> None:
        self.forms[DEFAULT_FORM] = Form(DEFAULT_FORM, "Default")
        for rule in _DEFAULT_RULES:
            self.rules[rule.rule_id] = rule
        self.scoring_rules[DEFAULT_SCORING.version] = DEFAULT_SCORING
        for segment in DEFAULT_SEGMENTS:
            self.segments[segment.segment_id] = segment
        self.runs[INITIAL_RUN] = ScoringRun(
            INITIAL_RUN, datetime(1970, 1, 1, tzinfo=UTC), RunState.CURRENT, {}, {}, {}
        )


class OnTables(Protocol):
    """A repository that works on tables."""

    @property
    def tables(self) -> Tables:
        """The tables."""


def atomic[R: OnTables, **P, T](
    method: Callable[Concatenate[R, P], T],
) -> Callable[Concatenate[R, P], T]:
    """Make a repository's method a transaction of its own, or a part of the open one."""

    @functools.wraps(method)
    def within_transaction(repository: R, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with repository.tables.transaction():
            return method(repository, *args, **kwargs)

    return within_transaction
