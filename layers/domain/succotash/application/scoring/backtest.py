"""How right the models would have been: fitted before a cut, judged by what came after it."""

from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime, timedelta

from succotash.application.scoring.ledgers import (
    Columns,
    Sample,
    joined_histories,
    joined_purchases,
)
from succotash.application.scoring.settings import ScoringSettings
from succotash.application.scoring.valuation import UNIT, fit_spend_of, mean_spend, purchase_silence
from succotash.domain.models.backtest import Tracking, backtest_spend, track
from succotash.domain.models.churn import InactivityComparison, choose_silence
from succotash.domain.models.purchases import column
from succotash.domain.models.selection import Candidate, Comparison, compare
from succotash.domain.repositories.storage import Repositories
from succotash.domain.value.ledgers import Histories, PurchaseHistories
from succotash.domain.values import Json, Shard

SHORTEST_HOLDOUT_DAYS = 7


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """What the backtest found; no comparison where no time could be held out."""

    view: dict[str, Json]
    purchases: Comparison | None = None
    presence: Comparison | None = None
    churn: InactivityComparison | None = None


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
    days = min(settings.churn_horizon_days, int(span // 2))
    if days < SHORTEST_HOLDOUT_DAYS:
        return BacktestResult(
            {"skipped": f"{span:.0f} days of history are too few to hold any out"}
        )
    cut, zone = as_of - timedelta(days=days), settings.time_zone
    # Where activity adds no day as of the run, it added none before the cut either.
    reading = (
        None
        if bought.equals(present)
        else executor.submit(_presence, repositories, cut, as_of, zone, sample.shards)
    )
    held_out = joined_purchases(
        [
            repositories.ltv.purchase_histories(cut, zone, shard=shard, holdout_until=as_of)
            for shard in sample.shards
        ]
    )
    weeks = [
        repositories.ltv.count_purchases_by_week(cut, as_of, zone, shard=shard)
        for shard in sample.shards
    ]
    purchases = _judge(held_out.days, days, settings.purchase_models)
    presence, histories = purchases, held_out.days
    if reading is not None:
        histories = reading.result().without(held_out.left_out)
        presence = _judge(histories, days, settings.purchase_models)
    churn = _judge_silence(purchases, presence, held_out.days, histories, days)
    view: dict[str, Json] = {
        "cut": cut.isoformat(),
        "purchases": purchases.to_dict(),
        "presence": presence.to_dict(),
        "churn": churn.to_dict(),
        "weekly": _track(purchases, held_out, days, weeks).to_dict(),
        "spend": _judge_spend(purchases, held_out, days),
    }
    return BacktestResult(view, purchases, presence, churn)


def _presence(
    repositories: Repositories,
    cut: datetime,
    as_of: datetime,
    time_zone: str,
    shards: Iterable[Shard | None],
) -> Histories:
    return joined_histories(
        [
            repositories.retention.activity_summaries(
                cut, time_zone, shard=shard, holdout_until=as_of
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


def _judge_silence(
    purchases: Comparison, presence: Comparison, bought: Histories, present: Histories, days: int
) -> InactivityComparison:
    known = Columns.of(present)
    said = presence.best.fitted.model.probability_inactive(
        known.frequency, known.recency, known.age, days
    )
    by_purchases = purchase_silence(purchases.best.fitted.model, bought, present, days)
    return choose_silence(said, by_purchases, column(present.holdout) == 0)


def _track(
    winner: Comparison, purchases: PurchaseHistories, days: int, weeks: Sequence[Sequence[int]]
) -> Tracking:
    """Whole weeks only."""
    known = Columns.of(purchases.days).sample()
    together = [sum(each) for each in zip(*weeks, strict=True)]
    return track(winner.best.fitted.model, known, together[: days // 7])


def _judge_spend(winner: Comparison, purchases: PurchaseHistories, days: int) -> dict[str, Json]:
    known = Columns.of(purchases.days)
    spend = fit_spend_of(purchases, known)
    found = backtest_spend(
        winner.best.fitted.model,
        spend.model,
        known.frequency,
        known.recency,
        known.age,
        mean_spend(purchases, known),
        holdout_purchases=column(purchases.days.holdout),
        holdout_revenue=column(purchases.holdout_revenue) / UNIT,
        holdout_days=days,
    )
    return {"model": spend.model.name, "reason": spend.reason, **found.to_dict()}
