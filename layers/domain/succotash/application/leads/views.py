"""Leads and their scores as the API shows them."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypedDict

from succotash.domain.leads.leads import LeadScore, ScoredLead
from succotash.domain.values import Json


class ScorePointView(TypedDict):
    """Points and why."""

    category: str
    rule: str
    points: int
    """Points that the rule gave."""
    reason: str


class ScoreView(TypedDict):
    """A lead's score with its ledger."""

    total: int
    """Sum of the points, 0 to 100."""
    grade: str
    is_hot: bool
    by_category: dict[str, int]
    """Points by category of rules."""
    points: list[ScorePointView]
    rules_version: int
    """The version of the rules that gave the points; 0 from before there was one."""
    scored_at: datetime


class LeadView(TypedDict):
    """A lead."""

    lead_id: str
    email: str
    first_name: str | None
    last_name: str | None
    company: str | None
    phone: str | None
    answers: Mapping[str, Json]
    status: str
    source: str
    campaign: str | None
    submission_count: int
    """Accepted submissions of this person."""
    first_submission_at: datetime
    last_submission_at: datetime
    score: ScoreView | None


class StatusChangeView(TypedDict):
    """When a lead came to a status."""

    status: str
    changed_at: datetime


class LeadAnswers(TypedDict):
    """Answers of one submission: those earlier than the lead's own stand here."""

    submission_id: str
    form_id: str
    state: str
    source: str
    answers: Mapping[str, Json]
    submitted_at: datetime


class LeadDetails(LeadView):
    """A lead and how it came to be what it is."""

    status_changes: list[StatusChangeView]
    """Oldest first."""
    history: list[LeadAnswers]
    """Newest first."""
    history_truncated: bool
    """Whether there are older ones."""


class LeadList(TypedDict):
    """A page of leads, by last submission."""

    leads: list[LeadView]
    next_cursor: str | None


class LeadMatches(TypedDict):
    """The lead who was looked for; nobody where the list is empty."""

    leads: list[LeadView]


def lead_view(scored: ScoredLead) -> LeadView:
    """Serialised for the API."""
    lead = scored.lead
    return {
        "lead_id": lead.lead_id,
        "email": lead.email,
        "first_name": lead.first_name,
        "last_name": lead.last_name,
        "company": lead.company,
        "phone": lead.phone,
        "answers": lead.answers,
        "status": lead.status,
        "source": lead.source,
        "campaign": lead.campaign,
        "submission_count": lead.submission_count,
        "first_submission_at": lead.first_submission_at,
        "last_submission_at": lead.last_submission_at,
        "score": None if scored.score is None else score_view(scored.score),
    }


def score_view(score: LeadScore) -> ScoreView:
    """Serialised for the API."""
    return {
        "total": score.total,
        "grade": score.grade,
        "is_hot": score.is_hot,
        "by_category": score.by_category(),
        "points": [
            {
                "category": each.category,
                "rule": each.rule,
                "points": each.points,
                "reason": each.reason,
            }
            for each in score.points
        ],
        "rules_version": score.rules_version,
        "scored_at": score.scored_at,
    }
