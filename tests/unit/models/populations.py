"""Customers who live by a model, with what they did before a day and after it."""

from dataclasses import dataclass

import numpy as np

from succotash.domain.models.bg_nbd import BGNBD
from succotash.domain.models.gamma_gamma import GammaGamma
from succotash.domain.models.mbg_nbd import MBGNBD
from succotash.domain.models.pareto_nbd import ParetoNBD
from succotash.domain.models.purchases import Array, PurchaseSample

SPEND = GammaGamma(p=6.25, q=3.74, v=15.44)
"""What CDNOW customers spend (Fader & Hardie 2013)."""


@dataclass(frozen=True, slots=True)
class Population:
    """One row per customer; time in days."""

    frequency: Array
    recency: Array
    age: Array
    mean_spend: Array
    """0 where there was no repeat purchase."""
    later: Array
    """Purchases within the horizon after `age`."""
    brought: Array
    """Their amounts, each discounted by 10% a year from its own day."""

    @property
    def history(self) -> tuple[Array, Array, Array]:
        return self.frequency, self.recency, self.age

    def sample(self) -> PurchaseSample:
        return PurchaseSample.from_columns(*self.history)


def simulated(
    model: BGNBD | MBGNBD | ParetoNBD, age: Array, horizon: float, seed: int
) -> Population:
    """Step by step from the model's story, without any of its formulas."""
    random, size = np.random.default_rng(seed), len(age)
    rate = np.maximum(random.gamma(model.r, 1 / model.alpha, size), 1e-12)
    nu = random.gamma(SPEND.q, 1 / SPEND.v, size)
    end, chance = np.full(size, np.inf), np.zeros(size)
    if isinstance(model, ParetoNBD):
        leaving = np.maximum(random.gamma(model.s, 1 / model.beta, size), 1e-12)
        end = random.exponential(1 / leaving)
    else:
        chance = random.beta(model.a, model.b, size)
    alive = np.ones(size, dtype=np.bool_)
    if isinstance(model, MBGNBD):
        alive = random.random(size) >= chance
    clock, frequency, recency = np.zeros(size), np.zeros(size), np.zeros(size)
    spent, later, brought = np.zeros(size), np.zeros(size), np.zeros(size)
    while alive.any():
        clock = clock + random.exponential(1 / rate)
        alive &= (clock < end) & (clock <= age + horizon)
        amount = random.gamma(SPEND.p, 1 / nu)
        before, after = alive & (clock <= age), alive & (clock > age)
        frequency[before] += 1
        recency[before] = clock[before]
        spent[before] += amount[before]
        later[after] += 1
        brought[after] += amount[after] * 1.1 ** (-(clock[after] - age[after]) / 365)
        alive &= random.random(size) >= chance
    return Population(frequency, recency, age, spent / np.maximum(frequency, 1), later, brought)
