"""Follows CDNOW's customers after a run: the tables of `docs/explanation/risk.md`.

`python -m local.risk_report` writes them; with `--check` it only compares, and fails where they are
not what the code finds.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from local.cdnow import amounts_by_day
from local.tables import keep_tables, replaced, table
from succotash.application.scoring.churn_scoring import ChurnScoring, ScoringReport
from succotash.application.scoring.settings import ScoringSettings
from succotash.domain.retention.retention import ChurnPrediction, RiskLevel
from succotash.domain.value.ledgers import Order
from succotash.domain.values import Currency, CustomerId, Money, OrderId
from succotash.infrastructure.in_memory.storage import InMemoryStorage

DOCUMENT = Path("docs/explanation/risk.md")
AFTER = timedelta(days=180)
DAYS = (date(1997, 10, 1), date(1998, 1, 1))
"""The days as of which CDNOW's customers are judged: the 180 days after are known."""
HORIZONS_AS_OF = date(1998, 7, 1)
USD = Currency("USD")


type Bought = Mapping[str, Mapping[date, float]]
"""Customer -> day -> amount."""


def scored(day: date, bought: Bought) -> tuple[InMemoryStorage, ScoringReport]:
    """These orders after a run as of the start of that day, and what the run reports."""
    storage = InMemoryStorage()
    storage.repositories.ltv.record_orders(
        [
            Order(
                CustomerId(customer),
                OrderId(f"{customer}-{bought_on}"),
                datetime(bought_on.year, bought_on.month, bought_on.day, tzinfo=UTC),
                Money.of_units(round(amount * 10_000), USD),
            )
            for customer, days in bought.items()
            for bought_on, amount in days.items()
        ]
    )
    as_of = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return storage, ChurnScoring(storage, ScoringSettings(currency=USD)).run(as_of)


@dataclass(frozen=True, slots=True)
class Afterwards:
    """The predictions of a run, and each customer's revenue in the 180 days after it."""

    day: date
    report: ScoringReport
    predictions: Sequence[ChurnPrediction]
    """The greatest value at risk first."""
    brought: Mapping[str, Sequence[float]]

    @classmethod
    def of(cls, day: date, bought: Bought) -> "Afterwards":
        """Score these orders as of the start of that day."""
        storage, report = scored(day, bought)
        predictions = storage.repositories.retention.find_churn_predictions(limit=5_000)
        return cls(
            day,
            report,
            predictions,
            {
                customer: [amount for each, amount in days.items() if day <= each < day + AFTER]
                for customer, days in bought.items()
            },
        )

    def at(self, *levels: RiskLevel) -> list[ChurnPrediction]:
        """The customers of these levels."""
        return [each for each in self.predictions if each.risk_level in levels]

    def share(self, level: RiskLevel) -> float:
        """The share of all customers."""
        return len(self.at(level)) / len(self.predictions)

    def returned(self, predictions: Sequence[ChurnPrediction]) -> float:
        """The share who bought again."""
        return sum(bool(self.brought[each.customer_id]) for each in predictions) / len(predictions)

    def revenue(self, predictions: Sequence[ChurnPrediction]) -> float:
        """The revenue of these customers."""
        return sum(sum(self.brought[each.customer_id]) for each in predictions)

    @property
    def revenue_of_high(self) -> float:
        """The share of revenue of the high among those not low, as a multiple of their number's."""
        high, others = self.at(RiskLevel.HIGH), self.at(*(set(RiskLevel) - {RiskLevel.LOW}))
        return self.revenue(high) / self.revenue(others) * len(others) / len(high)


def levels_row(found: Afterwards) -> tuple[str, ...]:
    """The share that bought again, of everybody and of each level, and the revenue of the high."""
    levels = [
        f"{found.share(level):.1%}: {found.returned(found.at(level)):.1%}"
        if found.at(level)
        else "0.0%"
        for level in RiskLevel
    ]
    high = found.at(RiskLevel.HIGH)
    revenue = f"{found.revenue_of_high:.1f}" if found.revenue(high) else ""
    return (f"{found.returned(found.predictions):.1%}", *levels, revenue)


def levels_table(name: str, found: Mapping[str, Afterwards]) -> str:
    """The number of customers of each level, and of those who bought again."""
    head = (name, "everybody", *(f"`{level}`" for level in RiskLevel), "revenue of the high")
    return table(head, [(each, *levels_row(found[each])) for each in found])


def horizons_table(report: ScoringReport) -> str:
    """The error of each candidate's total of purchases at each horizon."""
    horizons = report["backtest"]["horizons"]
    rows: list[tuple[str, ...]] = []
    names: list[str] = []
    for horizon in horizons if isinstance(horizons, list) else []:
        match horizon:
            case {"days": int(days), "actual_purchases": int(actual), "candidates": list(judged)}:
                errors = {
                    str(each["model"]): f"{float(str(each['error_percent'])):+.1f}%"
                    for each in judged
                    if isinstance(each, dict)
                }
                names = names or sorted(errors)
                rows.append((str(days), f"{actual:,}", *(errors[name] for name in names)))
    return table(("days", "purchases", *names), rows)


def with_tables(text: str) -> str:
    """The document with its tables as they are found now."""
    return replaced(
        text,
        {
            "levels": levels_table(
                "as of", {str(day): Afterwards.of(day, amounts_by_day()) for day in DAYS}
            ),
            "horizons": horizons_table(Afterwards.of(HORIZONS_AS_OF, amounts_by_day()).report),
        },
    )


def main() -> int:
    """Write the tables, or check them."""
    return keep_tables(
        DOCUMENT,
        with_tables,
        description=__doc__,
        refusal="what the code finds; run python -m local.risk_report",
    )


if __name__ == "__main__":
    sys.exit(main())
