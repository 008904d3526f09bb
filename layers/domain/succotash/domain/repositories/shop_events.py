"""The port to the queue in which events of shops wait to be recorded."""

from typing import Protocol

from succotash.domain.shops.events import QueuedShopEvent, ShopEvent


class ShopEventQueue(Protocol):
    """Takes events in; StorageUnavailableError where it does not."""

    def put(self, event: ShopEvent) -> None:
        """Keep an event; once this returns, it is not lost."""

    def dead_letter(self, event: QueuedShopEvent) -> None:
        """Keep, apart from the others, one that cannot be recorded."""
