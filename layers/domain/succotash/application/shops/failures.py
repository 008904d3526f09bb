"""Events of shops that failed: given again, or dead-lettered."""

from typing import Protocol

from succotash.domain.repositories.shop_events import ShopEventQueue
from succotash.domain.shops.events import QueuedShopEvent
from succotash.errors import StorageUnavailableError

RECEIVES_TRIED = 5
"""An event that fails so often for a reason of its own is dead-lettered."""


class Report(Protocol):
    """The result of a batch."""

    dead_lettered: int
    again: list[str]
    """Ids of the messages that the queue is to give again."""


def is_given_up(queued: QueuedShopEvent) -> bool:
    """Whether an event that failed now was tried often enough."""
    return queued.receives >= RECEIVES_TRIED


def dead_letter(queue: ShopEventQueue, queued: QueuedShopEvent, report: Report) -> None:
    """Dead-letter an event; where that fails, it is given again."""
    try:
        queue.dead_letter(queued)
    except StorageUnavailableError:
        report.again.append(queued.message_id)
    else:
        report.dead_lettered += 1
