"""Dry runs: the changes that an import would make to the ledger."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from succotash.domain.value.ledgers import Order
from succotash.domain.values import Currency, Money


class ImportPreviewView(TypedDict):
    """The orders and refunds that would be new in the ledger as it is now."""

    orders: int
    """Orders that the ledger does not have yet."""
    refunds: int
    """Refunds that the ledger does not have yet."""
    net_totals: dict[str, str]
    """The change of the ledger's orders less refunds, by currency."""
    other_totals: dict[str, str]
    """The same of orders that are skipped for their currency."""


@dataclass(slots=True)
class Preview:
    """Counts of what would be new; totals are in ten-thousandths."""

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

    def change(self, before: Sequence[Order], after: Sequence[Order]) -> None:
        """Count what entries of the ledger become when others take their place."""
        for sign, entries in ((1, after), (-1, before)):
            for each in entries:
                self.totals[each.amount.currency] += sign * each.amount.units()
        known = {each.order_id for each in before}
        for each in after:
            if each.order_id not in known:
                self.refunds += each.refund_of is not None
                self.orders += each.refund_of is None

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
        if units
    }
