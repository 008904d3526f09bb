"""Costs of acquisition by source, and values compared with them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from succotash.domain.value.ltv import ValueGroup
from succotash.domain.values import Currency, Money, amount_violation
from succotash.errors import Violation


@dataclass(frozen=True, slots=True)
class AcquisitionCost:
    """The cost of winning customers by one source in a month."""

    source: str
    month: date
    """Its first day."""
    cost: Money


@dataclass(frozen=True, slots=True)
class SourceValue:
    """Customers of one source, and their cost, over some months of first purchase."""

    source: str
    total: ValueGroup
    """All of the source's customers."""
    paid: ValueGroup
    """Customers whose month of first purchase has a cost of the source."""
    cost: Decimal | None
    """The cost of all months, with or without customers; None where no cost is known."""

    @property
    def cost_per_customer(self) -> Decimal | None:
        """Cost per customer of the months with a cost; None without either."""
        if self.cost is None or not self.paid.customers:
            return None
        return self.cost / self.paid.customers

    @property
    def ltv_to_cac(self) -> float | None:
        """Predicted lifetime value of the customers of months with a cost, per unit of that cost.

        None without such customers, or where the cost is 0.
        """
        if not self.cost or not self.paid.customers:
            return None
        return float(self.paid.predicted_clv / self.cost)


def next_month(month: date) -> date:
    """The first day of the month after the one that begins on this day."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def cost_violation(field: str, cost: Money, own: Currency) -> Violation | None:
    """The reason why a cost cannot be stored where money is in this currency; None if it can."""
    if cost.currency != own:
        return Violation(field, "currency_mismatch", f"Must be {own}")
    if cost.amount < 0:
        return Violation(field, "negative", "Must not be negative")
    return amount_violation(field, cost.amount)
