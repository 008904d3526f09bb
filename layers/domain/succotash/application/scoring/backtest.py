"""The backtest: models are fitted before a cut, and judged by what came after it.

The cut lies as many days back as the history can hold out, up to the horizon of values, so that the
model which is used for a year ahead is chosen on a year where there is one. What came within
shorter times after the cut judges the churn probability, calibrates the chance of coming back, and
is reported.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from succotash.application.scoring.ledgers import (
    Columns,
    Sample,
    joined_histories,
    joined_purchases,
)
from succotash.application.scoring.settings import ScoringSettings
from succotash.application.scoring.valuation import UNIT, fit_spend_of, inactivity_basis, mean_spend
from succotash.domain.models.backtest import Tracking, backtest, backtest_spend, track
from succotash.domain.models.churn import InactivityComparison, choose_inactivity
from succotash.domain.models.horizons import HorizonErrors, judged_horizons
from succotash.domain.models.interval_calibration import (
    IntervalCalibration,
    fit_interval_calibration,
)
from succotash.domain.models.purchases import column
from succotash.domain.models.return_chance import ReturnCalibration, fit_return_calibration
from succotash.domain.models.selection import Candidate, Comparison, FittedSpend, compare
from succotash.domain.repositories.storage import Repositories
from succotash.domain.value.ledgers import Histories, PurchaseHistories
from succotash.domain.values import Json, Shard

SHORTEST_HOLDOUT_DAYS = 7


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """The result of the backtest; no comparison where no time could be held out."""

    view: dict[str, Json]
    purchases: Comparison | None = None
    activity: Comparison | None = None
    churn: InactivityComparison | None = None
    returning: ReturnCalibration | None = None
    intervals: IntervalCalibration | None = None
    longest: HorizonErrors | None = None


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The histories before a cut, with what came after it within some days or others."""

    cut: datetime
    purchases: dict[int, PurchaseHistories]
    """The errors of purchases, by the days held out."""

    @classmethod
    def read(
        cls,
        repositories: Repositories,
        cut: datetime,
        time_zone: str,
        horizons: Sequence[int],
        shards: Sequence[Shard | None],
    ) -> "HeldOut":
        """Read the ledgers of these shards."""
        return cls(
            cut,
            {
                days: joined_purchases(
                    [
                        repositories.ltv.purchase_histories(
                            cut, time_zone, shard=shard, holdout_until=cut + timedelta(days=days)
                        )
                        for shard in shards
                    ]
                )
                for days in horizons
            },
        )


