"""Leads, their status and their score, in SQLite."""

from dataclasses import asdict
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
from succotash.infrastructure.rows.leads import lead_of, score_of, scored_lead_of
from succotash.infrastructure.rows.row import only
from succotash.infrastructure.sqlite.columns import json_text, micros
from succotash.infrastructure.sqlite.connection import Session
from succotash.infrastructure.sqlite.pages import behind
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("lead_records")
FIND_LEADS = {
    (False, False): _SQL["find_leads"],
    (True, False): _SQL["find_leads_of_status"],
    (False, True): _SQL["find_leads_of_source"],
    (True, True): _SQL["find_leads_of_status_and_source"],
}
"""The statements by whether a status and a source are given, so that an index serves."""


class SQLiteLeadRecordRepository(SQLiteRepository, LeadRecordRepository):
    """Leads, their status and their score."""

    @override
    def save_lead(self, lead: Lead) -> Lead:
        with self._unit.writing() as session:
            known = session.run(_SQL["get_lead_by_email"], canonical_email=lead.canonical_email)
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
            rows = session.run(_SQL["get_lead_by_email"], canonical_email=canonical_email)
        return lead_of(only("lead", rows))

    @override
    def find_scored_leads(self, canonical_email: str) -> list[ScoredLead]:
        with self._unit.reading() as session:
            rows = session.run(_SQL["find_scored_leads"], canonical_email=canonical_email)
        return [scored_lead_of(row) for row in rows]

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
            rows = session.run(_SQL["get_hot_leads"], limit=limit)
        return [scored_lead_of(row) for row in rows]

    @override
    def update_lead_status(self, lead_id: LeadId, status: LeadStatus, at: datetime) -> Lead:
        with self._unit.writing() as session:
            require_legal_step(_existing_lead(session, lead_id).status, status)
            [row] = session.run(_SQL["update_lead_status"], lead_id=lead_id, status=status)
            moved = lead_of(row)
            _save_status_change(session, moved, at)
            return moved

    @override
    def save_lead_score(self, score: LeadScore) -> None:
        with self._unit.writing() as session:
            _existing_lead(session, score.lead_id)
            keep_score(session, score)

    @override
    def get_lead_score(self, lead_id: LeadId) -> LeadScore:
        with self._unit.reading() as session:
            rows = session.run(_SQL["get_lead_score"], lead_id=lead_id)
        return score_of(only("lead score", rows))


def _existing_lead(session: Session, lead_id: LeadId) -> Lead:
    rows = session.run(_SQL["get_lead"], lead_id=lead_id)
    return lead_of(only("lead", rows))


def keep_lead(session: Session, lead: Lead, *, is_new: bool) -> None:
    """Insert or replace a lead, enter a new one into its history, and tie customers to it."""
    session.run(
        _SQL["save_lead"],
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
        _save_status_change(session, lead, lead.last_submission_at)
    session.run(_SQL["tie_customers"], lead_id=lead.lead_id, canonical_email=lead.canonical_email)


def _save_status_change(session: Session, lead: Lead, at: datetime) -> None:
    session.run(_SQL["save_status_change"], lead_id=lead.lead_id, status=lead.status, at=micros(at))


def keep_score(session: Session, score: LeadScore) -> None:
    """Insert or replace the score of a lead that is there."""
    session.run(
        _SQL["save_lead_score"],
        lead_id=score.lead_id,
        points=json_text([asdict(each) for each in score.points]),
        total=score.total,
        grade=score.grade,
        is_hot=score.is_hot,
        scored_at=micros(score.scored_at),
        rules_version=score.rules_version,
    )
