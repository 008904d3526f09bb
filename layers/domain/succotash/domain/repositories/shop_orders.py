"""The port to what is known of the orders of shop systems."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from succotash.domain.shops.columns import ShopOrderColumns
from succotash.domain.shops.orders import ShopOrderState
from succotash.domain.shops.recording import ShopOrderContext, ShopOrderOutcome, ShopOrderQuery
from succotash.domain.value.ledgers import RecordOutcome
from succotash.domain.values import CustomerId


class ShopOrderRepository(ABC):
    """States of shops' orders, and the entries of the ledger that follow from them."""

    @abstractmethod
    def load_shop_context(self, shop_query: ShopOrderQuery) -> ShopOrderContext:
        """The states with one of the keys' numbers, or ids, and what is known of customers.

        A state whose customer was joined with another one names that one. Of customers all that
        `CustomerRepository.find_known` tells. Within a transaction nobody else asks about orders
        of the same systems until the end, and who erases one of the customers waits.
        """

    @abstractmethod
    def add_shop_orders(
        self, states: Sequence[ShopOrderState], emails: Mapping[CustomerId, str]
    ) -> list[bool]:
        """Keep states of orders that are not known, and enter them; whether each was kept.

        One stays out where a state has its id, or its number in its system. No two of one call
        share either, and each has a customer. Customers become known, with these e-mails where
        they have none. Made for tens of thousands at once.
        """

    @abstractmethod
    def enter_shop_orders(self, orders: ShopOrderColumns) -> list[RecordOutcome | None]:
        """Keep and enter orders that are not known, whose customers are theirs beyond doubt.

        What became of each: recorded; unchanged, where it is known just so; or None, where
        nothing was done. That is where it is known otherwise, or where its customer is an alias,
        is known under another e-mail or under none, or where others have the e-mail. No two of
        one call share an id or a number. Customers become known, with these e-mails. Made for
        tens of thousands at once.
        """

    @abstractmethod
    def save_shop_outcome(self, outcome: ShopOrderOutcome) -> None:
        """Replace states, and the entries of the ledger with them; keep aliases and consents.

        Customers of new entries become known, with these e-mails where they have none. What is
        known of an alias already stays, one of a customer who is not there is not kept, and a
        consent that is there already changes nothing. `before` of a change is what
        `load_shop_context` gave in the same transaction.
        """
