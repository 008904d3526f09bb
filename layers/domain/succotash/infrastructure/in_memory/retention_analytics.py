"""The state of all customers of a run in memory."""

from collections import Counter
from statistics import fmean
from typing import override

from succotash.domain.repositories.retention_analytics import RetentionAnalyticsRepository
from succotash.domain.retention.retention import RetentionAnalytics, RiskLevel
from succotash.domain.values import RunId
from succotash.infrastructure.in_memory.ledger import total
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import atomic


class InMemoryRetentionAnalyticsRepository(InMemoryRepository, RetentionAnalyticsRepository):
    """The state of all customers of a run."""

    @override
    @atomic
    def get_retention_analytics(self, run_id: RunId | None = None) -> RetentionAnalytics:
        run_id = self.tables.run_named(run_id)
        predictions = list(self.tables.predictions_by_run[run_id])
        profiles = list(self.tables.profiles_by_run[run_id])
        chances = [each.churn_probability for each in predictions]
        engagement = [each.engagement_score for each in profiles]
        at_risk = (each.value_at_risk for each in predictions if each.risk_level is RiskLevel.HIGH)
        return RetentionAnalytics(
            run_id,
            customers=len(predictions),
            by_risk_level=dict(Counter(each.risk_level.value for each in predictions)),
            by_segment=dict(Counter(each.segment.value for each in profiles)),
            average_churn_probability=fmean(chances) if chances else None,
            average_engagement_score=fmean(engagement) if engagement else None,
            value_at_risk=total(value for value in at_risk if value is not None),
        )
