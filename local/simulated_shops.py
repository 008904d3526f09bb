"""Shops whose customers live by known rules: what models foresee of them against what comes.

`python -m local.simulated_shops` writes the tables of `docs/models.md` that it names; with
`--check` it only compares them. It takes about two minutes.
"""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local.tables import DOCUMENT, keep_tables, replaced, table
from succotash.domain.models.purchases import Array, PurchaseSample
from succotash.domain.models.selection import (
    Candidate,
    Comparison,
    FittedPurchases,
    compare,
    fit_purchases,
)

YOUNGEST, OLDEST = 30, 600
"""Days since the first purchase, evenly spread."""
HORIZON = 365.0
SHOP_CUSTOMERS = 80
SHOPS_IN_A_SET = 15
SETS = 10
SAMPLES = 16
CHOSEN = "as the backtest chooses"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The rhythm in which customers buy and leave; time in days."""

    name: str
    every: float
    """Mean days between purchases, at the mean rate."""
    shape: float = np.inf
    """The shape of the gamma distribution of rates; infinite where all buy at one rate."""
    leaving: float = 0.0
    """Mean chance to leave after a repeat purchase."""
    concentration: float = np.inf
    """a + b of the beta distribution of these chances; infinite where all have one."""


CDNOW_LIKE = Rhythm("CDNOW-like", every=30.9 / 0.243, shape=0.243, leaving=0.246, concentration=3.2)
MONTHLY = Rhythm("monthly", every=30, shape=2, leaving=0.05, concentration=20)
WEEKLY = Rhythm("weekly, some leave", every=7, shape=3, leaving=0.02, concentration=25)
WEEKLY_LOYAL = Rhythm("weekly, nobody leaves", every=7, shape=3)
RHYTHMS = (CDNOW_LIKE, MONTHLY, WEEKLY, WEEKLY_LOYAL)

POISSON = (
    (Rhythm("every 150 days, nobody leaves", every=150), 4_000),
    (Rhythm("r = 1, alpha = 60, 2% leave each time", every=60, shape=1, leaving=0.02), 4_000),
    (Rhythm("r = 2, alpha = 60, 5% leave each time", every=30, shape=2, leaving=0.05), 2_357),
)
"""Buyers nearly or wholly without differences in leaving, and how many of them make a sample."""
LEAVING = tuple(
    Rhythm(name, every=every, shape=shape, leaving=leaving, concentration=concentration)
    for name, every, shape in (("monthly", 30, 2.0), ("every 120 days", 120, 0.5))
    for leaving in (0.6, 0.8)
    for concentration in (5.0, np.inf)
)
"""Most of them leave at any purchase."""
LEAVING_CUSTOMERS = 4_000
LEAVING_SAMPLES = 8


@dataclass(frozen=True, slots=True)
class Shop:
    """One row per customer, but for the purchases; time in days."""

    frequency: Array
    recency: Array
    age: Array
    later: Array
    """Purchases in the days after `age` that are to be foreseen."""
    buyer: NDArray[np.intp]
    """The customer's row, of each repeat purchase."""
    bought_at: Array
    """Days since the customer's first purchase, of each repeat purchase."""

    @classmethod
    def of(
        cls, age: Array, buyer: NDArray[np.intp], bought_at: Array, days: float = HORIZON
    ) -> "Shop":
        """Take these purchases, of which those within `days` after `age` are to be predicted."""
        customers, before = len(age), bought_at <= age[buyer]
        after = ~before & (bought_at <= age[buyer] + days)
        recency = np.zeros(customers)
        np.maximum.at(recency, buyer[before], bought_at[before])
        return cls(
            np.bincount(buyer[before], minlength=customers).astype(np.float64),
            recency,
            age,
            np.bincount(buyer[after], minlength=customers).astype(np.float64),
            buyer,
            bought_at,
        )

    def as_it_was(self, days: float) -> "Shop":
        """The customers who had bought so many days before; `later` is what came in these days."""
        rows = np.flatnonzero(self.age > days)
        place = np.full(len(self.age), -1)
        place[rows] = np.arange(len(rows))
        known = place[self.buyer] >= 0
        return Shop.of(self.age[rows] - days, place[self.buyer[known]], self.bought_at[known], days)

    @property
    def history(self) -> tuple[Array, Array, Array]:
        """The history that a model is fitted to."""
        return self.frequency, self.recency, self.age

    def sample(self) -> PurchaseSample:
        """Merged into weighted rows, to fit models to."""
        return PurchaseSample.from_columns(*self.history)


