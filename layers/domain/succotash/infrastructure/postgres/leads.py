"""Leads as a whole in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

from succotash.domain.forms.submissions import FormSubmission, SubmissionFilter
from succotash.domain.leads.analytics import DailyCounts
from succotash.domain.leads.leads import Lead, LeadHistory, LeadQuery, LeadScore, ScoredLead
from succotash.domain.leads.scoring import ScoringRules
from succotash.domain.repositories.leads import LeadRepository
from succotash.domain.values import After, FormId, Json, LeadId, instant_text
from succotash.errors import ConflictError
from succotash.infrastructure.postgres.lead_records import points_document
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.session import Jsonb
from succotash.infrastructure.postgres.sql import statements
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

_SQL = statements("leads")


class PostgresLeadRepository(PostgresRepository, LeadRepository):
    """Leads as a whole in tables."""

    @override
    def get_scoring_rules(self) -> ScoringRules:
        [row] = self._run(_SQL["get_scoring_rules"])
        return scoring_rules_of(row)

    @override
    def add_scoring_rules(self, scoring: ScoringRules) -> None:
        added = self._run(
            _SQL["add_scoring_rules"],
            version=scoring.version,
            rules=Jsonb([rule_document(each) for each in scoring.rules]),
            hot_total=scoring.hot_total,
            grade_totals=Jsonb(list(scoring.grade_totals)),
            made_at=scoring.made_at,
        )
        if not added:
            raise ConflictError("the scoring rules were changed meanwhile")

    @override
    def lock_leads_to_score(
        self, rules_version: int, as_of: datetime, *, limit: int, after: LeadId | None = None
    ) -> list[Lead]:
        rows = self._run(
            _SQL["lock_leads_to_score"],
            rules_version=rules_version,
            as_of=as_of,
            limit=limit,
            after=after or "",
        )
        return [lead_of(row) for row in rows]

    @override
    def save_lead_scores(self, scores: Sequence[LeadScore]) -> None:
        documents: list[Json] = [
            {
                "lead_id": score.lead_id,
                "total": score.total,
                "points": points_document(score),
                "grade": score.grade,
                "is_hot": score.is_hot,
                "scored_at": instant_text(score.scored_at),
                "rules_version": score.rules_version,
            }
            for score in scores
        ]
        self._run(_SQL["save_lead_scores"], scores=Jsonb(documents))

    @override
    def get_lead_history(self, lead_id: LeadId, *, limit: int) -> LeadHistory:
        rows = self._run(_SQL["get_lead_history"], lead_id=lead_id, limit=limit)
        row = only("lead", rows)
        return LeadHistory(
            scored_lead_of(row),
            tuple(status_change_of(each) for each in row.documents("status_changes")),
            tuple(submission_of(each) for each in row.documents("submissions")),
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
        rows = self._work.run_for_values(
            _SQL["get_daily_counts"],
            start=start,
            end=end,
            time_zone=time_zone,
            form_id=form_id,
            source=source,
        )
        return [daily_counts_of(row) for row in rows]

    @override
    def get_leads_by_id(
        self, query: LeadQuery, *, limit: int, after: LeadId | None = None
    ) -> list[ScoredLead]:
        rows = self._run(
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
        rows = self._run(
            _SQL["get_submissions_by_time"],
            form_id=wanted.form_id,
            state=wanted.state,
            start=wanted.start,
            end=wanted.end,
            limit=limit,
            moment="-infinity" if after is None else after.moment,
            id="" if after is None else after.id,
        )
        return [submission_of(row) for row in rows]

    @override
    def get_answer_names(self, form_id: FormId, *, limit: int) -> list[str]:
        rows = self._run(_SQL["get_answer_names"], form_id=form_id, limit=limit)
        return [row["name"] for row in rows]
