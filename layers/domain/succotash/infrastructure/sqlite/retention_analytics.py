"""The state of all customers of a run in SQLite."""

from typing import override

from succotash.domain.repositories.retention_analytics import RetentionAnalyticsRepository
from succotash.domain.retention.retention import RetentionAnalytics
from succotash.domain.values import RunId
from succotash.infrastructure.rows.retention import retention_analytics_of
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.runs import named_run
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("retention_analytics")


class SQLiteRetentionAnalyticsRepository(SQLiteRepository, RetentionAnalyticsRepository):
    """The state of all customers of a run."""

    @override
    def get_retention_analytics(self, run_id: RunId | None = None) -> RetentionAnalytics:
        with self._unit.reading() as session:
            run_id = named_run(session, run_id)
            [row] = session.run(_SQL["get_retention_analytics"], run_id=run_id)
        return retention_analytics_of(row)