def simulated_shop(rhythm: Rhythm, customers: int, seed: int) -> Shop:
    """Customers of this rhythm, purchase by purchase, without any formula of a model."""
    random = np.random.default_rng(seed)
    age = np.floor(random.uniform(YOUNGEST, OLDEST, customers))
    rate = np.full(customers, 1 / rhythm.every)
    if np.isfinite(rhythm.shape):
        rate *= np.maximum(random.gamma(rhythm.shape, 1 / rhythm.shape, customers), 1e-12)
    chance = np.full(customers, rhythm.leaving)
    if np.isfinite(rhythm.concentration):
        a, total = rhythm.leaving * rhythm.concentration, rhythm.concentration
        chance = random.beta(a, total - a, customers)
    clock, alive = np.zeros(customers), np.ones(customers, dtype=np.bool_)
    buyers, days = [], []
    while alive.any():
        clock = clock + random.exponential(1 / rate)
        alive &= clock <= age + HORIZON
        buyers.append(np.flatnonzero(alive))
        days.append(clock[alive])
        alive &= random.random(customers) >= chance
    return Shop.of(age, np.concatenate(buyers), np.concatenate(days))


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A model's prediction for the year after its shop's history, and what happened."""

    fitted: FittedPurchases
    expected: float
    came: float

    @classmethod
    def of(cls, shop: Shop, candidate: Candidate | None) -> "Foreseen":
        """Predict by this candidate, or by the one a run would choose, fitted to this shop."""
        if candidate is None:
            fitted = fit_purchases(shop.sample(), chosen(shop))
        else:
            fitted = fit_purchases(shop.sample(), candidates=[candidate])
        expected = fitted.model.expected_purchases(*shop.history, HORIZON)
        return cls(fitted, float(expected.sum()), float(shop.later.sum()))


def chosen(shop: Shop, days: float | None = None) -> Comparison:
    """The candidates judged on the last days of a shop's history, by default half of it."""
    held_out = float(min(HORIZON, shop.age.max() // 2)) if days is None else days
    before = shop.as_it_was(held_out)
    return compare(*before.history, holdout_purchases=before.later, holdout_days=held_out)


def ratio(foreseen: Iterable[Foreseen]) -> float:
    """Expected purchases of all of them over those that came."""
    found = list(foreseen)
    return sum(each.expected for each in found) / sum(each.came for each in found)


def small_shops(
    rhythm: Rhythm, candidate: Candidate | None, sets: int = SETS
) -> list[list[Foreseen]]:
    """Sets of shops of 80 customers, each shop with a seed and a fit of its own."""
    return [
        [
            Foreseen.of(simulated_shop(rhythm, SHOP_CUSTOMERS, seed), candidate)
            for seed in range(first, first + SHOPS_IN_A_SET)
        ]
        for first in range(0, sets * SHOPS_IN_A_SET, SHOPS_IN_A_SET)
    ]


def poisson_samples(
    rhythm: Rhythm, customers: int, candidate: Candidate | None, samples: int = SAMPLES
) -> list[Foreseen]:
    """Draw as many larger samples, with seeds from 0 on."""
    return [
        Foreseen.of(simulated_shop(rhythm, customers, seed), candidate) for seed in range(samples)
    ]


def shops_table() -> str:
    """Sets of small shops, by rhythm and model."""
    rows = []
    for rhythm in RHYTHMS:
        for candidate in (*Candidate, None):
            sets = small_shops(rhythm, candidate)
            of_sets = [ratio(each) for each in sets]
            pooled = ratio(shop for each in sets for shop in each)
            rows.append(
                (rhythm.name, _model(candidate), f"{pooled:.2f}", _range(of_sets), _fell_back(sets))
            )
    head = ("rhythm", "model", "all 150 shops", "least and greatest of ten sets", "pooled rate")
    return table(head, rows)


def samples_table() -> str:
    """Larger samples of Poisson-like buyers, by model."""
    rows = []
    for rhythm, customers in POISSON:
        for candidate in (*Candidate, None):
            found = poisson_samples(rhythm, customers, candidate)
            ratios = [ratio([each]) for each in found]
            name = f"{customers:,}: {rhythm.name}"
            rows.append((name, _model(candidate), _range(ratios), _fell_back([found])))
    return table(("customers", "model", "least and greatest of 16", "pooled rate"), rows)


def leaving_table() -> str:
    """Samples of customers of whom most leave at any purchase, and the models chosen for them."""
    rows = []
    for rhythm in LEAVING:
        alike = "one chance for all" if np.isinf(rhythm.concentration) else "chances differ"
        found = poisson_samples(rhythm, LEAVING_CUSTOMERS, None, LEAVING_SAMPLES)
        name = f"{rhythm.name}, {rhythm.leaving:.0%} leave each time, {alike}"
        models = ", ".join(sorted({each.fitted.model.name for each in found}))
        came = round(sum(each.came for each in found) / len(found))
        ratios = _range([ratio([each]) for each in found])
        rows.append((name, models, f"{came:,}", f"{ratio(found):.2f}", ratios))
    head = ("4,000 customers", "chosen", "came, each", "all 8 samples", "least and greatest")
    return table(head, rows)


def _model(candidate: Candidate | None) -> str:
    return CHOSEN if candidate is None else str(candidate)


def _range(ratios: Sequence[float]) -> str:
    return f"{min(ratios):.2f} to {max(ratios):.2f}"


def _fell_back(groups: Iterable[Iterable[Foreseen]]) -> str:
    return str(sum(each.fitted.log_likelihood is None for group in groups for each in group))


def main() -> int:
    """Write the tables, or check them."""

    def written(known: str) -> str:
        return replaced(
            known,
            {
                "small shops": shops_table(),
                "poisson samples": samples_table(),
                "leaving": leaving_table(),
            },
        )

    return keep_tables(
        DOCUMENT,
        written,
        description=__doc__,
        refusal="what the simulation finds; run python -m local.simulated_shops",
    )


if __name__ == "__main__":
    sys.exit(main())
