"""The port to the ledger of orders, and its customers."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from succotash.domain.value.ledgers import Customer, Order, RecordOutcome
from succotash.domain.value.orders import OrderColumns
from succotash.domain.values import CustomerId


class OrderRepository(ABC):
    """The ledger of orders, and its customers.

    Those who ask about one customer may name an alias.
    """

    @abstractmethod
    def record_orders(self, orders: Sequence[Order]) -> list[RecordOutcome]:
        """Add orders to the ledger, and their customers; the outcome of each, in the same order.

        The customer is the one with this id: see `resolve` for aliases.

        An order is known by customer and id, and no two of one call may share both. Contents are
        instant, amount, currency and `refund_of`. An order's e-mail is given to its customer
        where the customer has none, and ties them to the lead with that e-mail if there is one.
        A customer's first_seen_at is the earliest instant known. Conflicting orders change
        nothing. One statement or COPY each for orders and customers, never one per order.
        """

    @abstractmethod
    def import_orders(self, orders: OrderColumns) -> list[RecordOutcome]:
        """The same as `record_orders`, made for tens of thousands of orders at once."""

    @abstractmethod
    def get_customer(self, customer_id: CustomerId) -> Customer:
        """The customer; NotFoundError if unknown."""

    @abstractmethod
    def get_customers_by_email(self, canonical_email: str) -> list[Customer]:
        """Customers with this e-mail, by id."""

    @abstractmethod
    def get_orders(self, customer_id: CustomerId) -> list[Order]:
        """The customer's orders and refunds, by time, then id; without e-mails."""
