"""Churn risk as a retention team can use it: three levels and a score from 1 to 10.

Why P(silent) alone is no risk level. Of the 2,357 CDNOW customers, 86% have P(no purchase in 90
days) above 0.7 on 1998-07-01: half of them bought once, 500 days ago, and would hardly come back
within 90 days even if they were as interested as ever. A cut-off on that probability calls nearly
everybody high; a quantile of it calls those high who left for certain a year ago and those low who
are slipping away now, because nobody is as surely silent as the long gone.

What is asked instead is what the silence has cost: the *loss*, P(the customer has left, and would
have bought within the horizon had they stayed) = P(left) x P(purchase | not left). It is small for
the loyal (they have not left), for one-time buyers (nothing could be expected of them), and it
fades for the long gone (had they stayed at all, they would be slow buyers). It is large for
repeat customers whose silence is unusual for them.

The rule:

- `low`: P(silent) is at most the low cut. They are likely to come back by themselves.
- `high`: P(silent) is above it, the customer has bought again at least once, P(alive) is at least
  `gone_below`, and the loss is at least the high cut. Worth acting on now.
- `medium`: everybody else. Silence is to be expected, but it is either nothing new or too late.

The cuts come from the data, since a shop for furniture and one for food differ in rhythm. They are
quantiles among the customers worth acting on, those with a repeat purchase and P(alive) of at least
`gone_below`: the loss that `high_share` of them reach, and the P(silent) that `low_share` of them
stay below, but no less than `silent_from`, so that in a healthy shop nobody need be at risk. On
CDNOW as of 1998-07-01 12% of the customers are low, 79% medium (two thirds of them one-time buyers)
and 9% high: they came back every 53 days (median) and have been silent for 300 (BG/NBD; with
MBG/NBD 11%, 78% and 10%). The churn probability itself stays what the model says, whatever the
level.

Within a level the score rises with the churn probability: 1 to 4 are low, 5 to 7 medium, 8 to 10
high.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from succotash.domain.models.purchases import Array, PurchaseModel
from succotash.domain.retention.risk import RiskRule

type Levels = NDArray[np.int8]

LOW, MEDIUM, HIGH = 0, 1, 2
_NOBODY = 2.0
"""A cut that no probability reaches."""
_FIRST_SCORE = np.array([1, 5, 8])
_SCORES = np.array([4, 3, 3])


@dataclass(frozen=True, slots=True)
class RiskBasis:
    """What the rule looks at, one row per customer (or weighted history)."""

    frequency: Array
    probability_alive: Array
    probability_inactive: Array
    probability_lost: Array
    """P(has left, and would have bought within the horizon had they stayed)."""

    @classmethod
    def of(
        cls, model: PurchaseModel, frequency: Array, recency: Array, age: Array, days: float
    ) -> Self:
        """As `model` sees customers, for a horizon of `days`."""
        alive = model.probability_alive(frequency, recency, age)
        silent = model.probability_inactive(frequency, recency, age, days)
        if_alive = model.probability_silent_if_alive(frequency, recency, age, days)
        return cls(frequency, alive, silent, (1 - alive) * (1 - if_alive))

    def worth_acting_on(self, rule: RiskRule) -> NDArray[np.bool_]:
        """Those who bought again and are not gone."""
        return (self.frequency > 0) & (self.probability_alive >= rule.gone_below)


@dataclass(frozen=True, slots=True)
class RiskThresholds:
    """The two cuts of one run; found once, then applied to every shard alike."""

    low_up_to: float
    """P(silent) of at most this is low."""
    high_from: float
    """A loss of at least this may be high; above 1 where nobody is worth acting on."""


def thresholds(rule: RiskRule, basis: RiskBasis, weight: Array) -> RiskThresholds:
    """The cuts for a population given as a sample with `weight` customers per row."""
    worth = basis.worth_acting_on(rule)
    if not worth.any():
        return RiskThresholds(rule.silent_from, _NOBODY)
    weights = weight[worth]
    low = _quantile(basis.probability_inactive[worth], weights, rule.low_share)
    high = _quantile(basis.probability_lost[worth], weights, 1 - rule.high_share)
    return RiskThresholds(max(low, rule.silent_from), high if rule.high_share else _NOBODY)


def risk_levels(rule: RiskRule, cuts: RiskThresholds, basis: RiskBasis) -> Levels:
    """0 low, 1 medium, 2 high, of shape (customers,)."""
    expected_back = basis.probability_inactive <= cuts.low_up_to
    costly = basis.worth_acting_on(rule) & (basis.probability_lost >= cuts.high_from)
    levels: Levels = np.select([expected_back, costly], [LOW, HIGH], MEDIUM).astype(np.int8)
    return levels


def risk_scores(cuts: RiskThresholds, levels: Levels, probability_inactive: Array) -> Levels:
    """1 (least) to 10, of shape (customers,); within a level it rises with P(silent)."""
    cut = cuts.low_up_to
    below = probability_inactive / max(cut, np.finfo(np.float64).tiny)
    above = (probability_inactive - cut) / max(1 - cut, np.finfo(np.float64).tiny)
    position = np.clip(np.where(levels == LOW, below, above), 0.0, 1.0)
    steps = np.minimum(np.floor(position * _SCORES[levels]), _SCORES[levels] - 1)
    scores: Levels = (_FIRST_SCORE[levels] + steps).astype(np.int8)
    return scores


def _quantile(values: Array, weights: Array, share: float) -> float:
    """The smallest value at or below which at least `share` of the weight lies."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    place = int(np.searchsorted(reached, share * reached[-1]))
    return float(values[order[min(place, len(order) - 1)]])