def run_backtest(
    repositories: Repositories,
    executor: Executor,
    settings: ScoringSettings,
    as_of: datetime,
    sample: Sample,
    bought: Columns,
    present: Columns,
) -> BacktestResult:
    """Fit the candidates to what was known before a cut, and judge them on what came after it."""
    span = max((float(each.max()) for each in (bought.age, present.age) if len(each)), default=0.0)
    longest = min(settings.value_horizon_days, int(span // 2))
    if longest < SHORTEST_HOLDOUT_DAYS:
        return BacktestResult(
            {"skipped": f"{span:.0f} days of history are too few to hold any out"}
        )
    cut, zone = as_of - timedelta(days=longest), settings.time_zone
    churn_days = min(settings.churn_horizon_days, longest)
    return_days = min(settings.return_horizon_days, longest)
    # Where activity adds no day as of the run, it added none before the cut either.
    reading = (
        None
        if bought.equals(present)
        else executor.submit(
            _presence, repositories, cut, cut + timedelta(days=churn_days), zone, sample.shards
        )
    )
    horizons = judged_horizons(longest, also=(churn_days, return_days))
    held_out = HeldOut.read(repositories, cut, zone, horizons, sample.shards).purchases
    weeks = [
        repositories.ltv.count_purchases_by_week(cut, as_of, zone, shard=shard)
        for shard in sample.shards
    ]
    whole = held_out[longest]
    purchases = _judge(whole.days, longest, settings.purchase_models)
    activity, histories = purchases, held_out[churn_days].days
    if reading is not None:
        histories = reading.result().without(whole.left_out)
        activity = _judge(histories, churn_days, settings.purchase_models)
    churn = _judge_inactivity(purchases, activity, whole.days, histories, churn_days)
    spend = fit_spend_of(whole, Columns.of(whole.days))
    errors = [_judge_horizon(purchases, spend, held_out[days], days) for days in horizons]
    returning = _calibrate(purchases, held_out[return_days].days, return_days)
    intervals = _calibrate_intervals(purchases, spend, whole, longest, as_of)
    view: dict[str, Json] = {
        "cut": cut.isoformat(),
        "purchases": purchases.to_dict(),
        "presence": activity.to_dict(),
        "churn": churn.to_dict(),
        "returning": returning.to_dict(),
        "intervals": intervals.to_dict(),
        "horizons": [each.to_dict() for each in errors],
        "weekly": _track(purchases, whole, longest, weeks).to_dict(),
        "spend": {
            "model": spend.model.name,
            "reason": spend.reason,
            **errors[-1].spend.to_dict(),
        },
    }
    return BacktestResult(view, purchases, activity, churn, returning, intervals, errors[-1])


def _presence(
    repositories: Repositories,
    cut: datetime,
    until: datetime,
    time_zone: str,
    shards: Iterable[Shard | None],
) -> Histories:
    return joined_histories(
        [
            repositories.retention.activity_summaries(
                cut, time_zone, shard=shard, holdout_until=until
            ).days
            for shard in shards
        ]
    )


def _judge(histories: Histories, days: int, candidates: Sequence[Candidate]) -> Comparison:
    known = Columns.of(histories)
    return compare(
        known.frequency,
        known.recency,
        known.age,
        holdout_purchases=column(histories.holdout),
        holdout_days=days,
        candidates=candidates,
    )


def _judge_inactivity(
    purchases: Comparison, activity: Comparison, bought: Histories, present: Histories, days: int
) -> InactivityComparison:
    basis = inactivity_basis(
        purchases.best.fitted.model, activity.best.fitted.model, bought, present, days
    )
    return choose_inactivity(basis, column(present.holdout) == 0, days)


def _calibrate(winner: Comparison, histories: Histories, days: int) -> ReturnCalibration:
    known = Columns.of(histories)
    return fit_return_calibration(
        winner.best.fitted.model,
        known.frequency,
        known.recency,
        known.age,
        holdout_purchases=column(histories.holdout),
        holdout_days=days,
    )


def _calibrate_intervals(
    winner: Comparison,
    spend: FittedSpend,
    purchases: PurchaseHistories,
    days: int,
    as_of: datetime,
) -> IntervalCalibration:
    known = Columns.of(purchases.days)
    return fit_interval_calibration(
        winner.best.fitted,
        spend,
        known.frequency,
        known.recency,
        known.age,
        mean_spend(purchases, known),
        brought=column(purchases.holdout_revenue) / UNIT,
        days=days,
        # A run that is repeated finds the same.
        random=np.random.default_rng(as_of.toordinal()),
    )


def _judge_horizon(
    judged: Comparison, spend: FittedSpend, purchases: PurchaseHistories, days: int
) -> HorizonErrors:
    known = Columns.of(purchases.days)
    came = column(purchases.days.holdout)
    results = [
        (
            each.fitted.model.name,
            backtest(
                each.fitted.model,
                known.frequency,
                known.recency,
                known.age,
                holdout_purchases=came,
                holdout_days=days,
            ),
        )
        for each in judged.ranked
    ]
    money = backtest_spend(
        judged.best.fitted.model,
        spend.model,
        known.frequency,
        known.recency,
        known.age,
        mean_spend(purchases, known),
        holdout_purchases=came,
        holdout_revenue=column(purchases.holdout_revenue) / UNIT,
        holdout_days=days,
    )
    return HorizonErrors(days, results[0][0], results[0][1], money, tuple(results))


def _track(
    winner: Comparison, purchases: PurchaseHistories, days: int, weeks: Sequence[Sequence[int]]
) -> Tracking:
    """Whole weeks only."""
    known = Columns.of(purchases.days).sample()
    together = [sum(each) for each in zip(*weeks, strict=True)]
    return track(winner.best.fitted.model, known, together[: days // 7])
