"""The state of all customers, and how right the runs that say so were."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from succotash.application.campaigns.summary_views import summary_view
from succotash.application.paging import require_page
from succotash.application.retention.views import (
    ModelReport,
    RetentionAnalyticsView,
    RetentionChangeView,
)
from succotash.application.rounding import rounded_or_none
from succotash.application.scoring.run_views import run_currency, run_or_none, run_report
from succotash.domain.repositories.storage import Storage
from succotash.domain.retention.labels import Labelled
from succotash.domain.retention.retention import RetentionAnalytics, RiskLevel
from succotash.domain.values import Currency, Json, Money

type Summary = Labelled[Mapping[str, Json]]

RUNS_COMPARED = 11
"""The current run, and those before it among which one tells where customers stood."""


class RetentionReports:
    """Reports of the current run, and of those before it."""

    def __init__(self, storage: Storage, currency: Currency) -> None:
        self._storage = storage
        self._currency = currency

    def get_retention_analytics(self) -> RetentionAnalyticsView:
        """The state of all customers by the current run."""
        retention = self._storage.repositories.retention
        current, *superseded = retention.get_published_runs(limit=RUNS_COMPARED)
        found = (
            RetentionAnalytics.of_dict(current.run.run_id, current.found)
            if current.found
            else retention.get_retention_analytics()
        )
        run = run_or_none(current.run)
        summary = retention.get_campaign_performance_summary(currency=self._currency)
        at_risk = found.value_at_risk or Money(Decimal(0), run_currency(run, self._currency))
        return {
            "customers": found.customers,
            "churn_risk_distribution": found.by_risk_level,
            "segment_distribution": found.by_segment,
            "high_risk_customers": found.by_risk_level.get(RiskLevel.HIGH, 0),
            "average_churn_probability": rounded_or_none(found.average_churn_probability),
            "average_engagement_score": rounded_or_none(found.average_engagement_score),
            "value_at_risk": at_risk.rounded(),
            "currency": at_risk.currency,
            "campaign_metrics": summary_view(summary, self._currency),
            "change": _change(found, _run_before(current, superseded), at_risk.currency),
            "run": run,
        }

    def get_model_report(self, limit: int = 10) -> ModelReport:
        """The last runs with their models and backtests, latest first."""
        runs = self._storage.repositories.retention.get_scoring_runs(limit=require_page(limit))
        return {"runs": [run_report(each) for each in runs]}


def _run_before(current: Summary, superseded: Iterable[Summary]) -> Summary | None:
    """The run that the current one replaced, where it is known where customers stood by it."""
    known = (each for each in superseded if each.found)
    return next((each for each in known if each.run.as_of < current.run.as_of), None)


def _change(
    now: RetentionAnalytics, earlier: Summary | None, currency: Currency
) -> RetentionChangeView | None:
    if earlier is None:
        return None
    before = RetentionAnalytics.of_dict(earlier.run.run_id, earlier.found)

    def moved(here: Mapping[str, int], there: Mapping[str, int]) -> dict[str, int]:
        return {name: here.get(name, 0) - there.get(name, 0) for name in sorted({*here, *there})}

    nothing = Money(Decimal(0), currency)
    risks = moved(now.by_risk_level, before.by_risk_level)
    return {
        "since": earlier.run.as_of,
        "customers": now.customers - before.customers,
        "high_risk_customers": risks.get(RiskLevel.HIGH, 0),
        "value_at_risk": (
            (now.value_at_risk or nothing) - (before.value_at_risk or nothing)
        ).rounded(),
        "churn_risk_distribution": risks,
        "segment_distribution": moved(now.by_segment, before.by_segment),
    }
