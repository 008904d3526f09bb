"""Leads, their status and their score, in PostgreSQL."""

from datetime import datetime
from typing import override

from succotash.domain.intake.submissions import merged_lead
from succotash.domain.leads.leads import (
    Lead,
    LeadQuery,
    LeadScore,
    LeadStatus,
    ScoredLead,
    require_legal_step,
)
from succotash.domain.repositories.lead_records import LeadRecordRepository
from succotash.domain.values import PAGE, After, Json, LeadId
from succotash.infrastructure.postgres.pages import page_of
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.session import Jsonb, Session
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.rows.leads import lead_of, score_of, scored_lead_of
from succotash.infrastructure.rows.row import only

_SQL = statements("lead_records")
FIND_LEADS = {
    (False, False): _SQL["find_leads"],
    (True, False): _SQL["find_leads_of_status"],
    (False, True): _SQL["find_leads_of_source"],
    (True, True): _SQL["find_leads_of_status_and_source"],
}
"""The statements by whether a status and a source are given, so that an index serves."""


class PostgresLeadRecordRepository(PostgresRepository, LeadRecordRepository):
    """Leads, their status and their score."""

    @override
    def save_lead(self, lead: Lead) -> Lead:
        def save(session: Session) -> Lead:
            email, is_kept = lead.canonical_email, False
            while not is_kept:
                # Where somebody adds it between the two statements, the next round finds it.
                rows = session.run(_SQL["lock_lead_by_email"], canonical_email=email)
                merged = merged_lead(lead_of(rows[0]), lead) if rows else lead
                columns = lead_columns(merged, is_new=not rows)
                is_kept = bool(session.run(_SQL["save_lead"], **columns))
            [row] = session.run(_SQL["get_lead_by_email"], canonical_email=email)
            return lead_of(row)

        return self._in_transaction(save)

    @override
    def get_lead(self, lead_id: LeadId) -> Lead:
        return lead_of(only("lead", self._run(_SQL["get_lead"], lead_id=lead_id)))

    @override
    def get_lead_by_email(self, canonical_email: str) -> Lead:
        rows = self._run(_SQL["get_lead_by_email"], canonical_email=canonical_email)
        return lead_of(only("lead", rows))

    @override
    def find_scored_leads(self, canonical_email: str) -> list[ScoredLead]:
        rows = self._run(_SQL["find_scored_leads"], canonical_email=canonical_email)
        return [scored_lead_of(row) for row in rows]

    @override
    def find_leads(
        self, query: LeadQuery, *, limit: int = PAGE, after: After | None = None
    ) -> list[ScoredLead]:
        rows = self._run(
            FIND_LEADS[query.status is not None, query.source is not None],
            status=query.status,
            source=query.source,
            min_score=query.min_score,
            **page_of(limit, after),
        )
        return [scored_lead_of(row) for row in rows]

    @override
    def get_hot_leads(self, *, limit: int = PAGE) -> list[ScoredLead]:
        rows = self._run(_SQL["get_hot_leads"], limit=limit)
        return [scored_lead_of(row) for row in rows]

    @override
    def update_lead_status(self, lead_id: LeadId, status: LeadStatus, at: datetime) -> Lead:
        def move(session: Session) -> Lead:
            current = only("lead", session.run(_SQL["lock_status"], lead_id=lead_id))
            require_legal_step(LeadStatus(current["status"]), status)
            [row] = session.run(_SQL["update_lead_status"], lead_id=lead_id, status=status, at=at)
            return lead_of(row)

        return self._in_transaction(move)

    @override
    def save_lead_score(self, score: LeadScore) -> None:
        rows = self._run(_SQL["save_lead_score"], lead_id=score.lead_id, **score_columns(score))
        only("lead", rows)

    @override
    def get_lead_score(self, lead_id: LeadId) -> LeadScore:
        rows = self._run(_SQL["get_lead_score"], lead_id=lead_id)
        return score_of(only("lead score", rows))


def lead_columns(lead: Lead, *, is_new: bool) -> dict[str, object]:
    """A lead as parameters of the statements that save it."""
    return {
        "kept_lead_id": lead.lead_id,
        "is_new_lead": is_new,
        "email": lead.email,
        "lead_email": lead.canonical_email,
        "first_submission_at": lead.first_submission_at,
        "last_submission_at": lead.last_submission_at,
        "first_name": lead.first_name,
        "last_name": lead.last_name,
        "company": lead.company,
        "phone": lead.phone,
        "lead_answers": Jsonb(dict(lead.answers)),
        "status": lead.status,
        "lead_source": lead.source,
        "campaign": lead.campaign,
        "submission_count": lead.submission_count,
    }


def score_columns(score: LeadScore) -> dict[str, object]:
    """A score as parameters of the statements that save it."""
    return {
        "total": score.total,
        "points": Jsonb(points_document(score)),
        "grade": score.grade,
        "is_hot": score.is_hot,
        "scored_at": score.scored_at,
        "rules_version": score.rules_version,
    }


def points_document(score: LeadScore) -> list[Json]:
    """A score's points as a column holds them."""
    return [[each.category, each.rule, each.points, each.reason] for each in score.points]
