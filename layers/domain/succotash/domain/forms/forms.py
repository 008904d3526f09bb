"""Forms, what people submit through them, and the leads they become."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from succotash.domain.intake.attribution import HONEYPOT
from succotash.domain.values import FormId, Json, LeadId, RuleId, SubmissionId
from succotash.errors import IllegalTransitionError

DEFAULT_FORM = FormId("default")
"""The form that exists in every storage from the start."""
QUARANTINE_KEPT = timedelta(days=90)
"""How long a form without a retention period keeps what is in quarantine."""
RESERVED_FORM_IDS = frozenset({"analytics"})
"""Words that stand in the place of a form id in an address."""


class FieldKind(StrEnum):
    """What a form asks for, and how a page shows it."""

    TEXT = "text"
    TEXTAREA = "textarea"
    EMAIL = "email"
    PHONE = "phone"
    NUMBER = "number"
    CHOICE = "choice"
    CHOICES = "choices"
    """Any number of them."""
    CHECKBOX = "checkbox"
    HIDDEN = "hidden"


class RuleKind(StrEnum):
    """How an answer is checked.

    REGEX: by `pattern`. LENGTH, RANGE: from `min` to `max`, either of which may be missing.
    CHOICE: one of `choices`. MATCHES: the same as the answer to `field`. Others have no parameters.
    """

    REQUIRED = "required"
    EMAIL = "email"
    PHONE = "phone"
    REGEX = "regex"
    LENGTH = "length"
    RANGE = "range"
    CHOICE = "choice"
    MATCHES = "matches"


class SubmissionState(StrEnum):
    """What became of a submission."""

    ACCEPTED = "accepted"
    QUARANTINED = "quarantined"
    DUPLICATE = "duplicate"
    UNCONFIRMED = "unconfirmed"
    """Its person has not followed the link yet that they were sent; no lead until then."""


class LeadStatus(StrEnum):
    """Where a lead stands in the funnel."""

    NEW = "new"
    CONTACTED = "contacted"
    QUALIFIED = "qualified"
    PROPOSAL = "proposal"
    NEGOTIATION = "negotiation"
    CLOSED_WON = "closed_won"
    CLOSED_LOST = "closed_lost"


FUNNEL = (
    LeadStatus.NEW,
    LeadStatus.CONTACTED,
    LeadStatus.QUALIFIED,
    LeadStatus.PROPOSAL,
    LeadStatus.NEGOTIATION,
    LeadStatus.CLOSED_WON,
)
"""The stages of the conversion funnel, in order; a lost lead counts where it got to."""


def require_legal_step(current: LeadStatus, wanted: LeadStatus) -> None:
    """Raise IllegalTransitionError unless `wanted` may follow `current`.

    An open lead moves forward (steps may be skipped) or is lost; a lost one may be taken up
    again as contacted; a won one stays won.
    """
    if current is LeadStatus.CLOSED_LOST:
        legal = wanted is LeadStatus.CONTACTED
    elif wanted is LeadStatus.CLOSED_LOST:
        legal = current is not LeadStatus.CLOSED_WON
    else:
        legal = FUNNEL.index(wanted) > FUNNEL.index(current)
    if not legal:
        raise IllegalTransitionError(current, wanted)


@dataclass(frozen=True, slots=True)
class FormField:
    """One question of a form."""

    name: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SpamSettings:
    """How a form tells people from robots. What fails is quarantined, and never refused."""

    honeypot: str = HONEYPOT
    """A field of the page that people do not see; empty for none."""
    minimum_seconds: int = 2
    """Between the page and its post, where a form token tells."""
    links_tolerated: int = 3
    """In all answers together."""
    per_address_hourly: int = 60
    """Submissions from one address, to any form; 0 for no limit."""
    per_form_hourly: int = 1000
    """Submissions to this form; 0 for no limit."""
    blocks_disposable: bool = True
    """Whether e-mail addresses to throw away are suspect."""
    requires_token: bool = False
    """Whether a form token must come along."""
    turnstile_secret_arn: str | None = None
    """The secret of Cloudflare Turnstile in Secrets Manager, where the page has its challenge."""

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """The settings that were kept; what another release has more or less is passed over."""
        known = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in document.items() if name in known})


@dataclass(frozen=True, slots=True)
class Form:
    """A form's definition. Without fields it takes any answers; with fields, only theirs."""

    form_id: FormId
    title: str
    fields: tuple[FormField, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    """Exact origins whose pages may post with JavaScript."""
    allowed_redirects: tuple[str, ...] = ()
    """Addresses a plain page may be sent to after posting; the first is the default."""
    duplicate_window: timedelta = timedelta(hours=24)
    region: str = "US"
    """ISO 3166 code by which phone numbers without a country code are read."""
    notify: tuple[str, ...] = ()
    """E-mail addresses of the form's owners, who are told of every accepted submission."""
    digest: bool = True
    """Whether they are told, once a day, of those in quarantine."""
    confirms: bool = False
    """Whether the person who wrote is told that it arrived."""
    double_opt_in: bool = False
    """Whether a submission waits until its person follows the link they are sent."""
    spam: SpamSettings = SpamSettings()
    retention: timedelta | None = None
    """How long submissions are kept; None keeps them, but for those in quarantine."""
    consent_text: str = ""
    """What a person has to agree to before a submission is taken; empty asks for nothing."""
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ValidationRule:
    """One check of one field of one form. Rules apply by position, then id."""

    rule_id: RuleId
    form_id: FormId
    field_name: str
    kind: RuleKind
    parameters: Mapping[str, Json] = field(default_factory=dict)
    message: str = ""
    """Shown instead of the standard sentence when not empty."""
    position: int = 0


@dataclass(frozen=True, slots=True)
class FormSubmission:
    """What somebody sent through a form, as it was sent, and what became of it."""

    submission_id: SubmissionId
    form_id: FormId
    answers: Mapping[str, Json]
    submitted_at: datetime
    fingerprint: str
    """Equal for submissions with equal canonical answers; hexadecimal."""
    attribution: Mapping[str, str] = field(default_factory=dict)
    """utm_*, referrer, campaign_id, click_id: kept apart from the person's answers."""
    source: str = "direct"
    canonical_email: str | None = None
    lead_id: LeadId | None = None
    ip_address: str | None = None
    user_agent: str | None = None
    state: SubmissionState = SubmissionState.ACCEPTED
    duplicate_of: SubmissionId | None = None
    spam_reasons: tuple[str, ...] = ()
    text_digest: str | None = None
    """Equal for submissions with the same long text; None without one."""
    consent: str | None = None
    """The text its person agreed to; None where the form asked for nothing, or where it got another
    text while the submission waited for the storage."""
    waited_until: datetime | None = None
    """When it was stored, where it waited for the storage; None where it did not wait."""

    @property
    def is_duplicate(self) -> bool:
        """Whether the same answers had been sent before, within the form's window."""
        return self.state is SubmissionState.DUPLICATE


@dataclass(frozen=True, slots=True)
class Lead:
    """A person who may become a customer: one per canonical e-mail."""

    lead_id: LeadId
    email: str
    """As it was typed."""
    canonical_email: str
    first_submission_at: datetime
    last_submission_at: datetime
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    phone: str | None = None
    answers: Mapping[str, Json] = field(default_factory=dict)
    """Everything else the person ever answered; the earliest answer to a question stays."""
    status: LeadStatus = LeadStatus.NEW
    source: str = "direct"
    campaign: str | None = None
    submission_count: int = 1


@dataclass(frozen=True, slots=True)
class ScorePoint:
    """Points a lead got, under which category and rule, and why."""

    category: str
    rule: str
    points: int
    reason: str


@dataclass(frozen=True, slots=True)
class LeadScore:
    """A lead's score as a ledger: the points add up to the total."""

    lead_id: LeadId
    points: tuple[ScorePoint, ...]
    grade: str
    is_hot: bool
    scored_at: datetime
    rules_version: int = 0
    """Of the table that gave the points; 0 for a score from before there was one."""

    @property
    def total(self) -> int:
        """0 to 100."""
        return sum(each.points for each in self.points)

    def by_category(self) -> dict[str, int]:
        """Points per category."""
        totals: dict[str, int] = {}
        for each in self.points:
            totals[each.category] = totals.get(each.category, 0) + each.points
        return totals


@dataclass(frozen=True, slots=True)
class ScoredLead:
    """A lead with its score, where it has one."""

    lead: Lead
    score: LeadScore | None


@dataclass(frozen=True, slots=True)
class LeadQuery:
    """Which leads are asked for; None asks for all."""

    status: LeadStatus | None = None
    source: str | None = None
    min_score: int | None = None


@dataclass(frozen=True, slots=True)
class FormAnalytics:
    """Counts over submissions within a range of time."""

    total_submissions: int
    accepted: int
    quarantined: int
    duplicates: int
    unconfirmed: int
    new_leads: int
    """Leads whose first submission lies within the range."""
    hot_leads: int
    """Of the new leads, those whose score is hot."""
    average_lead_score: float | None
    """Over the new leads with a score; None where there is none."""
    submissions_by_source: Mapping[str, int]
    submissions_by_form: Mapping[str, int]
    leads_by_status: Mapping[str, int]
    """The new leads by their present status."""


@dataclass(frozen=True, slots=True)
class FunnelStage:
    """How many leads ever reached a stage, or a later one."""

    status: LeadStatus
    reached: int


@dataclass(frozen=True, slots=True)
class ConversionFunnel:
    """The leads first seen within a range of time, by how far they got."""

    stages: tuple[FunnelStage, ...]
    """One per FUNNEL status, in that order."""
    lost: int
    """Leads whose present status is closed_lost."""


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """A request its sender may repeat: the key they chose and a digest of what they sent."""

    scope: str
    """Keys of two scopes (such as two forms) never meet."""
    key: str
    body_digest: str


@dataclass(frozen=True, slots=True)
class StatusChange:
    """When a lead came to a status."""

    status: LeadStatus
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """Everything the form side holds about one person."""

    lead: Lead | None
    score: LeadScore | None
    status_changes: tuple[StatusChange, ...]
    submissions: tuple[FormSubmission, ...]
    """Newest first."""
