"""Leads, their scores, the rules that score them and counts of them, of rows."""

from collections.abc import Mapping, Sequence

from succotash.domain.forms.submissions import SubmissionState
from succotash.domain.leads.analytics import (
    ConversionFunnel,
    DailyCounts,
    FormAnalytics,
    FunnelStage,
)
from succotash.domain.leads.leads import (
    FUNNEL,
    Lead,
    LeadScore,
    LeadStatus,
    ScoredLead,
    ScorePoint,
    StatusChange,
)
from succotash.domain.leads.scoring import Category, Criterion, ScoringRule, ScoringRules
from succotash.domain.values import Json
from succotash.infrastructure.rows.row import Row


def lead_of(row: Row) -> Lead:
    """A lead."""
    return Lead(
        lead_id=row["lead_id"],
        email=row["email"],
        canonical_email=row["canonical_email"],
        first_submission_at=row.instant("first_submission_at"),
        last_submission_at=row.instant("last_submission_at"),
        first_name=row["first_name"],
        last_name=row["last_name"],
        company=row["company"],
        phone=row["phone"],
        answers=row.json("answers"),
        status=LeadStatus(row["status"]),
        source=row["source"],
        campaign=row["campaign"],
        submission_count=row["submission_count"],
    )


def scored_lead_of(row: Row) -> ScoredLead:
    """A lead, with its score where the points are not NULL."""
    return ScoredLead(lead_of(row), None if row["points"] is None else score_of(row))


def score_of(row: Row) -> LeadScore:
    """A lead's score."""
    return LeadScore(
        lead_id=row["lead_id"],
        points=tuple(_point_of(each) for each in row.json("points")),
        grade=row["grade"],
        is_hot=row.flag("is_hot"),
        scored_at=row.instant("scored_at"),
        rules_version=row["rules_version"],
    )


def _point_of(document: Mapping[str, Json] | Sequence[Json]) -> ScorePoint:
    # PostgreSQL holds an array for each point, SQLite an object.
    match document:
        case [str(category), str(rule), int(points), str(reason)] | {
            "category": str(category),
            "rule": str(rule),
            "points": int(points),
            "reason": str(reason),
        }:
            return ScorePoint(category, rule, points, reason)
        case _:
            raise TypeError("not a score's point")


def status_change_of(row: Row) -> StatusChange:
    """When a lead came to a status."""
    return StatusChange(LeadStatus(row["status"]), row.instant("changed_at"))


def daily_counts_of(row: Row) -> DailyCounts:
    """The counts of a day."""
    return DailyCounts(
        day=row.day("day"),
        submissions=row["submissions"],
        accepted=row["accepted"],
        new_leads=row["new_leads"],
    )


def form_analytics_of(
    *,
    by_state: Mapping[str, int],
    by_source: Mapping[str, int],
    by_form: Mapping[str, int],
    by_status: Mapping[str, int],
    hot_leads: int,
    buyers: int,
    average_lead_score: float | None,
) -> FormAnalytics:
    """Counts over submissions, and over the new leads by their status."""
    return FormAnalytics(
        total_submissions=sum(by_state.values()),
        accepted=by_state.get(SubmissionState.ACCEPTED, 0),
        quarantined=by_state.get(SubmissionState.QUARANTINED, 0),
        duplicates=by_state.get(SubmissionState.DUPLICATE, 0),
        unconfirmed=by_state.get(SubmissionState.UNCONFIRMED, 0),
        new_leads=sum(by_status.values()),
        hot_leads=hot_leads,
        buyers=buyers,
        average_lead_score=average_lead_score,
        submissions_by_source=by_source,
        submissions_by_form=by_form,
        leads_by_status=by_status,
    )


def funnel_of(rows: Sequence[Row]) -> ConversionFunnel:
    """A funnel: a row for each stage, in order, each with the count of lost leads."""
    return ConversionFunnel(
        stages=tuple(
            FunnelStage(status, row["reached"]) for status, row in zip(FUNNEL, rows, strict=True)
        ),
        lost=rows[0]["lost"],
    )


def scoring_rules_of(row: Row) -> ScoringRules:
    """A table of scoring rules."""
    return ScoringRules(
        version=row["version"],
        rules=tuple(_rule_of(each) for each in row.json("rules")),
        hot_total=row["hot_total"],
        grade_totals=tuple(row.json("grade_totals")),
        made_at=row.instant("made_at"),
    )


def rule_document(rule: ScoringRule) -> dict[str, Json]:
    """A scoring rule as it stands among its table's, with the parameters that it has."""
    document: dict[str, Json] = {
        "name": rule.name,
        "category": rule.category,
        "criterion": rule.criterion,
        "points": rule.points,
        "reason": rule.reason,
    }
    if rule.fields:
        document["fields"] = list(rule.fields)
    if rule.values:
        document["values"] = list(rule.values)
    if rule.at_most is not None:
        document["at_most"] = rule.at_most
    if rule.days is not None:
        document["days"] = rule.days
    return document


def _rule_of(document: Mapping[str, Json]) -> ScoringRule:
    match document:
        case {
            "name": str(name),
            "category": str(category),
            "criterion": str(criterion),
            "points": int(points),
            "reason": str(reason),
        }:
            return ScoringRule(
                name,
                Category(category),
                Criterion(criterion),
                points,
                reason,
                _texts(document.get("fields")),
                _texts(document.get("values")),
                _number(document.get("at_most")),
                _number(document.get("days")),
            )
        case _:
            raise TypeError("not a scoring rule")


def _texts(given: Json) -> tuple[str, ...]:
    return tuple(str(each) for each in given) if isinstance(given, list) else ()


def _number(given: Json) -> int | None:
    return given if isinstance(given, int) else None
