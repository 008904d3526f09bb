"""Dry runs: finds what an import would record."""

from collections import Counter
from dataclasses import dataclass, field
from typing import TypedDict

from succotash.domain.values import Currency, Money


class ImportPreviewView(TypedDict):
    """The orders that would be recorded; those that are known would change nothing."""

    orders: int
    """Orders that would be recorded."""
    refunds: int
    """Refunds that would be recorded."""
    net_totals: dict[str, str]
    """Orders less refunds, by currency."""
    other_totals: dict[str, str]
    """The same of orders that are skipped for their currency."""


@dataclass(slots=True)
class Preview:
    """Counts of what would be recorded; totals are in ten-thousandths."""

    orders: int = 0
    refunds: int = 0
    totals: Counter[str] = field(default_factory=Counter)
    other_totals: Counter[str] = field(default_factory=Counter)

    def add(self, units: int, currency: str, *, is_refund: bool = False) -> None:
        """Count an order, or a refund, whose amount is negative."""
        self.totals[currency] += units
        if is_refund:
            self.refunds += 1
        else:
            self.orders += 1

    def view(self) -> ImportPreviewView:
        """Serialised for people and programs."""
        return {
            "orders": self.orders,
            "refunds": self.refunds,
            "net_totals": _texts(self.totals),
            "other_totals": _texts(self.other_totals),
        }


def _texts(totals: Counter[str]) -> dict[str, str]:
    return {
        currency: f"{Money.of_units(units, Currency(currency)).exact():f}"
        for currency, units in sorted(totals.items())
    }
