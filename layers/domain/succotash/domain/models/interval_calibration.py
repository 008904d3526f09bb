"""Calibrates the width of intervals so that they hold as often as they say.

What models draw holds with 80% where customers live as the models say. Real customers change:
CDNOW's bought more in 1998 than their past says, and what one of them spends moves further from
their mean than Gamma-Gamma knows. So each run looks at the customers of its backtest whose interval
is no point, and finds for each of them the least level at which the interval, drawn before the cut,
holds what came after it. Intervals are then drawn at the level that is enough for 80% of these
customers (split conformal prediction: V. Vovk, A. Gammerman and G. Shafer, 2005, Algorithmic
Learning in a Random World), and never at less than 80%.

The model's own word counts as much as 50 customers: where few can be looked at it stands, without a
number of customers at which that changes.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from succotash.domain.models.interval import DRAWS, drawn_amounts, drawn_models
from succotash.domain.models.purchases import Array
from succotash.domain.models.selection import FittedPurchases, FittedSpend
from succotash.domain.value.ltv import INTERVAL_LEVEL
from succotash.domain.values import Json

MODELS_WORD = 50.0
"""Customers as whom the model's own word counts."""
MOST_CUSTOMERS = 20_000
"""The most customers to look at: as many tell the level to within a hundredth."""
_LEVELS = np.arange(round(INTERVAL_LEVEL * (DRAWS + 1)), DRAWS + 1) / (DRAWS + 1)
"""The levels that can be told apart with so many draws."""
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class IntervalCalibration:
    """The level at which intervals are drawn; as it stands, the one that they claim."""

    drawn_level: float = INTERVAL_LEVEL
    held: float | None = None
    """The share of the customers looked at whose interval held as the models draw it."""
    days: float | None = None
    """The days of held-out time that it was found on; None where there was none."""
    customers: int = 0
    """The number of customers it was found on: those whose interval is no point."""

    def to_dict(self) -> dict[str, Json]:
        """Serialised to be stored with the run, and for the API."""
        return {
            "level": INTERVAL_LEVEL,
            "drawn_level": self.drawn_level,
            "held_before": self.held,
            "judged_days": self.days,
            "judged_customers": self.customers,
        }

    @classmethod
    def of_dict(cls, kept: Json) -> Self:
        """Read a calibration that `to_dict` wrote; TypeError for anything else."""
        match kept:
            case {
                "drawn_level": int() | float() as drawn_level,
                "held_before": (int() | float() | None) as held,
                "judged_days": (int() | float() | None) as days,
                "judged_customers": int(customers),
            }:
                return cls(float(drawn_level), held, days, customers)
            case _:
                raise TypeError(kept)


def fit_interval_calibration(
    purchases: FittedPurchases,
    spend: FittedSpend,
    frequency: Array,
    recency: Array,
    age: Array,
    mean_spend: Array,
    *,
    brought: Array,
    days: float,
    random: np.random.Generator,
) -> IntervalCalibration:
    """Calibrate the draws of models that were fitted to the time before the held-out days.

    One row per customer who had bought by then; `brought` is what they spent in those days.
    """
    nothing = purchases.model.probability_inactive(frequency, recency, age, days)
    rows = np.flatnonzero(nothing < INTERVAL_LEVEL)
    if not len(rows):
        return IntervalCalibration(days=float(days))
    rows = rows[:: -(-len(rows) // MOST_CUSTOMERS)]
    models = drawn_models(purchases, spend, DRAWS, random)
    drawn = drawn_amounts(
        models, frequency[rows], recency[rows], age[rows], mean_spend[rows], days, random
    )
    below = (drawn < brought[rows]).sum(axis=0) / (DRAWS + 1)
    from_nothing = nothing[rows] > (1 - INTERVAL_LEVEL) / 2
    # Of a central interval of level q, (1 - q) / 2 lie below it and as much above.
    enough = np.where(from_nothing, below, np.abs(2 * below - 1))
    found = len(rows) + MODELS_WORD
    for level in _LEVELS.tolist():
        held = int((enough <= level + _ROUNDING).sum())
        if held + MODELS_WORD * level >= INTERVAL_LEVEL * found - _ROUNDING:
            break
    drawn_so = float((enough <= INTERVAL_LEVEL + _ROUNDING).mean())
    return IntervalCalibration(level, drawn_so, float(days), len(rows))
