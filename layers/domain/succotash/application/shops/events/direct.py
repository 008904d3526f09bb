"""Recording events of shops at once, where no queue is set."""

from collections.abc import Callable, Sequence
from typing import Protocol, override

from succotash.domain.repositories.shop_events import ShopEventQueue
from succotash.domain.shops.events import QueuedShopEvent, ShopEvent, ShopEventKind
from succotash.errors import StorageUnavailableError


class Outcome(Protocol):
    """The results of events."""

    again: list[str]
    """Ids of those that could not be taken."""


type Take = Callable[[Sequence[QueuedShopEvent]], Outcome]


class DirectShopEvents(ShopEventQueue):
    """Has each event recorded by the process that received it. What fails is not kept."""

    def __init__(self, record: Take, answer: Take) -> None:
        """`record` takes events for the ledger, `answer` requests about somebody's data."""
        self._takes = {ShopEventKind.LEDGER: record, ShopEventKind.PRIVACY: answer}

    @override
    def put(self, event: ShopEvent) -> None:
        report = self._takes[event.kind]([QueuedShopEvent("direct", event.as_text(), 1)])
        if report.again:
            raise StorageUnavailableError("the event could not be recorded")

    @override
    def dead_letter(self, event: QueuedShopEvent) -> None:
        """Do nothing: the log has said which event it is, and its sender shows it."""
