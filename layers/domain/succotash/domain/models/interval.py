"""Between which amounts what a customer still brings will probably lie."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from succotash.domain.models.purchases import Array, PurchaseModel
from succotash.domain.models.selection import FittedPurchases, FittedSpend
from succotash.domain.models.spend import SpendModel
from succotash.domain.value.ltv import INTERVAL_LEVEL

DRAWS = 199
"""With 199 draws every tenth of what is possible ends exactly at a draw."""
_BLOCK = 8_192
"""Customers taken together, so that their draws fit a few megabytes."""
_LARGEST_DEVIATION = 4.0
"""Parameters are drawn within this many standard errors."""


@dataclass(frozen=True, slots=True)
class ValueInterval:
    """The range of future revenue, one row per customer; money as in the residual value."""

    low: Array
    median: Array
    """The median; 0 where nothing more is at least as probable as anything."""
    high: Array
    probability_of_nothing: Array
    """P(no purchase within the horizon)."""


def value_interval(
    purchases: FittedPurchases,
    spend: FittedSpend,
    frequency: Array,
    recency: Array,
    age: Array,
    mean_spend: Array,
    residual: Array,
    *,
    horizon_days: float,
    margin: float,
    random: np.random.Generator,
    level: float = INTERVAL_LEVEL,
    drawn_level: float | None = None,
    draws: int = DRAWS,
) -> ValueInterval:
    """Between which amounts what each customer still brings lies with the probability `level`.

    What a customer brings is nothing with a probability of its own, and some amount otherwise. So
    the interval depends on that probability:

    - at least `level`: the point 0, which holds with the probability of nothing.
    - more than (1 - level) / 2: from 0, which belongs to it, up to the quantile `level`.
    - otherwise: the central `level`, with as much below as above.

    Each is the smallest of its kind that holds with at least `level`, and the median lies in it.
    The expected value need not: for a customer who probably buys nothing it is a small share of
    what they bring if they do buy.

    What is drawn holds with `level` where customers live as the models say. `drawn_level` is what
    has to be drawn so that it holds as often among customers who do not (`interval_calibration`);
    by default `level` itself.

    A parametric bootstrap. Every draw takes parameters from their asymptotic normal distribution
    (in logs; none are drawn for a model without standard errors) and then lets each customer live
    through the horizon: alive or not, their own rate and chance to leave, purchases, their own
    amounts. So the interval is about what one customer will bring, which is far less certain than
    their expected value: most of its width is chance, not ignorance of parameters.

    `residual` is what `discounted_residual` says for the same horizon and margin; its ratio to the
    undiscounted expectation discounts every purchase alike, so the timing of purchases within the
    horizon adds no width. Add the actual value for an interval of CLV.
    """
    if not 0.5 <= level < 1 or draws < 1:  # noqa: PLR2004 - below, it would not hold the median
        raise ValueError("a level lies between 0.5 and 1, and draws are at least one")
    drawn = level if drawn_level is None else drawn_level
    if not level <= drawn < 1:
        raise ValueError("what is drawn holds with the level at least")
    history = (frequency, recency, age)
    expected = purchases.model.expected_purchases(*history, horizon_days)
    undiscounted = expected * spend.model.expected_spend(frequency, mean_spend)
    worth = np.divide(
        residual, undiscounted, out=np.full_like(residual, margin), where=undiscounted > 0
    )
    nothing = purchases.model.probability_inactive(*history, horizon_days)
    low, median, high = (np.zeros_like(residual) for _ in range(3))
    tail, drawn_tail = (1 - level) / 2, (1 - drawn) / 2
    places = [_draw_at(each, draws) for each in (drawn_tail, 0.5, drawn, 1 - drawn_tail)]
    least, middle, upper, most = places
    models = drawn_models(purchases, spend, draws, random)
    uncertain = np.flatnonzero(nothing < level)
    for start in range(0, len(uncertain), _BLOCK):
        rows = uncertain[start : start + _BLOCK]
        one = (frequency[rows], recency[rows], age[rows])
        brought = drawn_amounts(models, *one, mean_spend[rows], horizon_days, random)
        brought.partition(places, axis=0)
        from_nothing = nothing[rows] > tail
        low[rows] = np.where(from_nothing, 0.0, brought[least]) * worth[rows]
        # The draws may show somewhat more of nothing than there is: it alone does not suffice.
        some = np.where(brought > 0, brought, np.inf).min(axis=0, initial=np.inf)
        enough = np.maximum(brought[upper], np.where(np.isfinite(some), some, 0.0))
        high[rows] = np.where(from_nothing, enough, brought[most]) * worth[rows]
        median[rows] = np.where(nothing[rows] < 0.5, brought[middle], 0.0) * worth[rows]  # noqa: PLR2004
    return ValueInterval(low, median, high, nothing)


type DrawnModels = Sequence[tuple[PurchaseModel, SpendModel]]


def drawn_models(
    purchases: FittedPurchases, spend: FittedSpend, draws: int, random: np.random.Generator
) -> DrawnModels:
    """The two models as they might have come out, as many times."""
    return [
        (
            purchases.model.with_parameters(**_drawn(purchases, random)),
            spend.model.with_parameters(**_drawn(spend, random)),
        )
        for _ in range(draws)
    ]


def drawn_amounts(
    models: DrawnModels,
    frequency: Array,
    recency: Array,
    age: Array,
    mean_spend: Array,
    days: float,
    random: np.random.Generator,
) -> Array:
    """Draw each customer's revenue within the days by each of the models: (draws, rows)."""
    brought = np.empty((len(models), len(frequency)))
    for draw, (buying, spending) in enumerate(models):
        bought = buying.simulate_purchases(frequency, recency, age, days, random)
        brought[draw] = spending.simulate_spend(frequency, mean_spend, bought, random)
    return brought


def _draw_at(share: float, draws: int) -> int:
    """The index of the sorted draw with this share of the distribution below it: k / (n + 1)."""
    return min(max(int(share * (draws + 1) + 1e-9), 1), draws) - 1


def _drawn(fitted: FittedPurchases | FittedSpend, random: np.random.Generator) -> dict[str, float]:
    """Parameters as they might have come out; those found where nothing says how far they vary."""
    found = fitted.model.parameters()
    if fitted.precision is None:
        return dict(found)
    values, vectors = np.linalg.eigh(fitted.precision.log_covariance)
    normal = np.clip(random.standard_normal(len(values)), -_LARGEST_DEVIATION, _LARGEST_DEVIATION)
    moved = (vectors * (np.sqrt(np.maximum(values, 0.0)) * normal)).sum(axis=1)
    return {
        name: value * float(np.exp(each))
        for (name, value), each in zip(found.items(), moved, strict=True)
    }
