"""Backtests: scores what a model predicted before a cut against what happened after it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlog1py, xlogy

from succotash.domain.models.purchases import Array, PurchaseModel, PurchaseSample
from succotash.domain.models.spend import SpendModel
from succotash.domain.values import Json

type Flags = NDArray[np.bool_]

DECILES = 10
_CLIP = 1e-12
"""A certainty that proved wrong costs a log loss of 27.6, not infinity."""


@dataclass(frozen=True, slots=True)
class Decile:
    """Customers of alike predictions: what was said of them, their outcomes."""

    mean_predicted: float
    observed_share: float
    customers: int


@dataclass(frozen=True, slots=True)
class SilenceBacktest:
    """The accuracy of probabilities of inactivity on held-out time.

    What the data cannot tell is None; nothing is NaN or infinite.
    """

    customers: int
    silent_share: float | None
    """Customers who were inactive in the holdout."""
    brier: float | None
    brier_skill: float | None
    """1 - brier / brier of saying `silent_share` of everybody.

    None where all or none were inactive.
    """
    log_loss: float | None
    """In nats per customer."""
    auc: float | None
    """None where all or none were inactive."""
    calibration: tuple[Decile, ...]
    """At most ten, by rising prediction; equal predictions share one."""
    top_decile_lift: float | None
    """Inactive share of the tenth likeliest to be inactive, over `silent_share`."""

    def to_dict(self) -> dict[str, Json]:
        """Plain numbers, lists and None, as JSON takes them."""
        return asdict(self) | {"calibration": [asdict(each) for each in self.calibration]}

    def summary(self) -> dict[str, Json]:
        """The same without the calibration."""
        numbers = asdict(self)
        del numbers["calibration"]
        return numbers


@dataclass(frozen=True, slots=True)
class Backtest(SilenceBacktest):
    """The accuracy of a model: its P(no purchase in the holdout), and its purchase counts."""

    holdout_days: float
    actual_purchases: int
    predicted_purchases: float
    error_percent: float | None
    """The error of the total, above 0 where too much was predicted; None where nobody bought."""
    mae: float | None
    rmse: float | None
    naive_mae: float | None
    """The error if everybody goes on at the rate they had: x / T x days."""
    naive_rmse: float | None


def backtest_silence(probability: Array, inactive: Flags) -> SilenceBacktest:
    """Compare probabilities of silence with who was inactive, one row per customer."""
    probability = np.clip(probability, 0, 1)
    share = float(inactive.mean()) if len(inactive) else None
    base_brier = share * (1 - share) if share is not None else 0.0
    brier = _mean((probability - inactive) ** 2)
    return SilenceBacktest(
        customers=len(inactive),
        silent_share=share,
        brier=brier,
        brier_skill=1 - brier / base_brier if brier is not None and base_brier else None,
        log_loss=_mean(log_losses(probability, inactive)),
        auc=_auc(probability, inactive) if base_brier else None,
        calibration=_calibration(probability, inactive),
        top_decile_lift=_top_share(probability, inactive) / share if share else None,
    )


def log_losses(probability: Array, inactive: Flags) -> Array:
    """The log loss of each customer, in nats: -log of the probability given to what happened."""
    clipped = np.clip(probability, _CLIP, 1 - _CLIP)
    happened = inactive.astype(np.float64)
    loss = -xlogy(happened, clipped) - xlog1py(1 - happened, -clipped)
    return loss.astype(np.float64)


def backtest(
    model: PurchaseModel,
    frequency: Array,
    recency: Array,
    age: Array,
    *,
    holdout_purchases: Array,
    holdout_days: float,
) -> Backtest:
    """Compare `model`, fitted to what came before the cut, with the `holdout_days` after it.

    One row per customer who was known at the cut; `holdout_purchases` counts purchase days.
    """
    predicted = model.expected_purchases(frequency, recency, age, holdout_days)
    rate = np.divide(frequency, age, out=np.zeros_like(frequency), where=age > 0)
    naive = rate * holdout_days
    said = model.probability_inactive(frequency, recency, age, holdout_days)
    silence = backtest_silence(said, holdout_purchases == 0)
    actual_total, predicted_total = float(holdout_purchases.sum()), float(predicted.sum())
    return Backtest(
        **{each.name: getattr(silence, each.name) for each in fields(silence)},
        holdout_days=float(holdout_days),
        actual_purchases=round(actual_total),
        predicted_purchases=predicted_total,
        error_percent=100 * (predicted_total / actual_total - 1) if actual_total else None,
        mae=_mean(np.abs(predicted - holdout_purchases)),
        rmse=_root_mean((predicted - holdout_purchases) ** 2),
        naive_mae=_mean(np.abs(naive - holdout_purchases)),
        naive_rmse=_root_mean((naive - holdout_purchases) ** 2),
    )


@dataclass(frozen=True, slots=True)
class Tracking:
    """Purchases of all customers together, week by week of the holdout."""

    actual: tuple[int, ...]
    predicted: tuple[float, ...]
    error_percent: float | None
    """Mean distance between the two in a week, as a share of the mean actual week.

    None where nobody bought.
    """

    def to_dict(self) -> dict[str, Json]:
        """Plain numbers, lists and None, as JSON takes them."""
        return {
            "actual": list(self.actual),
            "predicted": list(self.predicted),
            "error_percent": self.error_percent,
        }


def track(model: PurchaseModel, known: PurchaseSample, weeks: Sequence[int]) -> Tracking:
    """Compare `model`, fitted to what came before the cut, with the whole weeks after it.

    `known` are the histories before the cut, `weeks` their purchase days in each week since.
    """
    history = (known.frequency, known.recency, known.age)
    reached = [
        float((model.expected_purchases(*history, 7.0 * week) * known.weight).sum())
        for week in range(1, len(weeks) + 1)
    ]
    predicted = np.diff(np.array([0.0, *reached]))
    actual = np.array(weeks, dtype=np.float64)
    total = float(actual.sum())
    return Tracking(
        tuple(weeks),
        tuple(predicted.tolist()),
        100 * float(np.abs(predicted - actual).sum()) / total if total else None,
    )


@dataclass(frozen=True, slots=True)
class SpendBacktest:
    """Errors of spend on held-out time, in the currency's units; None where nobody bought."""

    customers: int
    """The number of customers who bought in the holdout."""
    actual_revenue: float
    predicted_revenue: float
    """The predicted revenue of all customers: expected purchases times expected spend."""
    error_percent: float | None
    """The error of the revenue, above 0 where too much was predicted."""
    mae: float | None
    """The error of the mean spend per purchase day of those who bought."""
    rmse: float | None
    naive_mae: float | None
    """The error if each spends what they spent before; on average, who had not repeated."""
    naive_rmse: float | None

    def to_dict(self) -> dict[str, Json]:
        """Plain numbers and None, as JSON takes them."""
        return asdict(self)


