"""Events of shops in queues of SQS, sent without boto3."""

from collections.abc import Callable, Mapping
from typing import override

from succotash.domain.repositories.shop_events import ShopEventQueue
from succotash.domain.shops.events import QueuedShopEvent, ShopEvent, ShopEventKind

type Send = Callable[[str, int], None]
"""Puts a text into a queue, held back so many seconds; StorageUnavailableError."""


class SqsShopEvents(ShopEventQueue):
    """A queue for each kind of event, and one for what is dead-lettered."""

    def __init__(self, queues: Mapping[ShopEventKind, Send], failures: Send) -> None:
        self._queues = queues
        self._failures = failures

    @override
    def put(self, event: ShopEvent) -> None:
        self._queues[event.kind](event.as_text(), 0)

    @override
    def dead_letter(self, event: QueuedShopEvent) -> None:
        self._failures(event.text, 0)
