"""The state of all customers of a run in PostgreSQL."""

from typing import override

from succotash.domain.repositories.retention_analytics import RetentionAnalyticsRepository
from succotash.domain.retention.retention import RetentionAnalytics
from succotash.domain.values import RunId
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.rows.retention import retention_analytics_of

_SQL = statements("retention_analytics")


class PostgresRetentionAnalyticsRepository(PostgresRepository, RetentionAnalyticsRepository):
    """The state of all customers of a run."""

    @override
    def get_retention_analytics(self, run_id: RunId | None = None) -> RetentionAnalytics:
        [row] = self._run(_SQL["get_retention_analytics"], run_id=run_id)
        return retention_analytics_of(row)
