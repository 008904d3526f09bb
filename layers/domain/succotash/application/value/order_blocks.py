"""Records the blocks of a file of orders, each in a transaction."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import override

from succotash.application.batches import CONFLICT
from succotash.application.identities import import_about_customers
from succotash.application.value.file_options import FileOptions
from succotash.application.value.previews import Preview
from succotash.application.value.refunds import warn_of_refunds
from succotash.domain.people.erasures import Tombstones
from succotash.domain.repositories.objects import ObjectStore, StoredObject
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.value.ledgers import RecordOutcome
from succotash.domain.value.order_import import START, Position, RejectedLine, WarnedLine
from succotash.domain.value.orders import OrderColumns, OrderRules
from succotash.domain.values import OrderId

type OpenOrders = Callable[[ObjectStore, StoredObject, FileOptions], "OrderFile"]
"""InvalidInputError where what is in the object is no file of orders."""


@dataclass(slots=True)
class Recording:
    """The results of a block's orders."""

    outcomes: list[RecordOutcome]
    conflicting: list[RejectedLine] = field(default_factory=list)
    warned: list[WarnedLine] = field(default_factory=list)


@dataclass(slots=True)
class FileBlock(ABC):
    """Some of a file's lines in order, without the blank ones."""

    lines: list[int] = field(default_factory=list)
    """The number of each order's line."""
    rejected: list[RejectedLine] = field(default_factory=list)
    """The lines that hold no acceptable order."""
    skipped: list[RejectedLine] = field(default_factory=list)
    """The lines of orders that do not count."""
    end: Position = START
    """Behind the last line, blank ones included."""

    def record_ahead(self, storage: Storage, tombstones: Tombstones) -> None:  # noqa: B027
        """Record what need not wait until the blocks before are recorded, for good.

        It comes before `record`, and doing it again changes nothing. By default there is nothing.
        """

    @abstractmethod
    def record(self, repositories: Repositories, tombstones: Tombstones) -> Recording:
        """Record the orders, within a transaction."""

    @abstractmethod
    def preview(self, found: Preview) -> None:
        """Add what `record` changed in the ledger when it was called last."""


@dataclass(slots=True)
class Block(FileBlock):
    """A block of orders each of which stands by itself."""

    orders: OrderColumns = field(default_factory=OrderColumns)
    outcomes: Sequence[RecordOutcome] = ()
    """The outcome of each when they were recorded."""

    @override
    def record(self, repositories: Repositories, tombstones: Tombstones) -> Recording:
        outcomes, customer_ids = import_about_customers(repositories, tombstones, self.orders)
        self.outcomes = outcomes
        conflicting = [
            RejectedLine(line, (CONFLICT,), is_conflicting=True)
            for line, outcome in zip(self.lines, outcomes, strict=True)
            if outcome is RecordOutcome.CONFLICTING
        ]
        refunds = {
            place: (customer_ids[place], OrderId(refund_of))
            for place, refund_of in enumerate(self.orders.refunds_of)
            if refund_of is not None
        }
        warnings = warn_of_refunds(
            repositories.ltv, [*refunds.values()], [outcomes[place] for place in refunds]
        )
        warned = [
            WarnedLine(self.lines[place], warning)
            for place, warning in zip(refunds, warnings, strict=True)
            if warning is not None
        ]
        return Recording(outcomes, conflicting, warned)

    @override
    def preview(self, found: Preview) -> None:
        orders = self.orders
        for outcome, units, currency, refund_of in zip(
            self.outcomes, orders.amounts, orders.currencies, orders.refunds_of, strict=True
        ):
            if outcome is RecordOutcome.RECORDED:
                found.add(units, currency, is_refund=refund_of is not None)


class OrderFile(ABC):
    """A file of orders."""

    @abstractmethod
    def blocks(self, after: Position, rules: OrderRules) -> Iterator[FileBlock]:
        """Its lines behind this position, in blocks small enough for memory.

        An order that breaks one of the rules rejects its line.
        """