def backtest_spend(
    purchases: PurchaseModel,
    spend: SpendModel,
    frequency: Array,
    recency: Array,
    age: Array,
    mean_spend: Array,
    *,
    holdout_purchases: Array,
    holdout_revenue: Array,
    holdout_days: float,
) -> SpendBacktest:
    """Compare models fitted to what came before the cut with what was spent after it.

    `mean_spend` is money per repeat purchase day before the cut, 0 where there was none.
    """
    expected = spend.expected_spend(frequency, mean_spend)
    bought = holdout_purchases > 0
    actual = holdout_revenue[bought] / holdout_purchases[bought]
    repeaters = frequency > 0
    average = float(mean_spend[repeaters].mean()) if repeaters.any() else 0.0
    naive = np.where(repeaters, mean_spend, average)[bought]
    predicted = purchases.expected_purchases(frequency, recency, age, holdout_days) * expected
    actual_total, predicted_total = float(holdout_revenue.sum()), float(predicted.sum())
    return SpendBacktest(
        customers=int(bought.sum()),
        actual_revenue=actual_total,
        predicted_revenue=predicted_total,
        error_percent=100 * (predicted_total / actual_total - 1) if actual_total else None,
        mae=_mean(np.abs(expected[bought] - actual)),
        rmse=_root_mean((expected[bought] - actual) ** 2),
        naive_mae=_mean(np.abs(naive - actual)),
        naive_rmse=_root_mean((naive - actual) ** 2),
    )


def _mean(values: Array) -> float | None:
    return float(values.mean()) if len(values) else None


def _root_mean(values: Array) -> float | None:
    return float(np.sqrt(values.mean())) if len(values) else None


def _ranks(values: Array) -> Array:
    """Ranks from 1; equal values share their middle rank."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2
    return middle.astype(np.float64)[place]


def _auc(probability: Array, inactive: Flags) -> float:
    """P(an inactive customer got the higher probability), ties counting half (Mann-Whitney)."""
    positives = int(inactive.sum())
    negatives = len(inactive) - positives
    above = float(_ranks(probability)[inactive].sum()) - positives * (positives + 1) / 2
    return above / (positives * negatives)


def _calibration(probability: Array, inactive: Flags) -> tuple[Decile, ...]:
    if not len(probability):
        return ()
    middle_rank = (_ranks(probability) - 0.5) / len(probability)
    of_decile = np.floor(DECILES * middle_rank).astype(np.intp)
    customers = np.bincount(of_decile, minlength=DECILES)
    predicted = np.bincount(of_decile, probability, DECILES)
    observed = np.bincount(of_decile, inactive, DECILES)
    return tuple(
        Decile(float(predicted[i] / n), float(observed[i] / n), int(n))
        for i, n in enumerate(customers)
        if n
    )


def _top_share(probability: Array, inactive: Flags) -> float:
    """Inactive share of the likeliest tenth; those tied at its edge count in proportion."""
    size = -(-len(probability) // DECILES)
    edge = np.partition(probability, -size)[-size]
    above, tied = probability > edge, probability == edge
    room = size - int(above.sum())
    return float((inactive[above].sum() + room * inactive[tied].mean()) / size)
