"""The risk of customers of simulated shops, and what they did then: a table of risk.md.

`python -m local.simulated_risk` writes it; with `--check` it only compares. It takes a minute.
"""

import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from local.risk_report import DOCUMENT, Afterwards, Bought, levels_table
from local.simulated_shops import (
    CDNOW_LIKE,
    HORIZON,
    MONTHLY,
    OLDEST,
    WEEKLY,
    WEEKLY_LOYAL,
    YOUNGEST,
    Rhythm,
    Shop,
    simulated_shop,
)
from local.tables import keep_tables, replaced

AS_OF = date(2026, 1, 1)
CUSTOMERS = 1_500
FEW = 30
SEED = 3
QUARTERLY = Rhythm("quarterly", every=90, shape=2, leaving=0.1, concentration=10)


def by_rhythm(rhythm: Rhythm, customers: int = CUSTOMERS) -> Shop:
    """Customers who buy at random, at this rhythm."""
    return simulated_shop(rhythm, customers, SEED)


def by_schedule(every: float, leaving: float, customers: int = CUSTOMERS) -> Shop:
    """Subscribers, who buy exactly once in so many days until they leave."""
    random = np.random.default_rng(SEED)
    age = np.floor(random.uniform(YOUNGEST, OLDEST, customers))
    purchases = np.minimum(random.geometric(leaving, customers), (age + HORIZON) // every)
    buyer = np.repeat(np.arange(customers), purchases.astype(np.intp))
    number = np.arange(len(buyer)) - np.repeat(
        np.cumsum(purchases) - purchases, purchases.astype(int)
    )
    return Shop.of(age, buyer, every * (number + 1))


def only_once(customers: int) -> Shop:
    """Customers who never buy again."""
    age = np.floor(np.random.default_rng(SEED + 1).uniform(YOUNGEST, OLDEST, customers))
    return Shop.of(age, np.zeros(0, np.intp), np.zeros(0))


def together(one: Shop, other: Shop) -> Shop:
    """The customers of both."""
    return Shop.of(
        np.concatenate([one.age, other.age]),
        np.concatenate([one.buyer, other.buyer + len(one.age)]),
        np.concatenate([one.bought_at, other.bought_at]),
    )


SHOPS: Mapping[str, Callable[[], Shop]] = {
    "weekly, 2% leave each time": lambda: by_rhythm(WEEKLY),
    "weekly, 5% leave each time": lambda: by_rhythm(replace(WEEKLY, leaving=0.05)),
    "weekly, nobody leaves": lambda: by_rhythm(WEEKLY_LOYAL),
    "monthly, 5% leave each time": lambda: by_rhythm(MONTHLY),
    "CDNOW-like": lambda: by_rhythm(CDNOW_LIKE),
    "half weekly, half quarterly": lambda: together(
        by_rhythm(WEEKLY, CUSTOMERS // 2), by_rhythm(QUARTERLY, CUSTOMERS // 2)
    ),
    "weekly subscription, 1% leave": lambda: by_schedule(7, 0.01),
    "monthly subscription, 4% leave": lambda: by_schedule(30, 0.04),
    "nine in ten buy once, others weekly": lambda: together(
        by_rhythm(WEEKLY, CUSTOMERS // 10), only_once(CUSTOMERS * 9 // 10)
    ),
    "three in four buy once, others CDNOW-like": lambda: together(
        by_rhythm(CDNOW_LIKE, CUSTOMERS // 4), only_once(CUSTOMERS * 3 // 4)
    ),
    "30 customers, weekly, 2% leave": lambda: by_rhythm(WEEKLY, FEW),
    "30 customers, monthly, 5% leave": lambda: by_rhythm(MONTHLY, FEW),
}


def bought(shop: Shop) -> Bought:
    """Draw each customer's spend by day, about a mean of their own."""
    random = np.random.default_rng(SEED)
    mean = random.gamma(4.0, 10.0, len(shop.age))
    first = [AS_OF - timedelta(days=int(age)) for age in shop.age]
    found: dict[str, dict[date, float]] = {
        str(row): {day: float(mean[row])} for row, day in enumerate(first)
    }
    amounts = mean[shop.buyer] * random.gamma(4.0, 0.25, len(shop.buyer))
    spent: dict[tuple[int, int], float] = defaultdict(float)
    for row, day, amount in zip(
        shop.buyer.tolist(), shop.bought_at.tolist(), amounts.tolist(), strict=True
    ):
        spent[row, int(day)] += amount
    for (row, day), amount in spent.items():
        if day:
            found[str(row)][first[row] + timedelta(days=day)] = amount
    return found


def with_table(text: str) -> str:
    """The document with its table as it is found now."""
    found = {name: Afterwards.of(AS_OF, bought(shop())) for name, shop in SHOPS.items()}
    return replaced(text, {"shops": levels_table("shop", found)})


def main() -> int:
    """Write the table, or check it."""
    return keep_tables(
        DOCUMENT,
        with_table,
        description=__doc__,
        refusal="what the simulation finds; run python -m local.simulated_risk",
    )


if __name__ == "__main__":
    sys.exit(main())
