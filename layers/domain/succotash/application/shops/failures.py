"""What becomes of an event of a shop that failed: it is given again, or kept apart."""

from typing import Protocol

from succotash.domain.repositories.shop_events import ShopEventQueue
from succotash.domain.shops.events import QueuedShopEvent
from succotash.errors import StorageUnavailableError

RECEIVES_TRIED = 5
"""An event that fails so often for a reason of its own is set aside."""


class Report(Protocol):
    """What became of a batch."""

    set_aside: int
    again: list[str]
    """Ids of the messages that the queue is to give again."""


def is_given_up(queued: QueuedShopEvent) -> bool:
    """Whether an event that failed now was tried often enough."""
    return queued.receives >= RECEIVES_TRIED


def set_aside(queue: ShopEventQueue, queued: QueuedShopEvent, report: Report) -> None:
    """Keep an event apart from the others; where that fails, it is given again."""
    try:
        queue.set_aside(queued)
    except StorageUnavailableError:
        report.again.append(queued.message_id)
    else:
        report.set_aside += 1
