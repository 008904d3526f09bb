"""Scoring runs by settings."""

from typing import TYPE_CHECKING

from succotash.domain.values import Currency
from succotash.settings import Settings

if TYPE_CHECKING:
    from succotash.application.scoring.settings import ScoringSettings


def scoring_settings(settings: Settings) -> "ScoringSettings":
    """The settings of scoring runs."""
    from succotash.application.scoring.settings import ScoringSettings
    from succotash.domain.models.selection import Candidate
    from succotash.domain.retention.risk import RiskRule

    return ScoringSettings(
        currency=Currency(settings.currency),
        time_zone=settings.time_zone,
        value_horizon_days=settings.value_horizon_days,
        churn_horizon_days=settings.churn_horizon_days,
        discount_rate=settings.discount_rate,
        margin=settings.margin,
        purchase_models=tuple(map(Candidate, settings.purchase_models.split(","))),
        risk_rule=RiskRule(
            silent_from=settings.risk_silent_from,
            low_at_least=settings.risk_low_at_least,
            high_at_most=settings.risk_high_at_most,
            likely_ratio=settings.risk_likely_ratio,
            lost_ratio=settings.risk_lost_ratio,
        ),
        publishes_worse=settings.publish_worse,
        runs_kept=settings.runs_kept,
    )
