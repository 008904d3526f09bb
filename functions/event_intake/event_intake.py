"""What customers do, in batches: orders and activity."""

from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from event_items import (
    ActivityBody,
    ActivityItem,
    OrdersBody,
    activity,
    orders,
)
from shop_messages import shop_messages
from succotash.application.batches import BatchReport
from succotash.container import Container, container
from succotash.http.api import Api
from succotash.http.batches import BATCH_BYTES, read_batch
from succotash.http.orders import OrderItem
from succotash.http.reading import JSON_TYPE, NDJSON_TYPE
from succotash.http.requests import Call
from succotash.http.snapshots import survive_snapshots

api = Api[Container]("event_intake")
WRITE = "events:write"


@api.route(
    "POST",
    "/orders",
    scope=WRITE,
    takes={JSON_TYPE: OrdersBody, NDJSON_TYPE: OrderItem},
    limit=BATCH_BYTES,
)
def record_orders(container: Container, call: Call) -> BatchReport:
    """Record a batch of orders; every item has a result of its own."""
    items = read_batch(call, orders(container.settings.currency, container.pseudonyms.name))
    return container.get_ltv_handler().record_orders(items)


@api.route(
    "POST",
    "/activity",
    scope=WRITE,
    takes={JSON_TYPE: ActivityBody, NDJSON_TYPE: ActivityItem},
    limit=BATCH_BYTES,
)
def record_activity(container: Container, call: Call) -> BatchReport:
    """Record a batch of activity events; every item has a result of its own."""
    events = read_batch(call, activity(container.pseudonyms.name))
    return container.get_retention_handler().record_activity(events)


def recording(parts: Container) -> Callable[[Mapping[str, Any], LambdaContext], dict[str, Any]]:
    """The handler of requests, and of messages from the queue of shops' events."""
    answer, take = api.on(parts), shop_messages(parts)

    def handle(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        return take(event, context) if "Records" in event else answer(event, context)

    return handle


handler = recording(container)
survive_snapshots(container)
