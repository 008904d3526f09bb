"""An order as it is written outside: in a body of `POST /orders` and in a line of a file."""

from typing import Annotated

from pydantic import Field

from succotash.domain.people.identities import NameCustomer
from succotash.domain.value.ledgers import Order
from succotash.domain.values import Currency, Money, OrderId
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
    """Tells who the customer is, whatever id they have elsewhere, and ties them to a lead."""

    def order(self, own_currency: str, name_customer: NameCustomer) -> Order:
        """The order, its customer under an id that is not personal.

        InvalidInputError for an impossible amount or e-mail.
        """
        name = name_customer(self.customer_id, self.email)
        return Order(
            customer_id=name.customer_id,
            order_id=OrderId(self.order_id),
            ordered_at=self.ordered_at,
            amount=Money(self.amount, Currency(self.currency or own_currency)),
            refund_of=None if self.refund_of is None else OrderId(self.refund_of),
            canonical_email=name.canonical_email,
            former_ids=name.former_ids,
        )
