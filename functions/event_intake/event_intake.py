"""What customers do, in batches: orders and activity."""

from event_items import (
    ActivityBody,
    ActivityItem,
    OrdersBody,
    activity,
    orders,
)
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


handler = api.on(container)
survive_snapshots(container)
