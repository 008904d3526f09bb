"""Submissions, leads and scores as PostgreSQL gives them."""

from typing import Any

from succotash.domain.forms.submissions import FormSubmission, SubmissionState
from succotash.domain.leads.leads import Lead, LeadScore, LeadStatus, ScoredLead, ScorePoint
from succotash.domain.leads.scoring import ScoringRules
from succotash.infrastructure.postgres.session import Jsonb, Row
from succotash.infrastructure.postgres.statements import instant
from succotash.infrastructure.scoring_rules import rule_of


def points_of(score: LeadScore) -> Jsonb:
    """A score's points as they stand in a column."""
    return Jsonb([[each.category, each.rule, each.points, each.reason] for each in score.points])


def submission_of(row: Row) -> FormSubmission:
    """A submission of its columns."""
    *fields, state, duplicate_of, spam_reasons, text_digest, consent, waited_until = row
    judged = [SubmissionState(state), duplicate_of, tuple(spam_reasons)]
    rest = [text_digest, consent, waited_until]
    return FormSubmission(*fields, *judged, *rest)


def lead_of(row: list[Any]) -> Lead:
    """A lead of its columns."""
    *fields, status, source, campaign, submission_count = row
    values = [*fields, LeadStatus(status), source, campaign, submission_count]
    return Lead(*values)


def lead_of_json(row: Row) -> Lead:
    """A lead of which JSON knows the instants as texts."""
    first, last = row[3:5]
    return lead_of([*row[:3], instant(first), instant(last), *row[5:]])


def scored_lead_of(row: Row) -> ScoredLead:
    """A lead of its columns, and behind them those of its score without the id."""
    lead = lead_of(row[:14])
    scored = row[14:]
    return ScoredLead(lead, None if scored[0] is None else score_of([lead.lead_id, *scored]))


def score_of(row: list[Any]) -> LeadScore:
    """A score of its columns."""
    lead_id, points, *rest = row
    return LeadScore(lead_id, tuple(ScorePoint(*each) for each in points), *rest)


def scoring_of(row: Row) -> ScoringRules:
    """A table of scoring rules of its columns, the instant as text."""
    version, rules, hot_total, grade_totals, made_at = row
    return ScoringRules(
        version,
        tuple(rule_of(each) for each in rules),
        hot_total,
        tuple(grade_totals),
        instant(made_at),
    )
