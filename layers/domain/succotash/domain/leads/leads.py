"""Leads: who they are, where they stand in the funnel, and how they are scored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from succotash.domain.forms.submissions import FormSubmission
from succotash.domain.values import Json, LeadId
from succotash.errors import IllegalTransitionError


class LeadStatus(StrEnum):
    """The stages of the funnel."""

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
class Lead:
    """A person who may become a customer: one per canonical e-mail."""

    lead_id: LeadId
    email: str
    """The address as it was typed."""
    canonical_email: str
    first_submission_at: datetime
    last_submission_at: datetime
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    phone: str | None = None
    answers: Mapping[str, Json] = field(default_factory=dict)
    """All other answers of the person; the earliest answer to a question stays."""
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
    """The version of the rules that gave the points; 0 for a score from before there was one."""

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
    """Filters of leads; None allows any."""

    status: LeadStatus | None = None
    source: str | None = None
    min_score: int | None = None


@dataclass(frozen=True, slots=True)
class StatusChange:
    """When a lead came to a status."""

    status: LeadStatus
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class LeadHistory:
    """A lead with its score, its changes of status and its submissions."""

    scored: ScoredLead
    status_changes: tuple[StatusChange, ...]
    """Oldest first."""
    submissions: tuple[FormSubmission, ...]
    """The submissions of its person, newest first, with all earlier answers."""


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """All records of the form side about one person."""

    lead: Lead | None
    score: LeadScore | None
    status_changes: tuple[StatusChange, ...]
    submissions: tuple[FormSubmission, ...]
    """Newest first."""
