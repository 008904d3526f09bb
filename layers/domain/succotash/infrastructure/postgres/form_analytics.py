"""Counts over submissions and leads in PostgreSQL."""

from datetime import datetime
from typing import override

from succotash.domain.forms.submissions import SubmissionState
from succotash.domain.leads.analytics import ConversionFunnel, FormAnalytics, FunnelStage
from succotash.domain.leads.leads import FUNNEL
from succotash.domain.repositories.form_analytics import FormAnalyticsRepository
from succotash.domain.values import FormId
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.sql import form_analytics as sql


class PostgresFormAnalyticsRepository(PostgresRepository, FormAnalyticsRepository):
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
        [row] = self._run(sql.FORM_ANALYTICS, start=start, end=end, form_id=form_id, source=source)
        by_state, by_source, by_form, by_status = (counts or {} for counts in row[:4])
        hot_leads, average_score = row[4:]
        return FormAnalytics(
            total_submissions=sum(by_state.values()),
            accepted=by_state.get(SubmissionState.ACCEPTED, 0),
            quarantined=by_state.get(SubmissionState.QUARANTINED, 0),
            duplicates=by_state.get(SubmissionState.DUPLICATE, 0),
            unconfirmed=by_state.get(SubmissionState.UNCONFIRMED, 0),
            new_leads=sum(by_status.values()),
            hot_leads=hot_leads,
            average_lead_score=average_score,
            submissions_by_source=by_source,
            submissions_by_form=by_form,
            leads_by_status=by_status,
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
        rows = self._run(
            sql.CONVERSION_FUNNEL,
            start=start,
            end=end,
            form_id=form_id,
            source=source,
            stages=list(FUNNEL),
        )
        return ConversionFunnel(
            tuple(
                FunnelStage(status, reached)
                for status, (_, reached, _) in zip(FUNNEL, rows, strict=True)
            ),
            lost=rows[0][2],
        )
