"""Events of shops as their queue hands them out."""

from succotash.domain.shops.events import QueuedShopEvent
from succotash.http.queues import Record


def queued_shop_event(record: Record) -> QueuedShopEvent:
    """A message of SQS with an event of a shop."""
    receives = int(record["attributes"]["ApproximateReceiveCount"])
    return QueuedShopEvent(record["messageId"], record["body"], receives)
