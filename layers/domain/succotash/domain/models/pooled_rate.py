"""The stated simple rules for data that cannot carry BG/NBD or Gamma-Gamma.

Both shrink what a customer did toward what all customers did, by conjugate priors of a stated
weight; they need no search, so they answer even for a single customer who came today.
"""

from dataclasses import dataclass, replace
from typing import Self, override

import numpy as np
from scipy.special import expit

from succotash.domain.models.purchases import Array, PurchaseModel, PurchaseSample, weighted_sum
from succotash.domain.models.spend import SpendModel, SpendSample

PRIOR_PURCHASES = 0.5
PRIOR_DAYS = 365.0
"""Half a repeat purchase in a year is what the pooled rate supposes before any data."""
LEAVING = 0.1
"""After one repeat purchase in ten the customer is supposed to leave for good."""
SPEND_WEIGHT = 2.0
"""The pooled spend counts as much as this many purchases of the customer's own."""


@dataclass(frozen=True, slots=True)
class PooledRate(PurchaseModel):
    """Gamma-Poisson shrinkage of each customer's purchase rate toward the pooled rate.

    The prior is gamma with shape 1, worth one purchase, and mean `rate` per day. Each repeat
    purchase is a customer's last with the chance `leaving`, which is supposed and not fitted: few
    data cannot tell, and without it a silence of any length would never count as one. It is the
    BG/NBD with r = 1, alpha = 1 / rate and one leaving probability for all.
    """

    rate: float
    leaving: float = LEAVING

    def __post_init__(self) -> None:
        if not (0 < self.rate < np.inf and 0 < self.leaving < 1):
            raise ValueError("a pooled rate is positive and finite, leaving lies between 0 and 1")

    @property
    @override
    def name(self) -> str:
        return "pooled rate"

    @override
    def parameters(self) -> dict[str, float]:
        return {"rate": self.rate, "leaving": self.leaving}

    @override
    def with_parameters(self, **parameters: float) -> Self:
        return replace(self, **parameters)

    @override
    def probability_alive(self, frequency: Array, recency: Array, age: Array) -> Array:
        """1 / (1 + q / (1 - q) ((1 + mu T) / (1 + mu t_x))^(1 + x)); one-time buyers: 1."""
        silence = np.log1p(self.rate * age) - np.log1p(self.rate * recency)
        alive: Array = expit(self._log_odds_staying - (1 + frequency) * silence)
        return np.where(frequency > 0, alive, 1.0)

    @override
    def expected_purchases(
        self, frequency: Array, recency: Array, age: Array, days: float
    ) -> Array:
        """P(alive) [1 - (A / (A + q t))^(1 + x)] / q, where A = 1 / mu + T."""
        exponent = -(1 + frequency) * np.log1p(self.leaving * self._until(age, days))
        if_alive = -np.expm1(exponent) / self.leaving
        return self.probability_alive(frequency, recency, age) * if_alive

    @override
    def probability_inactive(
        self, frequency: Array, recency: Array, age: Array, days: float
    ) -> Array:
        alive = self.probability_alive(frequency, recency, age)
        return 1 - alive + alive * self.probability_inactive_if_alive(frequency, recency, age, days)

    @override
    def probability_inactive_if_alive(
        self, frequency: Array, recency: Array, age: Array, days: float
    ) -> Array:
        """(A / (A + t))^(1 + x), where A = 1 / mu + T."""
        inactive: Array = np.exp(-(1 + frequency) * np.log1p(self._until(age, days)))
        return inactive

    @override
    def age_at_even_odds(self, frequency: Array, recency: Array) -> Array:
        """A_x ((1 - q) / q)^(1 / (1 + x)) - 1 / mu, where A_x = 1 / mu + t_x."""
        stretch = np.exp(self._log_odds_staying / (1 + frequency))
        even = recency + (1 / self.rate + recency) * (stretch - 1)
        return np.where(frequency > 0, np.maximum(even, recency), np.inf)

    @override
    def simulate_purchases(
        self,
        frequency: Array,
        recency: Array,
        age: Array,
        days: float,
        random: np.random.Generator,
    ) -> Array:
        """The Poisson count, cut off at the purchase after which the customer leaves."""
        alive = random.random(len(frequency)) < self.probability_alive(frequency, recency, age)
        rate = random.gamma(1 + frequency) * self._until(age, days)
        until_gone = random.geometric(self.leaving, len(frequency))
        return np.where(alive, np.minimum(random.poisson(rate), until_gone), 0.0)

    @property
    def _log_odds_staying(self) -> float:
        return float(np.log1p(-self.leaving) - np.log(self.leaving))

    def _until(self, age: Array, days: float) -> Array:
        return self.rate * days / (1 + self.rate * age)


def fit_pooled_rate(sample: PurchaseSample) -> PooledRate:
    """The pooled rate (sum x + 1/2) / (sum T + 365 days); a sample of nobody has one too."""
    exposure = weighted_sum(sample.weight, sample.age)
    return PooledRate((sample.repeat_purchases + PRIOR_PURCHASES) / (exposure + PRIOR_DAYS))


@dataclass(frozen=True, slots=True)
class PooledSpend(SpendModel):
    """Each customer's mean spend shrunk toward the pooled mean per purchase."""

    mean: float
    strength: float = SPEND_WEIGHT

    def __post_init__(self) -> None:
        if not (0 <= self.mean < np.inf and 0 < self.strength < np.inf):
            raise ValueError("a pooled mean is at least 0 and its strength positive, both finite")

    @property
    @override
    def name(self) -> str:
        return "pooled spend"

    @override
    def parameters(self) -> dict[str, float]:
        return {"mean": self.mean, "strength": self.strength}

    @override
    def with_parameters(self, **parameters: float) -> Self:
        return replace(self, **parameters)

    @override
    def expected_spend(self, frequency: Array, mean_spend: Array) -> Array:
        """(k mean + x m) / (k + x)."""
        own = np.where(frequency > 0, np.maximum(mean_spend, 0.0), 0.0)
        expected: Array = (self.strength * self.mean + frequency * own) / (
            self.strength + frequency
        )
        return expected

    @override
    def simulate_spend(
        self, frequency: Array, mean_spend: Array, purchases: Array, random: np.random.Generator
    ) -> Array:
        """The expected spend of each purchase: this rule knows nothing of how amounts vary."""
        return purchases * self.expected_spend(frequency, mean_spend)


def fit_pooled_spend(sample: SpendSample, average_order: float = 0.0) -> PooledSpend:
    """The mean over all repeat purchases; `average_order` where there are none."""
    purchases = sample.weight * sample.frequency
    if not len(purchases):
        return PooledSpend(max(average_order, 0.0))
    return PooledSpend(float(np.average(sample.mean_spend, weights=purchases)))
