"""Counts over submissions and leads in PostgreSQL."""

from datetime import datetime
from typing import override

from succotash.domain.leads.analytics import (
    UNSCORED,
    ConversionFunnel,
    FormAnalytics,
    LeadBreakdown,
)
from succotash.domain.leads.leads import FUNNEL
from succotash.domain.repositories.form_analytics import FormAnalyticsRepository
from succotash.domain.retention.labels import Labelled
from succotash.domain.values import FormId
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.rows.labels import labelled
from succotash.infrastructure.rows.leads import (
    form_analytics_of,
    funnel_of,
    lead_breakdown_of,
)

_SQL = statements("form_analytics")


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
        [row] = self._work.run_for_values(
            _SQL["get_form_analytics"], start=start, end=end, form_id=form_id, source=source
        )
        return form_analytics_of(
            by_state=row.json("by_state") or {},
            by_source=row.json("by_source") or {},
            by_form=row.json("by_form") or {},
            by_status=row.json("by_status") or {},
            hot_leads=row["hot_leads"],
            buyers=row["buyers"],
            average_lead_score=row["average_lead_score"],
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
        rows = self._work.run_for_values(
            _SQL["get_lead_conversion_funnel"],
            start=start,
            end=end,
            form_id=form_id,
            source=source,
            stages=list(FUNNEL),
        )
        return funnel_of(rows)

    @override
    def get_lead_breakdown(
        self, *, start: datetime | None = None, end: datetime | None = None
    ) -> Labelled[LeadBreakdown]:
        rows = self._work.run_for_values(
            _SQL["get_lead_breakdown"], start=start, end=end, unscored=UNSCORED
        )
        return labelled(rows, lead_breakdown_of(rows))
