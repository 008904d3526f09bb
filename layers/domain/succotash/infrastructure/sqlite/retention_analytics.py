"""Where all customers of a run stand in SQLite."""

from typing import override

from succotash.domain.repositories.retention_analytics import RetentionAnalyticsRepository
from succotash.domain.retention.retention import RetentionAnalytics, RiskLevel
from succotash.domain.values import RunId
from succotash.errors import CurrencyMismatchError
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.rows import total
from succotash.infrastructure.sqlite.runs import named_run

_RISK_TOTALS = """
SELECT p.risk_level, COUNT(*) AS customers, SUM(p.churn_probability) AS chances,
       exact_sum(v.residual_value) AS residual_value, MIN(v.currency) AS currency,
       MAX(v.currency) AS other_currency
FROM churn_predictions AS p
LEFT JOIN customer_ltv AS v ON v.run_id = p.run_id AND v.customer_id = p.customer_id
WHERE p.run_id = :run_id
GROUP BY p.risk_level
"""
_ENGAGEMENT_TOTALS = """
SELECT segment, COUNT(*) AS customers, SUM(engagement_score) AS scores
FROM user_engagement_profiles
WHERE run_id = :run_id
GROUP BY segment
"""


class SQLiteRetentionAnalyticsRepository(SQLiteRepository, RetentionAnalyticsRepository):
    """Where all customers of a run stand."""

    @override
    def get_retention_analytics(self, run_id: RunId | None = None) -> RetentionAnalytics:
        with self._unit.reading() as session:
            run_id = named_run(session, run_id)
            risks = session.run(_RISK_TOTALS, run_id=run_id)
            segments = session.run(_ENGAGEMENT_TOTALS, run_id=run_id)
        at_risk = [row for row in risks if row["risk_level"] == RiskLevel.HIGH]
        for row in at_risk:
            if row["currency"] != row["other_currency"]:
                raise CurrencyMismatchError(row["currency"], row["other_currency"])
        customers = sum(row["customers"] for row in risks)
        profiled = sum(row["customers"] for row in segments)
        chances = sum(row["chances"] for row in risks)
        scores = sum(row["scores"] for row in segments)
        return RetentionAnalytics(
            run_id=run_id,
            customers=customers,
            by_risk_level={row["risk_level"]: row["customers"] for row in risks},
            by_segment={row["segment"]: row["customers"] for row in segments},
            average_churn_probability=chances / customers if customers else None,
            average_engagement_score=scores / profiled if profiled else None,
            value_at_risk=total(at_risk, "residual_value"),
        )
