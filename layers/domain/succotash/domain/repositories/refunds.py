"""The port to refunds that do not match their orders."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime

from succotash.domain.value.refunds import RefundTotals, RefundWarning
from succotash.domain.values import CustomerId, OrderId, Shard


class RefundRepository(ABC):
    """Refunds that do not match their orders."""

    @abstractmethod
    def judge_refunds(
        self, refunded: Sequence[tuple[CustomerId, OrderId]]
    ) -> list[RefundWarning | None]:
        """The warnings about refunds that are in the ledger, in the same order.

        Each is given by its customer and the order it names. An order that this customer has not,
        and nobody else either, may still come: None. One statement for all of them.
        """

    @abstractmethod
    def total_refunds(self, as_of: datetime, *, shard: Shard | None = None) -> RefundTotals:
        """Refunds at or before `as_of` that match no order of their customer at or before it.

        And orders refunded beyond their amount by then, whether or not their customer bought
        anything else. What a refund of a refund gives back matches no order.
        """
