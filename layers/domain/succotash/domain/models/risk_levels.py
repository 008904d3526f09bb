"""Churn risk as a retention team can use it: four levels, and a score from 1 to 10.

Why P(inactive) alone is no risk level. Of the 2,357 CDNOW customers, 86% have P(no purchase in 90
days) above 0.7 on 1998-07-01: half of them bought once, 500 days ago, and would hardly come back
within 90 days even if they were as interested as ever. A cut-off on that probability, or a quantile
of it, calls those high who left for certain a year ago. Nor is P(alive) a level: it is too low for
heavy buyers who pause, and too high for those who bought once (`return_chance`).

So a level goes by two numbers that hold for a shop of any rhythm. The *chance of coming back* is
P(a purchase within twice the churn horizon), calibrated on held-out customers, and is compared with
everybody's: the mean over all who ever bought. The *value at risk* is what is still expected of a
customer within the value horizon, P(alive) included, times the churn probability. It is small for
the loyal (little risk) and for those who are gone (little value). The first of these that holds:

- `lost`: at most half as likely to come back as everybody, no likelier than 1 in 4, and not seen
  within the churn horizon, or likely gone by their own rhythm. Nothing that is written to them is
  likely to be worth it.
- `low`: not slipping away, and likelier to be active within the churn horizon than not, or among
  the 6% least likely to churn and likely to return. They come by themselves.
- `high`: likely to return, but not by themselves, and among the tenth of all customers with the
  greatest value at risk. They are those worth writing to.
- `medium`: everybody else.

Slipping away are those who have been inactive for more than twice their usual gap, and have left
with a probability of at least 15%. Without that rule a weekly buyer would be low while P(alive) is
above one half, and lost soon after: within the 90 days of the churn horizon they either come or are
gone. It is in these weeks that a message may keep them. Customers seen on one day only have no
usual gap, and are never slipping away.

Likely to return is a chance of at least twice everybody's, or of at least 45%: where everybody
returns, twice their chance is more than anybody has. It is never a chance below 10%: where hardly
anybody returns, twice their chance is next to none. Cut-offs are found once per run, and then
applied to every customer alike; of equal values at risk either all are high or none, so that high
are never more than the tenth. Those who never bought have no value at risk; they are low, medium
or lost by their chance of being active again.

Within `low`, `medium` and `high` the score rises with the churn probability: 1 to 4, 5 to 7, and 8
to 10. The score says how urgent it is to act; for the lost it is 1.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from succotash.domain.models.purchases import Array
from succotash.domain.retention.risk import RiskRule

type Levels = NDArray[np.int8]

LOW, MEDIUM, HIGH, LOST = 0, 1, 2, 3
LIKELY_FROM = 0.45
"""A customer with this chance is likely to return in any shop."""
LIKELY_AT_LEAST = 0.1
"""The least chance of return that counts as likely in any shop."""
LOST_UP_TO = 0.25
"""The greatest chance of return that counts as lost in any shop."""
SLIPPING_FROM = 0.15
"""P(left) of customers who are slipping away."""
GONE_FROM = 0.5
"""P(left) of customers who are likely gone."""
SILENT_GAPS = 2.0
"""Usual gaps after which a silence is out of the ordinary."""
_NOBODY = float(np.finfo(np.float64).max)
"""A value at risk that nobody reaches; JSON knows no infinity."""
_FIRST_SCORE = np.array([1, 5, 8, 1])
_SCORES = np.array([4, 3, 3, 1])


@dataclass(frozen=True, slots=True)
class RiskBasis:
    """The inputs of the rule, one row per customer."""

    has_bought: NDArray[np.bool_]
    probability_inactive: Array
    """P(no purchase and no activity within the churn horizon)."""
    return_chance: Array
    """P(a purchase within twice that), of those who never bought P(activity)."""
    inactive_days: Array
    """Since the last day with a purchase or activity."""
    usual_gap: Array
    """Mean days between days with a purchase or activity; infinite where there was one day."""
    alive: Array
    """The customer's P(alive)."""
    value_at_risk: Array
    """In units of the currency; of those who never bought 0."""

    def silent_and_left(self, probability: float) -> NDArray[np.bool_]:
        """Inactive for longer than usual, and gone with this probability at least."""
        is_silent = self.inactive_days > SILENT_GAPS * self.usual_gap
        return is_silent & (1 - self.alive >= probability)


