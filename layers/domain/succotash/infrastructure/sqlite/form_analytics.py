"""Counts over submissions and leads in SQLite."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

from succotash.domain.forms.submissions import SubmissionState
from succotash.domain.leads.analytics import ConversionFunnel, FormAnalytics, FunnelStage
from succotash.domain.leads.leads import FUNNEL
from succotash.domain.repositories.form_analytics import FormAnalyticsRepository
from succotash.domain.values import FormId
from succotash.infrastructure.sqlite.columns import json_text, optional_micros
from succotash.infrastructure.sqlite.connection import Row
from succotash.infrastructure.sqlite.repository import SQLiteRepository

_SUBMISSION_COUNTS = """
SELECT form_id, source, state, COUNT(*) AS submissions
FROM form_submissions
WHERE (:start IS NULL OR submitted_at >= :start)
  AND (:end IS NULL OR submitted_at < :end)
  AND (:form_id IS NULL OR form_id = :form_id)
  AND (:source IS NULL OR source = :source)
GROUP BY form_id, source, state
"""
_NEW_LEAD_COUNTS = """
SELECT l.status, COUNT(*) AS leads, COUNT(s.total) AS scored, SUM(s.total) AS total,
       COUNT(*) FILTER (WHERE s.is_hot = 1) AS hot
FROM leads AS l
LEFT JOIN lead_scores AS s ON s.lead_id = l.lead_id
WHERE (:start IS NULL OR l.first_submission_at >= :start)
  AND (:end IS NULL OR l.first_submission_at < :end)
  AND (:source IS NULL OR l.source = :source)
  AND (:form_id IS NULL OR EXISTS (
      SELECT 1 FROM form_submissions AS f WHERE f.lead_id = l.lead_id AND f.form_id = :form_id
  ))
GROUP BY l.status
"""
_FUNNEL_COUNTS = """
WITH stages AS (SELECT value AS status, key AS place FROM json_each(:stages)),
furthest AS (
    SELECT l.status = 'closed_lost' AS is_lost, MAX(stages.place) AS place
    FROM leads AS l
    LEFT JOIN lead_status_changes AS c ON c.lead_id = l.lead_id
    LEFT JOIN stages ON stages.status = c.status
    WHERE (:start IS NULL OR l.first_submission_at >= :start)
      AND (:end IS NULL OR l.first_submission_at < :end)
      AND (:source IS NULL OR l.source = :source)
      AND (:form_id IS NULL OR EXISTS (
          SELECT 1 FROM form_submissions AS f WHERE f.lead_id = l.lead_id AND f.form_id = :form_id
      ))
    GROUP BY l.lead_id
)
SELECT place, COUNT(*) AS leads, SUM(is_lost) AS lost FROM furthest GROUP BY place
"""


class SQLiteFormAnalyticsRepository(SQLiteRepository, FormAnalyticsRepository):
    """Counts over submissions and leads."""

    @override
    def get_form_analytics(
        self,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        form_id: FormId | None = None,
        source: str | None = None,
    ) -> FormAnalytics:
        asked: dict[str, object] = {
            "start": optional_micros(start),
            "end": optional_micros(end),
            "form_id": form_id,
            "source": source,
        }
        with self._unit.reading() as session:
            submissions = session.run(_SUBMISSION_COUNTS, **asked)
            leads = session.run(_NEW_LEAD_COUNTS, **asked)
        by_state = _totals(submissions, "state", "submissions")
        scored = sum(row["scored"] for row in leads)
        return FormAnalytics(
            total_submissions=sum(by_state.values()),
            accepted=by_state.get(SubmissionState.ACCEPTED, 0),
            quarantined=by_state.get(SubmissionState.QUARANTINED, 0),
            duplicates=by_state.get(SubmissionState.DUPLICATE, 0),
            unconfirmed=by_state.get(SubmissionState.UNCONFIRMED, 0),
            new_leads=sum(row["leads"] for row in leads),
            hot_leads=sum(row["hot"] for row in leads),
            average_lead_score=sum(row["total"] or 0 for row in leads) / scored if scored else None,
            submissions_by_source=_totals(submissions, "source", "submissions"),
            submissions_by_form=_totals(submissions, "form_id", "submissions"),
            leads_by_status=_totals(leads, "status", "leads"),
        )

    @override
    def get_lead_conversion_funnel(
        self,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        form_id: FormId | None = None,
        source: str | None = None,
    ) -> ConversionFunnel:
        with self._unit.reading() as session:
            rows = session.run(
                _FUNNEL_COUNTS,
                stages=json_text(FUNNEL),
                start=optional_micros(start),
                end=optional_micros(end),
                form_id=form_id,
                source=source,
            )
        placed = [(row["place"], row["leads"]) for row in rows if row["place"] is not None]
        return ConversionFunnel(
            stages=tuple(
                FunnelStage(status, sum(leads for place, leads in placed if place >= stage))
                for stage, status in enumerate(FUNNEL)
            ),
            lost=sum(row["lost"] for row in rows),
        )


def _totals(rows: Sequence[Row], group: str, count: str) -> dict[str, int]:
    totals: dict[str, int] = {}
    for row in rows:
        totals[row[group]] = totals.get(row[group], 0) + row[count]
    return totals
