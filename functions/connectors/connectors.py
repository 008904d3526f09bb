"""Takes events that shop systems send, for others to record: it has no way to the database."""

from typing import TypedDict

from succotash.application.shops.events.webhooks import Received
from succotash.container import Container, container
from succotash.http.api import Api
from succotash.http.reading import FORM_TYPE, JSON_TYPE, KILOBYTE
from succotash.http.requests import Call
from succotash.http.snapshots import survive_snapshots

EVENT_BYTES = 2_048 * KILOBYTE
"""Orders with hundreds of lines are some hundred kilobytes."""

api = Api[Container]("connectors")


class ShopEventReceipt(TypedDict):
    """The answer to a shop: whether its event was taken, and where it went."""

    result: Received
    """Accepted, or ignored since it is about nothing that is recorded, or only a ping."""


@api.route(
    "POST",
    "/connectors/{system}",
    scope=None,
    takes={JSON_TYPE: dict[str, object], FORM_TYPE: dict[str, str]},
    limit=EVENT_BYTES,
    headers={
        "X-Shopify-Hmac-Sha256": "The signature of Shopify.",
        "X-WC-Webhook-Signature": "The signature of WooCommerce.",
        "Stripe-Signature": "The signature of Stripe.",
    },
)
def receive_event(container: Container, system: str, call: Call) -> ShopEventReceipt:
    """Take an event of Shopify, WooCommerce or Stripe that is signed, to be recorded soon."""
    intake = container.connectors.intake()
    return {"result": intake.receive(system, call.headers, call.read_body())}


handler = api.on(container)
survive_snapshots(container)
