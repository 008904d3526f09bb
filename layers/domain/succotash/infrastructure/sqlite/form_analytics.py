"""Counts over submissions and leads in SQLite."""

from collections.abc import Sequence
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
from succotash.infrastructure.rows.labels import labelled
from succotash.infrastructure.rows.leads import (
    form_analytics_of,
    funnel_of,
    lead_breakdown_of,
)
from succotash.infrastructure.sqlite.columns import json_text, optional_micros
from succotash.infrastructure.sqlite.connection import Row
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("form_analytics")


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
            submissions = session.run(_SQL["count_submissions"], **asked)
            leads = session.run(_SQL["count_new_leads"], **asked)
        scored = sum(row["scored"] for row in leads)
        return form_analytics_of(
            by_state=_totals(submissions, "state", "submissions"),
            by_source=_totals(submissions, "source", "submissions"),
            by_form=_totals(submissions, "form_id", "submissions"),
            by_status=_totals(leads, "status", "leads"),
            hot_leads=sum(row["hot"] for row in leads),
            buyers=sum(row["buyers"] for row in leads),
            average_lead_score=sum(row["total"] or 0 for row in leads) / scored if scored else None,
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
                _SQL["get_lead_conversion_funnel"],
                stages=json_text(FUNNEL),
                start=optional_micros(start),
                end=optional_micros(end),
                form_id=form_id,
                source=source,
            )
        return funnel_of(rows)

    @override
    def get_lead_breakdown(
        self, *, start: datetime | None = None, end: datetime | None = None
    ) -> Labelled[LeadBreakdown]:
        with self._unit.reading() as session:
            rows = session.run(
                _SQL["get_lead_breakdown"],
                start=optional_micros(start),
                end=optional_micros(end),
                unscored=UNSCORED,
            )
        return labelled(rows, lead_breakdown_of(rows))


def _totals(rows: Sequence[Row], group: str, count: str) -> dict[str, int]:
    totals: dict[str, int] = {}
    for row in rows:
        totals[row[group]] = totals.get(row[group], 0) + row[count]
    return totals
