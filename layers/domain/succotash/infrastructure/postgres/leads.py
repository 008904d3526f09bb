"""Leads as a whole in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

from succotash.domain.forms.submissions import FormSubmission, SubmissionFilter
from succotash.domain.leads.analytics import DailyCounts
from succotash.domain.leads.leads import (
    Lead,
    LeadHistory,
    LeadQuery,
    LeadScore,
    LeadStatus,
    ScoredLead,
    StatusChange,
)
from succotash.domain.leads.scoring import ScoringRules
from succotash.domain.repositories.leads import LeadRepository
from succotash.domain.values import After, FormId, LeadId, instant_text
from succotash.errors import ConflictError
from succotash.infrastructure.postgres.lead_rows import (
    lead_of,
    points_of,
    scored_lead_of,
    scoring_of,
    submission_of,
)
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.rows import only
from succotash.infrastructure.postgres.session import Jsonb, Session
from succotash.infrastructure.postgres.sql import lead_scoring, leads
from succotash.infrastructure.scoring_rules import rule_document


class PostgresLeadRepository(PostgresRepository, LeadRepository):
    """Leads as a whole in tables."""

    @override
    def get_scoring_rules(self) -> ScoringRules:
        [[found]] = self._run(lead_scoring.SCORING_RULES)
        return scoring_of(found)

    @override
    def add_scoring_rules(self, scoring: ScoringRules) -> None:
        added = self._run(
            lead_scoring.ADD_SCORING_RULES,
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
            leads.LOCK_LEADS_TO_SCORE,
            rules_version=rules_version,
            as_of=as_of,
            limit=limit,
            after=after or "",
        )
        return [lead_of(row) for row in rows]

    @override
    def save_lead_scores(self, scores: Sequence[LeadScore]) -> None:
        documents = [
            {
                "lead_id": score.lead_id,
                "total": score.total,
                "points": points_of(score).value,
                "grade": score.grade,
                "is_hot": score.is_hot,
                "scored_at": instant_text(score.scored_at),
                "rules_version": score.rules_version,
            }
            for score in scores
        ]
        self._run(lead_scoring.SAVE_LEAD_SCORES, scores=Jsonb([*documents]))

    @override
    def get_lead_history(self, lead_id: LeadId, *, limit: int) -> LeadHistory:
        def read(session: Session) -> LeadHistory:
            only("lead", session.run(leads.LEAD_IS_THERE, lead_id=lead_id))
            changes = session.run(leads.STATUS_CHANGES_OF_LEAD, lead_id=lead_id)
            submissions = session.run(leads.SUBMISSIONS_OF_LEAD, lead_id=lead_id, limit=limit)
            return LeadHistory(
                tuple(StatusChange(LeadStatus(status), at) for status, at in changes),
                tuple(submission_of(row) for row in submissions),
            )

        return self._in_transaction(read)

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
        rows = self._run(
            leads.DAILY_COUNTS,
            start=start,
            end=end,
            time_zone=time_zone,
            form_id=form_id,
            source=source,
        )
        return [DailyCounts(*row) for row in rows]

    @override
    def get_leads_by_id(
        self, query: LeadQuery, *, limit: int, after: LeadId | None = None
    ) -> list[ScoredLead]:
        rows = self._run(
            leads.LEADS_BY_ID,
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
            leads.SUBMISSIONS_BY_TIME,
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
        return [name for [name] in self._run(leads.ANSWER_NAMES, form_id=form_id, limit=limit)]