@dataclass(frozen=True, slots=True)
class RiskThresholds:
    """The thresholds of one run: found once, then applied to every shard alike."""

    everybody: float
    """Mean chance of coming back of those who ever bought."""
    low_up_to: float
    """P(inactive) of at most this is low for those likely to return."""
    high_from: float
    """Least value at risk of those who are high."""

    def likely_from(self, rule: RiskRule) -> float:
        """The least chance of customers who are likely to return."""
        return min(max(rule.likely_ratio * self.everybody, LIKELY_AT_LEAST), LIKELY_FROM)

    def lost_up_to(self, rule: RiskRule) -> float:
        """The greatest chance of customers who are lost."""
        return min(rule.lost_ratio * self.everybody, LOST_UP_TO)


def risk_thresholds(rule: RiskRule, basis: RiskBasis, churn_horizon: float) -> RiskThresholds:
    """The cut-offs of a population, given as it is or as a sample of it."""
    customers = len(basis.return_chance)
    if not customers:
        return RiskThresholds(0.0, rule.silent_from, _NOBODY)
    bought = basis.has_bought
    everybody = float(basis.return_chance[bought].mean()) if bought.any() else 0.0
    found = RiskThresholds(everybody, _low_up_to(rule, basis), 0.0)
    levels = risk_levels(rule, found, basis, churn_horizon)
    at_risk = np.sort(basis.value_at_risk[levels == HIGH])
    room = int(rule.high_at_most * customers)
    if len(at_risk) <= room:
        return found
    # Of those at the edge of the room all are left out where not all fit in.
    fitting = at_risk[at_risk > at_risk[-room - 1]]
    return replace(found, high_from=float(fitting[0]) if len(fitting) else _NOBODY)


def _low_up_to(rule: RiskRule, basis: RiskBasis) -> float:
    """P(inactive) of the least likely to churn, of those not slipping away."""
    inactive = basis.probability_inactive[~basis.silent_and_left(SLIPPING_FROM)]
    if not len(inactive):
        return 0.0
    share = min(rule.low_at_least * len(basis.alive) / len(inactive), 1.0)
    return float(np.quantile(inactive, share, method="inverted_cdf"))


def risk_levels(
    rule: RiskRule, thresholds: RiskThresholds, basis: RiskBasis, churn_horizon: float
) -> Levels:
    """Low, medium, high or lost as numbers, of shape (customers,)."""
    chance, inactive = basis.return_chance, basis.probability_inactive
    likely = chance >= thresholds.likely_from(rule)
    away = (basis.inactive_days >= churn_horizon) | basis.silent_and_left(GONE_FROM)
    lost = (chance <= thresholds.lost_up_to(rule)) & away
    low = (inactive <= rule.silent_from) | ((inactive <= thresholds.low_up_to) & likely)
    low &= ~basis.silent_and_left(SLIPPING_FROM)
    high = basis.has_bought & likely & (basis.value_at_risk >= thresholds.high_from)
    levels: Levels = np.select([lost, low, high], [LOST, LOW, HIGH], MEDIUM).astype(np.int8)
    return levels


def risk_scores(
    rule: RiskRule, thresholds: RiskThresholds, levels: Levels, probability_inactive: Array
) -> Levels:
    """1 to 10, of shape (customers,); within low, medium and high it rises with P(inactive)."""
    tiny = float(np.finfo(np.float64).tiny)
    low_up_to = max(rule.silent_from, thresholds.low_up_to)
    of_low = probability_inactive / max(low_up_to, tiny)
    above = (probability_inactive - rule.silent_from) / max(1 - rule.silent_from, tiny)
    position = np.clip(np.where(levels == LOW, of_low, above), 0.0, 1.0)
    steps = np.minimum(np.floor(position * _SCORES[levels]), _SCORES[levels] - 1)
    scores: Levels = (_FIRST_SCORE[levels] + steps).astype(np.int8)
    return scores
