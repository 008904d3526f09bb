"""The CDNOW sample as purchase histories, the way the published figures count them."""

import csv
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np

from succotash.domain.models.purchases import Array, PurchaseSample

CSV = Path(__file__).parent / "data" / "cdnow_sample.csv"
CALIBRATION_END = date(1997, 9, 30)
HOLDOUT_END = date(1998, 6, 30)
HOLDOUT_DAYS = 273.0


@dataclass(frozen=True, slots=True)
class Histories:
    """One row per customer, by customer number; days, and dollars per repeat purchase day."""

    frequency: Array
    recency: Array
    age: Array
    mean_spend: Array
    """0 where there was no repeat purchase."""
    holdout_purchases: Array
    """Purchase days after the end, up to HOLDOUT_END."""

    def sample(self) -> PurchaseSample:
        """Merged into weighted rows, to fit models to."""
        return PurchaseSample.from_columns(self.frequency, self.recency, self.age)


@cache
def amounts_by_day() -> dict[str, dict[date, float]]:
    """Customer -> day -> amount, days in order."""
    customers: dict[str, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    with CSV.open(newline="") as lines:
        for row in csv.DictReader(lines):
            customers[row["customer_id"]][date.fromisoformat(row["date"])] += float(row["amount"])
    return {customer: dict(sorted(days.items())) for customer, days in sorted(customers.items())}


def histories(end: date) -> Histories:
    """The histories at the close of `end`; every customer of the sample had come before April."""
    rows = []
    for days in amounts_by_day().values():
        first, *later = days
        repeats = [day for day in later if day <= end]
        spent = sum(days[day] for day in repeats)
        rows.append(
            (
                len(repeats),
                (repeats[-1] - first).days if repeats else 0,
                (end - first).days,
                spent / len(repeats) if repeats else 0.0,
                sum(1 for day in later if end < day <= HOLDOUT_END),
            )
        )
    return Histories(*np.array(rows, dtype=np.float64).T)


def spent_between(after: date, until: date) -> Array:
    """The revenue of each customer after the one day and up to the other, by customer number."""
    return np.array(
        [
            sum((amount for day, amount in days.items() if after < day <= until), 0.0)
            for days in amounts_by_day().values()
        ]
    )
