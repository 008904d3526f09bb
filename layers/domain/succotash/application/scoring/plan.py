"""The plan of a run: made once, stored with the run, the same for all shards."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import datetime

from succotash.application.scoring.backtest import run_backtest
from succotash.application.scoring.fitted_models import (
    fitted_to_dict,
    fitted_view,
    purchases_of_dict,
    spend_of_dict,
)
from succotash.application.scoring.forecast_weeks import due_weeks
from succotash.application.scoring.ledgers import Columns, Sample
from succotash.application.scoring.receipts import ForecastModels, due_gradings, month_of
from succotash.application.scoring.run_views import JUDGED
from succotash.application.scoring.settings import ScoringSettings
from succotash.application.scoring.valuation import (
    RiskModels,
    at_risk,
    fit_spend_of,
    least_of_the_best,
    segment_bounds,
    valued,
)
from succotash.domain.models.churn import InactivityModel
from succotash.domain.models.forecasts import TenthEdges
from succotash.domain.models.horizons import judgement_of
from succotash.domain.models.interval_calibration import IntervalCalibration
from succotash.domain.models.return_chance import ReturnCalibration
from succotash.domain.models.risk_levels import RiskThresholds, risk_thresholds
from succotash.domain.models.selection import FittedPurchases, FittedSpend, fit_purchases
from succotash.domain.repositories.storage import Repositories
from succotash.domain.scoring.judgement import Judgement
from succotash.domain.values import Json, RunId, SegmentId

VALUABLE_QUANTILE = 0.8


@dataclass(frozen=True, slots=True)
class Plan:
    """Models, thresholds and calibrations that score every customer."""

    purchases: FittedPurchases
    """On purchase days: what is bought, and who stays."""
    activity: FittedPurchases
    """On days with a purchase or activity: who is active."""
    spend: FittedSpend
    inactivity: InactivityModel
    """The model of a customer's churn probability by the two."""
    returning: ReturnCalibration
    """The calibration of the chance of return by the purchase model."""
    intervals: IntervalCalibration
    """The calibration of the width of values' intervals."""
    judgement: Judgement
    """The known error of values."""
    thresholds: RiskThresholds
    bounds: Sequence[tuple[SegmentId, int]]
    """Least predicted CLV of each segment in ten-thousandths, ascending."""
    valuable_from: int
    """Least predicted CLV of the best fifth, in ten-thousandths."""
    tenths: TenthEdges | None = None
    """The tenths of the month's receipt; None where it is sealed already."""
    gradings: Sequence[tuple[RunId, int]] = ()
    """The receipts, by run and days, whose days have passed since."""
    weeks: Sequence[tuple[RunId, int]] = ()
    """The receipts, by run, of which more weeks have passed than are counted, and how many have."""

    def to_dict(self) -> dict[str, Json]:
        """Serialised to be stored with the run."""
        return {
            "purchases": fitted_to_dict(self.purchases),
            "presence": fitted_to_dict(self.activity),
            "spend": fitted_to_dict(self.spend),
            "inactivity": self.inactivity.to_dict(),
            "returning": self.returning.to_dict(),
            "intervals": self.intervals.to_dict(),
            "judgement": self.judgement.to_dict(),
            "everybody": self.thresholds.everybody,
            "low_up_to": self.thresholds.low_up_to,
            "high_from": self.thresholds.high_from,
            "bounds": [[segment_id, units] for segment_id, units in self.bounds],
            "valuable_from": self.valuable_from,
            "tenths": None if self.tenths is None else self.tenths.to_dict(),
            "gradings": [[run_id, days] for run_id, days in self.gradings],
            "weeks": [[run_id, weeks] for run_id, weeks in self.weeks],
        }

    @classmethod
    def of_dict(cls, kept: Mapping[str, Json]) -> "Plan":
        """Read a plan from the output of `to_dict`; TypeError for anything else."""
        match kept:
            case {
                "purchases": dict(purchases),
                "presence": dict(activity),
                "spend": dict(spend),
                "inactivity": inactivity,
                "returning": returning,
                "judgement": dict(judgement),
                "everybody": int() | float() as everybody,
                "low_up_to": int() | float() as low_up_to,
                "high_from": int() | float() as high_from,
                "bounds": list(bounds),
                "valuable_from": int(valuable_from),
                "gradings": list(gradings),
            }:
                return cls(
                    purchases_of_dict(purchases),
                    purchases_of_dict(activity),
                    spend_of_dict(spend),
                    InactivityModel.of_dict(inactivity),
                    ReturnCalibration.of_dict(returning),
                    # A run that the release before planned draws as it did.
                    IntervalCalibration()
                    if (intervals := kept.get("intervals")) is None
                    else IntervalCalibration.of_dict(intervals),
                    Judgement.of_dict(judgement),
                    RiskThresholds(float(everybody), float(low_up_to), float(high_from)),
                    [_bound_of(each) for each in bounds],
                    valuable_from,
                    None if (tenths := kept.get("tenths")) is None else TenthEdges.of_dict(tenths),
                    [_grading_of(each) for each in gradings],
                    # None in a run that the release before planned.
                    _weeks_of(kept.get("weeks")),
                )
            case _:
                raise TypeError(kept)

    @property
    def forecast_models(self) -> ForecastModels:
        """The models that predict purchases, revenue and inactivity."""
        return ForecastModels(self.purchases, self.activity, self.spend, self.inactivity)

    @property
    def risk_models(self) -> RiskModels:
        """The models and thresholds of churn risk."""
        return RiskModels(
            self.purchases.model, self.activity.model, self.inactivity, self.returning
        )

    def models_view(self, sampled: int | None) -> dict[str, Json]:
        """Serialised for the API, with how many customers the models were fitted to."""
        view: dict[str, Json] = {
            "purchases": fitted_view(self.purchases),
            "presence": fitted_view(self.activity),
            "spend": fitted_view(self.spend),
            "churn": self.inactivity.to_dict(),
            "returning": self.returning.to_dict(),
            "intervals": self.intervals.to_dict(),
            JUDGED: self.judgement.to_dict(),
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
    """Fit the models, judge them, and find the thresholds of risk levels and segments."""
    sample = Sample.read(repositories, executor, settings, as_of)
    bought, present = Columns.of(sample.purchases.days), Columns.of(sample.activity)
    tested = run_backtest(repositories, executor, settings, as_of, sample, bought, present)
    candidates = settings.purchase_models
    purchases = fit_purchases(bought.sample(), tested.purchases, candidates=candidates)
    activity = (
        purchases
        if bought.equals(present)
        else fit_purchases(present.sample(), tested.activity, candidates=candidates)
    )
    spend = fit_spend_of(sample.purchases, bought)
    worth = valued(settings, sample.purchases, purchases.model, spend.model)
    inactivity = InactivityModel() if tested.churn is None else tested.churn.chosen
    # What was found for one model is no correction of another.
    judged = None if tested.purchases is None else tested.purchases.best.fitted.model.name
    is_judged = purchases.model.name == judged
    returning = (tested.returning if is_judged else None) or ReturnCalibration()
    intervals = (tested.intervals if is_judged else None) or IntervalCalibration()
    risk_models = RiskModels(purchases.model, activity.model, inactivity, returning)
    risk = at_risk(risk_models, settings, sample.purchases.days, sample.activity, worth.residual)
    plan = Plan(
        purchases,
        activity,
        spend,
        inactivity,
        returning,
        intervals,
        judgement_of(settings.value_horizon_days, tested.longest),
        risk_thresholds(settings.risk_rule, risk.basis, settings.churn_horizon_days),
        segment_bounds(repositories.ltv.get_all_ltv_segments(), worth.predicted),
        least_of_the_best(worth.predicted, VALUABLE_QUANTILE),
        gradings=due_gradings(repositories, settings, as_of),
        weeks=due_weeks(repositories, settings, as_of),
    )
    if not repositories.retention.has_receipt(month_of(as_of, settings.time_zone)):
        forecasts = plan.forecast_models.forecasts(sample.purchases, sample.activity)
        plan = replace(plan, tenths=TenthEdges.of(forecasts))
    skill = None if tested.churn is None else tested.churn.best.brier_skill
    return PlanResult(plan, sample, tested.view, skill is not None and skill < 0)


def _grading_of(kept: Json) -> tuple[RunId, int]:
    match kept:
        case [str(run_id), int(days)]:
            return RunId(run_id), days
        case _:
            raise TypeError(kept)


def _weeks_of(kept: Json) -> list[tuple[RunId, int]]:
    match kept:
        case None:
            return []
        case list():
            return [_grading_of(each) for each in kept]
        case _:
            raise TypeError(kept)


def _bound_of(kept: Json) -> tuple[SegmentId, int]:
    match kept:
        case [str(segment_id), int(least)]:
            return SegmentId(segment_id), least
        case _:
            raise TypeError(kept)
