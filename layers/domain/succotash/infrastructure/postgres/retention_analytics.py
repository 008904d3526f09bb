"""Where all customers of a run stand in PostgreSQL."""

from decimal import Decimal
from typing import override

from succotash.domain.repositories.retention_analytics import RetentionAnalyticsRepository
from succotash.domain.retention.retention import RetentionAnalytics
from succotash.domain.values import Currency, Money, RunId
from succotash.errors import CurrencyMismatchError
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.sql import retention_analytics as sql


class PostgresRetentionAnalyticsRepository(PostgresRepository, RetentionAnalyticsRepository):
    """Where all customers of a run stand."""

    @override
    def get_retention_analytics(self, run_id: RunId | None = None) -> RetentionAnalytics:
        [row] = self._run(sql.RETENTION_ANALYTICS, run_id=run_id)
        found, by_risk, by_segment, churn, engagement, amount, currency, other = row
        return RetentionAnalytics(
            found,
            customers=sum((by_risk or {}).values()),
            by_risk_level=by_risk or {},
            by_segment=by_segment or {},
            average_churn_probability=churn,
            average_engagement_score=engagement,
            value_at_risk=_sum_of_money(amount, currency, other),
        )


def _sum_of_money(
    amount: Decimal | None, currency: Currency | None, other: Currency | None
) -> Money | None:
    """The sum of amounts whose least and greatest currency code are given; None of none."""
    if amount is None or currency is None or other is None:
        return None
    if currency != other:
        raise CurrencyMismatchError(currency, other)
    return Money(amount, currency)
