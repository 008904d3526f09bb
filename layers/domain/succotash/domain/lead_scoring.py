"""A lead's score: points by stated rules, each with its reason; the points add up to the total."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from succotash.domain.attribution import DIRECT
from succotash.domain.forms import Lead, LeadScore, ScorePoint

FREE_MAIL = frozenset({
    "aol.com", "gmail.com", "gmx.de", "gmx.net", "hotmail.com", "icloud.com", "live.com",
    "mail.com", "mail.ru", "me.com", "msn.com", "outlook.com", "proton.me", "protonmail.com",
    "web.de", "yahoo.com", "yandex.ru", "zoho.com",
})  # fmt: skip
"""Domains that give a mailbox to anybody, so the address says nothing about a company."""
HOT_TOTAL = 70
GRADES = ((80, "A"), (65, "B"), (50, "C"), (35, "D"))
"""The least total of each grade; below them all stands F."""
RECENCY_POINTS = 10
RECENCY_DAYS = 30
REPEAT_POINTS = 5
REPEATS_COUNTED = 3


@dataclass(frozen=True, slots=True)
class ScoringRule:
    """Points for a lead that a condition holds for."""

    category: str
    name: str
    points: int
    reason: str
    holds: Callable[[Lead], bool]


def _has_company_address(lead: Lead) -> bool:
    return lead.canonical_email.rpartition("@")[2] not in FREE_MAIL


RULES = (
    ScoringRule("fit", "business_email", 20, "writes from a company's domain",
                _has_company_address),
    ScoringRule("fit", "company", 15, "names a company", lambda lead: bool(lead.company)),
    ScoringRule("completeness", "name", 10, "gives a first and a last name",
                lambda lead: bool(lead.first_name and lead.last_name)),
    ScoringRule("completeness", "phone", 10, "gives a phone number", lambda lead: bool(lead.phone)),
    ScoringRule("completeness", "answers", 5, "answers more than contact questions",
                lambda lead: bool(lead.answers)),
    ScoringRule("source", "known_source", 10, "came through a known source",
                lambda lead: lead.source != DIRECT),
    ScoringRule("source", "campaign", 5, "came through a campaign",
                lambda lead: lead.campaign is not None),
)  # fmt: skip
"""Together with behaviour (15) and recency (10) these reach 100."""


def score_lead(lead: Lead, at: datetime) -> LeadScore:
    """The lead's score as of an instant."""
    points = (*_rule_points(lead), *_behaviour_points(lead), *_recency_points(lead, at))
    total = sum(each.points for each in points)
    return LeadScore(lead.lead_id, points, grade_of(total), total >= HOT_TOTAL, at)


def grade_of(total: int) -> str:
    """A to D, or F."""
    return next((grade for least, grade in GRADES if total >= least), "F")


def _rule_points(lead: Lead) -> Iterator[ScorePoint]:
    for rule in RULES:
        if rule.holds(lead):
            yield ScorePoint(rule.category, rule.name, rule.points, rule.reason)


def _behaviour_points(lead: Lead) -> Iterator[ScorePoint]:
    repeats = min(lead.submission_count - 1, REPEATS_COUNTED)
    if repeats > 0:
        reason = f"came back {repeats} time{'s' * (repeats > 1)}"
        yield ScorePoint("behaviour", "repeat_submissions", repeats * REPEAT_POINTS, reason)


def _recency_points(lead: Lead, at: datetime) -> Iterator[ScorePoint]:
    """Full at the last submission, falling in a straight line to nothing after RECENCY_DAYS."""
    silent_days = max((at - lead.last_submission_at).days, 0)
    points = round(RECENCY_POINTS * max(1 - silent_days / RECENCY_DAYS, 0))
    if points:
        reason = f"last wrote {silent_days} day{'s' * (silent_days != 1)} ago"
        yield ScorePoint("recency", "last_submission", points, reason)
