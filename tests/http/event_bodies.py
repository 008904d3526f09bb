"""Orders and activity as programs send them."""

from typing import Any

from succotash.domain.values import Json
from tests.http.gateway import Answered, Gateway


def an_order(order_id: str = "1", **changes: Json) -> dict[str, Any]:
    order = {"customer_id": "c", "ordered_at": "1998-01-01T00:00:00Z", "amount": "9.99"}
    return order | {"order_id": order_id} | changes


def an_activity(event_id: str = "1", **changes: Json) -> dict[str, Any]:
    event = {"customer_id": "c", "occurred_at": "1998-01-01T00:00:00Z", "kind": "click"}
    return event | {"event_id": event_id} | changes


def send_orders(gateway: Gateway, *orders: Json) -> Answered:
    return gateway.call("POST", "/orders", json_body={"orders": list(orders)})
