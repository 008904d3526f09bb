"""Between which amounts what a customer still brings will probably lie."""

import numpy as np

from succotash.domain.models.purchases import Array
from succotash.domain.models.selection import FittedPurchases, FittedSpend
from succotash.domain.value.ltv import INTERVAL_LEVEL

DRAWS = 199
"""With 199 draws the tenth of ten equal shares begins exactly at a draw."""
_BLOCK = 8_192
"""Customers taken together, so that their draws fit a few megabytes."""
_LARGEST_DEVIATION = 4.0
"""Parameters are drawn within this many standard errors."""


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
    draws: int = DRAWS,
) -> tuple[Array, Array]:
    """Least and largest residual value of the central `level`, each of shape (customers,).

    A parametric bootstrap. Every draw takes parameters from their asymptotic normal distribution
    (in logs; none are drawn for a model without standard errors) and then lets each customer live
    through the horizon: alive or not, their own rate and chance to leave, purchases, their own
    amounts. So the interval is about what one customer will bring, which is far less certain than
    their expected value: most of its width is chance, not ignorance of parameters. Of those who buy
    nothing with at least the probability (1 + level) / 2, it is 0 to 0.

    `residual` is what `discounted_residual` says for the same horizon and margin; its ratio to the
    undiscounted expectation discounts every purchase alike, so the timing of purchases within the
    horizon adds no width. Money as in `residual`; add the actual value for an interval of CLV.
    """
    if not 0 < level < 1 or draws < 1:
        raise ValueError("a level lies between 0 and 1, and draws are at least one")
    history = (frequency, recency, age)
    expected = purchases.model.expected_purchases(*history, horizon_days)
    undiscounted = expected * spend.model.expected_spend(frequency, mean_spend)
    worth = np.divide(
        residual, undiscounted, out=np.full_like(residual, margin), where=undiscounted > 0
    )
    low, high = np.zeros_like(residual), np.zeros_like(residual)
    tail = (1 - level) / 2
    silent = purchases.model.probability_inactive(*history, horizon_days)
    telling = np.flatnonzero(silent < 1 - tail)
    # The k-th of n draws has k / (n + 1) of what is possible below it.
    first = max(int(tail * (draws + 1) + 1e-9), 1) - 1
    last = draws - 1 - first
    models = [
        (
            purchases.model.with_parameters(**_drawn(purchases, random)),
            spend.model.with_parameters(**_drawn(spend, random)),
        )
        for _ in range(draws)
    ]
    for start in range(0, len(telling), _BLOCK):
        rows = telling[start : start + _BLOCK]
        x, t_x, t, m = frequency[rows], recency[rows], age[rows], mean_spend[rows]
        brought = np.empty((draws, len(rows)))
        for draw, (buying, spending) in enumerate(models):
            bought = buying.simulate_purchases(x, t_x, t, horizon_days, random)
            brought[draw] = spending.simulate_spend(x, m, bought, random)
        brought.partition((first, last), axis=0)
        low[rows], high[rows] = brought[first] * worth[rows], brought[last] * worth[rows]
    return low, high


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
