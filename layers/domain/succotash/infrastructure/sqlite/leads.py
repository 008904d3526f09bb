"""Leads as a whole in SQLite."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

from succotash.domain.forms.submissions import FormSubmission, SubmissionFilter
from succotash.domain.leads.analytics import DailyCounts
from succotash.domain.leads.leads import Lead, LeadHistory, LeadQuery, LeadScore, ScoredLead
from succotash.domain.leads.scoring import ScoringRules
from succotash.domain.repositories.leads import LeadRepository
from succotash.domain.values import After, FormId, LeadId
from succotash.errors import ConflictError
from succotash.infrastructure.rows.forms import submission_of
from succotash.infrastructure.rows.leads import (
    daily_counts_of,
    lead_of,
    rule_document,
    scored_lead_of,
    scoring_rules_of,
    status_change_of,
)
from succotash.infrastructure.rows.row import only
from succotash.infrastructure.sqlite.columns import json_text, micros, optional_micros
from succotash.infrastructure.sqlite.functions import require_zone
from succotash.infrastructure.sqlite.lead_records import keep_score
from succotash.infrastructure.sqlite.pages import behind
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("leads")


class SQLiteLeadRepository(SQLiteRepository, LeadRepository):
    """Leads as a whole in tables."""

    @override
    def get_scoring_rules(self) -> ScoringRules:
        with self._unit.reading() as session:
            [row] = session.run(_SQL["get_scoring_rules"])
        return scoring_rules_of(row)

    @override
    def add_scoring_rules(self, scoring: ScoringRules) -> None:
        with self._unit.writing() as session:
            added = session.change(
                _SQL["add_scoring_rules"],
                version=scoring.version,
                rules=json_text([rule_document(each) for each in scoring.rules]),
                hot_total=scoring.hot_total,
                grade_totals=json_text(scoring.grade_totals),
                made_at=micros(scoring.made_at),
            )
        if not added:
            raise ConflictError("the scoring rules were changed meanwhile")

    @override
    def lock_leads_to_score(
        self, rules_version: int, as_of: datetime, *, limit: int, after: LeadId | None = None
    ) -> list[Lead]:
        # A session that writes, although nothing is written: that is what others wait for.
        with self._unit.writing() as session:
            rows = session.run(
                _SQL["lock_leads_to_score"],
                rules_version=rules_version,
                as_of=micros(as_of),
                limit=limit,
                after=after or "",
            )
        return [lead_of(row) for row in rows]

    @override
    def save_lead_scores(self, scores: Sequence[LeadScore]) -> None:
        with self._unit.writing() as session:
            for score in scores:
                keep_score(session, score)

    @override
    def get_lead_history(self, lead_id: LeadId, *, limit: int) -> LeadHistory:
        with self._unit.reading() as session:
            found = only("lead", session.run(_SQL["find_scored_lead"], lead_id=lead_id))
            changes = session.run(_SQL["get_status_changes"], lead_id=lead_id)
            submissions = session.run(_SQL["get_submissions_of_lead"], lead_id=lead_id, limit=limit)
        return LeadHistory(
            scored_lead_of(found),
            tuple(status_change_of(row) for row in changes),
            tuple(submission_of(row) for row in submissions),
        )

    @override
    def get_daily_counts(
        self,
        start: datetime,
        end: datetime,
        time_zone: str,
        *,
        form_id: FormId | None = None,
        source: str | None = None,
    ) -> list[DailyCounts]:
        require_zone(time_zone)
        with self._unit.reading() as session:
            rows = session.run(
                _SQL["get_daily_counts"],
                start=micros(start),
                end=micros(end),
                time_zone=time_zone,
                form_id=form_id,
                source=source,
            )
        return [daily_counts_of(row) for row in rows]

    @override
    def get_leads_by_id(
        self, query: LeadQuery, *, limit: int, after: LeadId | None = None
    ) -> list[ScoredLead]:
        with self._unit.reading() as session:
            rows = session.run(
                _SQL["get_leads_by_id"],
                status=query.status,
                source=query.source,
                min_score=query.min_score,
                limit=limit,
                after=after or "",
            )
        return [scored_lead_of(row) for row in rows]

    @override
    def get_submissions_by_time(
        self, wanted: SubmissionFilter, *, limit: int, after: After | None = None
    ) -> list[FormSubmission]:
        with self._unit.reading() as session:
            rows = session.run(
                _SQL["get_submissions_by_time"],
                form_id=wanted.form_id,
                state=wanted.state,
                start=optional_micros(wanted.start),
                end=optional_micros(wanted.end),
                limit=limit,
                **behind(after),
            )
        return [submission_of(row) for row in rows]

    @override
    def get_answer_names(self, form_id: FormId, *, limit: int) -> list[str]:
        with self._unit.reading() as session:
            rows = session.run(_SQL["get_answer_names"], form_id=form_id, limit=limit)
        return [row["name"] for row in rows]
