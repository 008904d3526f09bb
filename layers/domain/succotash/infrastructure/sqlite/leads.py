"""Leads as a whole in SQLite."""

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
from succotash.domain.values import After, FormId, LeadId
from succotash.errors import ConflictError, NotFoundError
from succotash.infrastructure.scoring_rules import rule_document
from succotash.infrastructure.sqlite.columns import instant, json_text, micros, optional_micros
from succotash.infrastructure.sqlite.functions import day_of, require_zone
from succotash.infrastructure.sqlite.lead_rows import (
    SCORING_RULES,
    keep_score,
    lead_of,
    scored_lead_of,
    scoring_of,
    submission_of,
)
from succotash.infrastructure.sqlite.pages import behind
from succotash.infrastructure.sqlite.repository import SQLiteRepository

_ADD_SCORING_RULES = """
INSERT INTO lead_scoring_rules (version, rules, hot_total, grade_totals, made_at)
SELECT :version, :rules, :hot_total, :grade_totals, :made_at
WHERE :version = (SELECT MAX(version) + 1 FROM lead_scoring_rules)
"""
_LEADS_TO_SCORE = """
SELECT * FROM leads
WHERE lead_id > :after AND NOT EXISTS (
    SELECT 1 FROM lead_scores AS s
    WHERE s.lead_id = leads.lead_id AND s.rules_version = :rules_version AND s.scored_at >= :as_of
)
ORDER BY lead_id
LIMIT :limit
"""
_LEAD_IS_THERE = "SELECT 1 FROM leads WHERE lead_id = :lead_id"
_STATUS_CHANGES = """
SELECT status, changed_at FROM lead_status_changes WHERE lead_id = :lead_id ORDER BY change_id
"""
_SUBMISSIONS_OF_LEAD = """
SELECT * FROM form_submissions WHERE lead_id = :lead_id
ORDER BY submitted_at DESC, submission_id DESC
LIMIT :limit
"""
_DAILY_COUNTS = """
WITH happened AS (
    SELECT local_day(submitted_at, :time_zone) AS day, 1 AS submissions,
           state = 'accepted' AS accepted, 0 AS new_leads
    FROM form_submissions
    WHERE submitted_at >= :start AND submitted_at < :end
      AND (:form_id IS NULL OR form_id = :form_id)
      AND (:source IS NULL OR source = :source)
    UNION ALL
    SELECT local_day(first_submission_at, :time_zone), 0, 0, 1
    FROM leads AS l
    WHERE first_submission_at >= :start AND first_submission_at < :end
      AND (:source IS NULL OR source = :source)
      AND (:form_id IS NULL OR EXISTS (
          SELECT 1 FROM form_submissions AS f WHERE f.lead_id = l.lead_id AND f.form_id = :form_id
      ))
)
SELECT day, SUM(submissions) AS submissions, SUM(accepted) AS accepted, SUM(new_leads) AS new_leads
FROM happened
GROUP BY day
ORDER BY day
"""
_LEADS_BY_ID = """
SELECT l.*, s.points, s.grade, s.is_hot, s.scored_at, s.rules_version
FROM leads AS l
LEFT JOIN lead_scores AS s ON s.lead_id = l.lead_id
WHERE l.lead_id > :after
  AND (:status IS NULL OR l.status = :status)
  AND (:source IS NULL OR l.source = :source)
  AND (:min_score IS NULL OR s.total >= :min_score)
ORDER BY l.lead_id
LIMIT :limit
"""
_SUBMISSIONS_BY_TIME = """
SELECT * FROM form_submissions
WHERE form_id = :form_id
  AND (:state IS NULL OR state = :state)
  AND (:start IS NULL OR submitted_at >= :start)
  AND (:end IS NULL OR submitted_at < :end)
  AND (:after_at IS NULL OR (submitted_at, submission_id) > (:after_at, :after_id))
ORDER BY submitted_at, submission_id
LIMIT :limit
"""
_ANSWER_NAMES = """
SELECT DISTINCT answer.key AS name
FROM form_submissions, json_each(form_submissions.answers) AS answer
WHERE form_id = :form_id
ORDER BY name
LIMIT :limit
"""


class SQLiteLeadRepository(SQLiteRepository, LeadRepository):
    """Leads as a whole in tables."""

    @override
    def get_scoring_rules(self) -> ScoringRules:
        with self._unit.reading() as session:
            [row] = session.run(SCORING_RULES)
        return scoring_of(row)

    @override
    def add_scoring_rules(self, scoring: ScoringRules) -> None:
        with self._unit.writing() as session:
            added = session.change(
                _ADD_SCORING_RULES,
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
                _LEADS_TO_SCORE,
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
            if not session.run(_LEAD_IS_THERE, lead_id=lead_id):
                raise NotFoundError("lead")
            changes = session.run(_STATUS_CHANGES, lead_id=lead_id)
            submissions = session.run(_SUBMISSIONS_OF_LEAD, lead_id=lead_id, limit=limit)
        return LeadHistory(
            tuple(
                StatusChange(LeadStatus(row["status"]), instant(row["changed_at"]))
                for row in changes
            ),
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
                _DAILY_COUNTS,
                start=micros(start),
                end=micros(end),
                time_zone=time_zone,
                form_id=form_id,
                source=source,
            )
        return [
            DailyCounts(day_of(row["day"]), row["submissions"], row["accepted"], row["new_leads"])
            for row in rows
        ]

    @override
    def get_leads_by_id(
        self, query: LeadQuery, *, limit: int, after: LeadId | None = None
    ) -> list[ScoredLead]:
        with self._unit.reading() as session:
            rows = session.run(
                _LEADS_BY_ID,
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
                _SUBMISSIONS_BY_TIME,
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
            rows = session.run(_ANSWER_NAMES, form_id=form_id, limit=limit)
        return [row["name"] for row in rows]
