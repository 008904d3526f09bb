"""Submissions, leads and scores as SQLite has them."""

from succotash.domain.forms.submissions import FormSubmission, SubmissionState
from succotash.domain.leads.leads import Lead, LeadScore, LeadStatus, ScoredLead, ScorePoint
from succotash.domain.leads.scoring import ScoringRules
from succotash.infrastructure.scoring_rules import rule_of
from succotash.infrastructure.sqlite.columns import (
    instant,
    json_text,
    json_value,
    micros,
    optional_instant,
)
from succotash.infrastructure.sqlite.connection import Row, Session

SCORING_RULES = "SELECT * FROM lead_scoring_rules ORDER BY version DESC LIMIT 1"
_SAVE_SCORE = """
INSERT INTO lead_scores (lead_id, points, total, grade, is_hot, scored_at, rules_version)
SELECT lead_id, :points, :total, :grade, :is_hot, :scored_at, :rules_version
FROM leads WHERE lead_id = :lead_id
ON CONFLICT (lead_id) DO UPDATE SET
    points = excluded.points,
    total = excluded.total,
    grade = excluded.grade,
    is_hot = excluded.is_hot,
    scored_at = excluded.scored_at,
    rules_version = excluded.rules_version
"""


def submission_of(row: Row) -> FormSubmission:
    """A submission of its row."""
    return FormSubmission(
        submission_id=row["submission_id"],
        form_id=row["form_id"],
        answers=json_value(row["answers"]),
        submitted_at=instant(row["submitted_at"]),
        fingerprint=row["fingerprint"],
        attribution=json_value(row["attribution"]),
        source=row["source"],
        canonical_email=row["canonical_email"],
        lead_id=row["lead_id"],
        ip_address=row["ip_address"],
        user_agent=row["user_agent"],
        state=SubmissionState(row["state"]),
        duplicate_of=row["duplicate_of"],
        spam_reasons=tuple(json_value(row["spam_reasons"])),
        text_digest=row["text_digest"],
        consent=row["consent"],
        waited_until=optional_instant(row["waited_until"]),
    )


def lead_of(row: Row) -> Lead:
    """A lead of its row."""
    return Lead(
        lead_id=row["lead_id"],
        email=row["email"],
        canonical_email=row["canonical_email"],
        first_submission_at=instant(row["first_submission_at"]),
        last_submission_at=instant(row["last_submission_at"]),
        first_name=row["first_name"],
        last_name=row["last_name"],
        company=row["company"],
        phone=row["phone"],
        answers=json_value(row["answers"]),
        status=LeadStatus(row["status"]),
        source=row["source"],
        campaign=row["campaign"],
        submission_count=row["submission_count"],
    )


def _point_object(point: ScorePoint) -> dict[str, object]:
    return {
        "category": point.category,
        "rule": point.rule,
        "points": point.points,
        "reason": point.reason,
    }


def score_of(row: Row) -> LeadScore:
    """A score of its row."""
    return LeadScore(
        lead_id=row["lead_id"],
        points=tuple(
            ScorePoint(each["category"], each["rule"], each["points"], each["reason"])
            for each in json_value(row["points"])
        ),
        grade=row["grade"],
        is_hot=bool(row["is_hot"]),
        scored_at=instant(row["scored_at"]),
        rules_version=row["rules_version"],
    )


def scored_lead_of(row: Row) -> ScoredLead:
    """A lead of its row, with its score where that is not NULL."""
    return ScoredLead(lead_of(row), None if row["points"] is None else score_of(row))


def scoring_of(row: Row) -> ScoringRules:
    """A table of scoring rules of its row."""
    return ScoringRules(
        row["version"],
        tuple(rule_of(each) for each in json_value(row["rules"])),
        row["hot_total"],
        tuple(json_value(row["grade_totals"])),
        instant(row["made_at"]),
    )


def keep_score(session: Session, score: LeadScore) -> None:
    """Insert or replace the score of a lead that is there."""
    session.run(
        _SAVE_SCORE,
        lead_id=score.lead_id,
        points=json_text([_point_object(each) for each in score.points]),
        total=score.total,
        grade=score.grade,
        is_hot=score.is_hot,
        scored_at=micros(score.scored_at),
        rules_version=score.rules_version,
    )
