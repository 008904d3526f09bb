"""Leads, their status and their score, in SQLite."""

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
from succotash.domain.values import PAGE, After, LeadId
from succotash.errors import NotFoundError
from succotash.infrastructure.sqlite.columns import json_text, micros
from succotash.infrastructure.sqlite.connection import Session
from succotash.infrastructure.sqlite.lead_rows import keep_score, lead_of, score_of, scored_lead_of
from succotash.infrastructure.sqlite.pages import behind
from succotash.infrastructure.sqlite.repository import SQLiteRepository

_SAVE_LEAD = """
INSERT INTO leads (
    lead_id, email, canonical_email, first_submission_at, last_submission_at, first_name,
    last_name, company, phone, answers, status, source, campaign, submission_count
)
VALUES (
    :lead_id, :email, :canonical_email, :first_submission_at, :last_submission_at, :first_name,
    :last_name, :company, :phone, :answers, :status, :source, :campaign, :submission_count
)
ON CONFLICT (lead_id) DO UPDATE SET
    first_submission_at = excluded.first_submission_at,
    last_submission_at = excluded.last_submission_at,
    first_name = excluded.first_name,
    last_name = excluded.last_name,
    company = excluded.company,
    phone = excluded.phone,
    answers = excluded.answers,
    submission_count = excluded.submission_count
"""
_TIE_CUSTOMERS = """
UPDATE customers SET lead_id = :lead_id
WHERE canonical_email = :canonical_email AND lead_id IS NULL
"""
_LEAD = "SELECT * FROM leads WHERE lead_id = :lead_id"
LEAD_BY_EMAIL = "SELECT * FROM leads WHERE canonical_email = :canonical_email"
_SCORED_LEAD = """
SELECT l.*, s.points, s.grade, s.is_hot, s.scored_at, s.rules_version
FROM leads AS l
LEFT JOIN lead_scores AS s ON s.lead_id = l.lead_id
"""
_PAGE = """
  (:min_score IS NULL OR s.total >= :min_score)
  AND (:after_at IS NULL OR (l.last_submission_at, l.lead_id) < (:after_at, :after_id))
ORDER BY l.last_submission_at DESC, l.lead_id DESC
LIMIT :limit
"""
FIND_LEADS = {
    (False, False): f"{_SCORED_LEAD} WHERE {_PAGE}",
    (True, False): f"{_SCORED_LEAD} WHERE l.status = :status AND {_PAGE}",
    (False, True): f"{_SCORED_LEAD} WHERE l.source = :source AND {_PAGE}",
    (True, True): f"{_SCORED_LEAD} WHERE l.status = :status AND l.source = :source AND {_PAGE}",
}
"""By whether a status and a source are given, so that the index of what is given serves."""
_HOT_LEADS = """
SELECT l.*, s.points, s.grade, s.is_hot, s.scored_at, s.rules_version
FROM lead_scores AS s
JOIN leads AS l ON l.lead_id = s.lead_id
WHERE s.is_hot = 1 AND l.status NOT IN ('closed_won', 'closed_lost')
ORDER BY s.total DESC, s.lead_id
LIMIT :limit
"""
_MOVE_LEAD = "UPDATE leads SET status = :status WHERE lead_id = :lead_id RETURNING *"
_NOTE_STATUS = """
INSERT INTO lead_status_changes (lead_id, status, changed_at) VALUES (:lead_id, :status, :at)
"""

SCORE = "SELECT * FROM lead_scores WHERE lead_id = :lead_id"


class SQLiteLeadRecordRepository(SQLiteRepository, LeadRecordRepository):
    """Leads, their status and their score."""

    @override
    def save_lead(self, lead: Lead) -> Lead:
        with self._unit.writing() as session:
            known = session.run(LEAD_BY_EMAIL, canonical_email=lead.canonical_email)
            saved = merged_lead(lead_of(known[0]), lead) if known else lead
            keep_lead(session, saved, is_new=not known)
            return _existing_lead(session, saved.lead_id)

    @override
    def get_lead(self, lead_id: LeadId) -> Lead:
        with self._unit.reading() as session:
            return _existing_lead(session, lead_id)

    @override
    def get_lead_by_email(self, canonical_email: str) -> Lead:
        with self._unit.reading() as session:
            for row in session.run(LEAD_BY_EMAIL, canonical_email=canonical_email):
                return lead_of(row)
        raise NotFoundError("lead")

    @override
    def find_leads(
        self, query: LeadQuery, *, limit: int = PAGE, after: After | None = None
    ) -> list[ScoredLead]:
        with self._unit.reading() as session:
            rows = session.run(
                FIND_LEADS[query.status is not None, query.source is not None],
                status=query.status,
                source=query.source,
                min_score=query.min_score,
                limit=limit,
                **behind(after),
            )
        return [scored_lead_of(row) for row in rows]

    @override
    def get_hot_leads(self, *, limit: int = PAGE) -> list[ScoredLead]:
        with self._unit.reading() as session:
            return [scored_lead_of(row) for row in session.run(_HOT_LEADS, limit=limit)]

    @override
    def update_lead_status(self, lead_id: LeadId, status: LeadStatus, at: datetime) -> Lead:
        with self._unit.writing() as session:
            require_legal_step(_existing_lead(session, lead_id).status, status)
            [row] = session.run(_MOVE_LEAD, lead_id=lead_id, status=status)
            moved = lead_of(row)
            _note_status(session, moved, at)
            return moved

    @override
    def save_lead_score(self, score: LeadScore) -> None:
        with self._unit.writing() as session:
            _existing_lead(session, score.lead_id)
            keep_score(session, score)

    @override
    def get_lead_score(self, lead_id: LeadId) -> LeadScore:
        with self._unit.reading() as session:
            for row in session.run(SCORE, lead_id=lead_id):
                return score_of(row)
        raise NotFoundError("lead score")


def _existing_lead(session: Session, lead_id: LeadId) -> Lead:
    for row in session.run(_LEAD, lead_id=lead_id):
        return lead_of(row)
    raise NotFoundError("lead")


def keep_lead(session: Session, lead: Lead, *, is_new: bool) -> None:
    """Insert or replace a lead, enter a new one into its history, and tie customers to it."""
    session.run(
        _SAVE_LEAD,
        lead_id=lead.lead_id,
        email=lead.email,
        canonical_email=lead.canonical_email,
        first_submission_at=micros(lead.first_submission_at),
        last_submission_at=micros(lead.last_submission_at),
        first_name=lead.first_name,
        last_name=lead.last_name,
        company=lead.company,
        phone=lead.phone,
        answers=json_text(lead.answers),
        status=lead.status,
        source=lead.source,
        campaign=lead.campaign,
        submission_count=lead.submission_count,
    )
    if is_new:
        _note_status(session, lead, lead.last_submission_at)
    session.run(_TIE_CUSTOMERS, lead_id=lead.lead_id, canonical_email=lead.canonical_email)


def _note_status(session: Session, lead: Lead, at: datetime) -> None:
    session.run(_NOTE_STATUS, lead_id=lead.lead_id, status=lead.status, at=micros(at))
