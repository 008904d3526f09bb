"""Scoring runs by settings."""

from typing import TYPE_CHECKING

from succotash.domain.people.identities import Pseudonyms
from succotash.domain.repositories.delivery import RelayWaker
from succotash.domain.repositories.storage import Storage
from succotash.domain.values import Clock, Currency
from succotash.settings import Settings

if TYPE_CHECKING:
    from succotash.application.scoring.churn_scoring import ChurnScoring
    from succotash.application.scoring.settings import ScoringSettings


def churn_scoring(
    settings: Settings,
    storage: Storage,
    clock: Clock,
    pseudonyms: Pseudonyms,
    waker: RelayWaker,
) -> "ChurnScoring":
    """The scheduled run."""
    from succotash.application.people.settling import CustomerSettling
    from succotash.application.scoring.churn_scoring import ChurnScoring

    settle = CustomerSettling(storage, pseudonyms).settle
    return ChurnScoring(storage, scoring_settings(settings), clock, settle, waker)


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
