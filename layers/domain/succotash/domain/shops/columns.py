"""Orders of a shop by the ten thousand, of the kind that files mostly consist of."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from succotash.domain.people.identities import CustomerName
from succotash.domain.shops.orders import ShopOrder, ShopOrderState
from succotash.domain.values import Currency, Money, OrderId

_OFFSET = slice(19, None)
"""The offset of an instant that is written to the second."""


@dataclass(frozen=True, slots=True)
class ShopOrderColumns:
    """Orders that count, without refunds, of customers who go by an e-mail.

    The columns are equally long, a row for each order. Instants are ISO 8601 with an offset, and
    amounts decimal, as text.
    """

    system: str
    currency: Currency
    lines: Sequence[int]
    """The lines of the file; later ones are newer."""
    order_ids: Sequence[str]
    """The ledger's ids if the orders are new."""
    numbers: Sequence[str | None]
    told_at: Sequence[str]
    ordered_at: Sequence[str]
    amounts: Sequence[str]
    customers: Sequence[CustomerName]
    emails: Sequence[str]
    """In canonical form."""
    accepts_marketing: Sequence[bool | None]

    def __len__(self) -> int:
        return len(self.order_ids)

    def state(self, row: int) -> ShopOrderState:
        """The state of an order about which nothing else is known."""
        return ShopOrderState(
            OrderId(self.order_ids[row]),
            self.system,
            self.numbers[row],
            _instant(self.told_at[row]),
            self.customers[row].customer_id,
            _instant(self.ordered_at[row]),
            self._total(row),
        )

    def order(self, row: int) -> ShopOrder:
        """The order in a row."""
        return ShopOrder(
            self.system,
            self.numbers[row],
            self.order_ids[row].removeprefix(f"{self.system}:"),
            _instant(self.told_at[row]),
            _instant(self.ordered_at[row]),
            self._total(row),
            self.emails[row],
            accepts_marketing=self.accepts_marketing[row],
        )

    def only(self, rows: Sequence[int]) -> "ShopOrderColumns":
        """These rows, in this order."""
        if len(rows) == len(self):
            return self
        return ShopOrderColumns(
            self.system,
            self.currency,
            [self.lines[row] for row in rows],
            [self.order_ids[row] for row in rows],
            [self.numbers[row] for row in rows],
            [self.told_at[row] for row in rows],
            [self.ordered_at[row] for row in rows],
            [self.amounts[row] for row in rows],
            [self.customers[row] for row in rows],
            [self.emails[row] for row in rows],
            [self.accepts_marketing[row] for row in rows],
        )

    def _total(self, row: int) -> Money:
        return Money(Decimal(self.amounts[row]), self.currency)


def is_known_so(state: ShopOrderState, known: ShopOrderState | None) -> bool:
    """Whether an order is known just as it is told again, refunds apart."""
    return known is not None and replace(known, refunded=None, refunds={}) == state


def is_later(one: str, other: str) -> bool:
    """Whether one instant is after another; both are written as in `ShopOrderColumns`."""
    if one[_OFFSET] == other[_OFFSET]:
        return one > other
    return _instant(one) > _instant(other)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
