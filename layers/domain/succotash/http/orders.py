"""An order as it is written outside: in a body of `POST /orders` and in a line of a file."""

from collections.abc import Callable
from typing import Annotated

from pydantic import Field

from succotash.domain.customers import Order
from succotash.domain.validation import canonical_email
from succotash.domain.values import Currency, CustomerId, Money, OrderId
from succotash.http.fields import Amount, Closed, CurrencyCode, Id, Instant


class OrderItem(Closed):
    """A purchase, or, with `refund_of`, money given back (a negative amount)."""

    customer_id: Id
    order_id: Id
    ordered_at: Instant
    amount: Amount
    currency: CurrencyCode | None = None
    """The deployment's where it is left out."""
    refund_of: Id | None = None
    email: Annotated[str, Field(max_length=320)] | None = None
    """Ties the customer to a lead."""

    def order(self, own_currency: str, canonical: Callable[[str], str] = canonical_email) -> Order:
        """The order; InvalidInputError for an impossible amount or e-mail.

        `canonical` finds an e-mail's canonical form: who reads many may remember them.
        """
        return Order(
            customer_id=CustomerId(self.customer_id),
            order_id=OrderId(self.order_id),
            ordered_at=self.ordered_at,
            amount=Money(self.amount, Currency(self.currency or own_currency)),
            refund_of=None if self.refund_of is None else OrderId(self.refund_of),
            canonical_email=None if self.email is None else canonical(self.email),
        )
