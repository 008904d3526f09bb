"""Events of shops that come from the queue in which they waited."""

from succotash.container import Container
from succotash.http.queues import Handler, taking
from succotash.http.shop_events import queued_shop_event


def shop_messages(parts: Container) -> Handler:
    """The handler of a batch of SQS, with these parts; it names the messages to give again."""
    return taking(
        "event_intake",
        queued_shop_event,
        lambda queued, has_time: parts.connectors.recorder().take(queued, has_time),
        lambda report: {"outcomes": report.outcomes, "dead_lettered": report.dead_lettered},
    )
