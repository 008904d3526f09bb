"""What every customer is scored with: found once in a run, kept with it, alike for all shards."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from succotash.application.scoring.backtest import run_backtest
from succotash.application.scoring.fitted_models import (
    fitted_to_dict,
    fitted_view,
    purchases_of_dict,
    spend_of_dict,
)
from succotash.application.scoring.ledgers import Columns, Sample
from succotash.application.scoring.settings import ScoringSettings
from succotash.application.scoring.valuation import (
    fit_spend_of,
    least_of_the_best,
    risk_basis,
    segment_bounds,
    valued,
)
from succotash.domain.models.churn import InactivityModel
from succotash.domain.models.levels import RiskThresholds, thresholds
from succotash.domain.models.selection import FittedPurchases, FittedSpend, fit_purchases
from succotash.domain.repositories.storage import Repositories
from succotash.domain.values import Json, SegmentId

VALUABLE_QUANTILE = 0.8


@dataclass(frozen=True, slots=True)
class Plan:
    """What every customer is scored with."""

    purchases: FittedPurchases
    """On purchase days: what is bought."""
    presence: FittedPurchases
    """On days with a purchase or activity: who stays."""
    spend: FittedSpend
    silence: InactivityModel
    """Whose probability of silence is a customer's churn probability."""
    cuts: RiskThresholds
    bounds: Sequence[tuple[SegmentId, int]]
    """Least predicted CLV of each segment in ten-thousandths, ascending."""
    valuable_from: int
    """Least predicted CLV of the best fifth, in ten-thousandths."""

    def to_dict(self) -> dict[str, Json]:
        """Serialised to be stored with the run."""
        return {
            "purchases": fitted_to_dict(self.purchases),
            "presence": fitted_to_dict(self.presence),
            "spend": fitted_to_dict(self.spend),
            "silence": self.silence.to_dict(),
            "low_up_to": self.cuts.low_up_to,
            "high_from": self.cuts.high_from,
            "bounds": [[segment_id, units] for segment_id, units in self.bounds],
            "valuable_from": self.valuable_from,
        }

    @classmethod
    def of_dict(cls, kept: Mapping[str, Json]) -> "Plan":
        """What `to_dict` gave; TypeError for anything else."""
        match kept:
            case {
                "purchases": dict(purchases),
                "presence": dict(presence),
                "spend": dict(spend),
                "low_up_to": int() | float() as low_up_to,
                "high_from": int() | float() as high_from,
                "bounds": list(bounds),
                "valuable_from": int(valuable_from),
            }:
                return cls(
                    purchases_of_dict(purchases),
                    purchases_of_dict(presence),
                    spend_of_dict(spend),
                    InactivityModel.of_dict(kept.get("silence")),
                    RiskThresholds(float(low_up_to), float(high_from)),
                    [_bound_of(each) for each in bounds],
                    valuable_from,
                )
            case _:
                raise TypeError(kept)

    def models_view(self, sampled: int | None) -> dict[str, Json]:
        """Serialised for the API, with how many customers the models were fitted to."""
        view: dict[str, Json] = {
            "purchases": fitted_view(self.purchases),
            "presence": fitted_view(self.presence),
            "spend": fitted_view(self.spend),
            "churn": self.silence.to_dict(),
        }
        return view if sampled is None else view | {"fitted_to_customers": sampled}


@dataclass(frozen=True, slots=True)
class PlanResult:
    """A plan, and what the backtest says of it."""

    plan: Plan
    sample: Sample
    backtest: dict[str, Json]
    is_worse_than_simple: bool
    """Whether P(silent) was worse on held-out time than saying the overall share of everybody."""


def make_plan(
    repositories: Repositories, executor: Executor, settings: ScoringSettings, as_of: datetime
) -> PlanResult:
    """Fit the models, judge them, and find the cuts of risk levels and segments."""
    sample = Sample.read(repositories, executor, settings, as_of)
    bought, present = Columns.of(sample.purchases.days), Columns.of(sample.presence)
    tested = run_backtest(repositories, executor, settings, as_of, sample, bought, present)
    candidates = settings.purchase_models
    purchases = fit_purchases(bought.sample(), tested.purchases, candidates=candidates)
    presence = (
        purchases
        if bought.equals(present)
        else fit_purchases(present.sample(), tested.presence, candidates=candidates)
    )
    spend = fit_spend_of(sample.purchases, bought)
    predicted = valued(settings, sample.purchases, purchases.model, spend.model).predicted
    silence = InactivityModel() if tested.churn is None else tested.churn.chosen
    days = settings.churn_horizon_days
    basis = risk_basis(
        silence, purchases.model, presence.model, sample.purchases.days, sample.presence, days
    )
    plan = Plan(
        purchases,
        presence,
        spend,
        silence,
        thresholds(settings.risk_rule, basis, np.ones_like(present.frequency)),
        segment_bounds(repositories.ltv.get_all_ltv_segments(), predicted),
        least_of_the_best(predicted, VALUABLE_QUANTILE),
    )
    skill = None if tested.churn is None else tested.churn.best.brier_skill
    return PlanResult(plan, sample, tested.view, skill is not None and skill < 0)


def _bound_of(kept: Json) -> tuple[SegmentId, int]:
    match kept:
        case [str(segment_id), int(least)]:
            return SegmentId(segment_id), least
        case _:
            raise TypeError(kept)
