"""The conditions under which an order enters the ledger, by whichever way it comes."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from succotash.domain.people.identities import CustomerName
from succotash.domain.value.ledgers import CLOCK_TOLERANCE, Order
from succotash.domain.values import Currency, CustomerId, Money, OrderId, amount_violation
from succotash.errors import Violation


@dataclass(frozen=True, slots=True)
class OrderColumns:
    """Orders by the ten thousand: equally long columns, a row for each order."""

    customer_ids: list[CustomerId] = field(default_factory=list)
    order_ids: list[str] = field(default_factory=list)
    ordered_at: list[str] = field(default_factory=list)
    """Instants, ISO 8601 in UTC."""
    amounts: array[int] = field(default_factory=lambda: array("q"))
    """In ten-thousandths of the currency."""
    currencies: list[str] = field(default_factory=list)
    refunds_of: list[str | None] = field(default_factory=list)
    canonical_emails: list[str | None] = field(default_factory=list)
    former_ids: dict[str, tuple[CustomerId, ...]] = field(default_factory=dict)
    """The former ids by customer id, where there are any."""

    def __len__(self) -> int:
        return len(self.order_ids)

    def append(self, order: Order) -> None:
        """Add a row; nothing is added where the amount does not fit into its column."""
        self.amounts.append(order.amount.units())
        self.customer_ids.append(order.customer_id)
        self.order_ids.append(order.order_id)
        self.ordered_at.append(order.ordered_at.astimezone(UTC).isoformat())
        self.currencies.append(order.amount.currency)
        self.refunds_of.append(order.refund_of)
        self.canonical_emails.append(order.canonical_email)
        if order.former_ids:
            self.former_ids[order.customer_id] = order.former_ids

    def append_purchase(
        self, name: CustomerName, order_id: str, ordered_at: str, units: int, currency: str
    ) -> None:
        """Add the row of a purchase that needs no conversion."""
        self.amounts.append(units)
        self.customer_ids.append(name.customer_id)
        self.order_ids.append(order_id)
        self.ordered_at.append(ordered_at)
        self.currencies.append(currency)
        self.refunds_of.append(None)
        self.canonical_emails.append(name.canonical_email)
        if name.former_ids:
            self.former_ids[name.customer_id] = name.former_ids

    def order(self, row: int) -> Order:
        """The order in a row."""
        refund_of = self.refunds_of[row]
        return Order(
            self.customer_ids[row],
            OrderId(self.order_ids[row]),
            datetime.fromisoformat(self.ordered_at[row]),
            Money.of_units(self.amounts[row], Currency(self.currencies[row])),
            None if refund_of is None else OrderId(refund_of),
            self.canonical_emails[row],
            self.former_ids.get(self.customer_ids[row], ()),
        )

    def orders(self) -> Iterator[Order]:
        """Every row's order."""
        return map(self.order, range(len(self)))

    def only(self, rows: Sequence[int]) -> "OrderColumns":
        """These rows, in this order."""
        if len(rows) == len(self):
            return self
        chosen = OrderColumns()
        for row in rows:
            chosen.append(self.order(row))
        return chosen


def order_identity(order: Order) -> tuple[str, str]:
    """The key of an order."""
    return order.customer_id, order.order_id


def order_contents(order: Order) -> Order:
    """The contents of an order, by which two with one identity are compared."""
    return replace(order, canonical_email=None, former_ids=())


@dataclass(frozen=True, slots=True)
class OrderRules:
    """The rules about orders in a deployment with this currency, at this time."""

    currency: Currency
    now: datetime

    @property
    def latest(self) -> datetime:
        """The last instant that does not count as the future."""
        return self.now + CLOCK_TOLERANCE

    def violation(self, order: Order) -> Violation | None:
        """The violation of an order, if any.

        It is in another currency, from the future, or its amount does not fit its kind, is too
        large or too precise.
        """
        amount = order.amount.amount
        if order.amount.currency != self.currency:
            sentence = f"Must be {self.currency}, this deployment's currency"
            return Violation("currency", "currency_mismatch", sentence)
        if order.ordered_at > self.latest:
            return Violation("ordered_at", "in_the_future", "Must be in the past")
        if (violation := amount_violation("amount", amount)) is not None:
            return violation
        if order.refund_of is None and amount < 0:
            return Violation("amount", "refunds_nothing", "Negative amounts require refund_of")
        if order.refund_of is not None and amount >= 0:
            return Violation("amount", "refund_not_negative", "Must be negative for a refund")
        if order.refund_of == order.order_id:
            return Violation("refund_of", "refunds_itself", "Must be another order")
        return None
