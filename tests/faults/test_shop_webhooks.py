"""How often an event of a shop makes the function wait for the database, whatever it is about."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest

import event_intake
from succotash.container import Container
from succotash.domain.shops.events import ShopEvent, ShopEventKind
from tests.contexts import Context
from tests.events import sample
from tests.faults.proxy import Proxy, database_behind_proxy
from tests.servers import PostgresServer

ROUND_TRIPS = 4
"""BEGIN with the locks, what is known, what became of it, COMMIT."""
RECEIVED_AT = datetime(2026, 6, 1, tzinfo=UTC)
ERASURE_KEYS = "a-key-of-this-test-alone-that-nobody-knows"

HISTORIES: dict[str, Sequence[str]] = {
    "Shopify's order that is paid, then cancelled": ("shopify_order", "shopify_cancellation"),
    "Shopify's refund after its order": ("shopify_order", "shopify_refund"),
    "Shopify's refund before its order": ("shopify_refund", "shopify_order"),
    "Shopify's consent before an order": ("shopify_consent", "shopify_order"),
    "WooCommerce's order that is updated with a refund": (
        "woocommerce_order",
        "woocommerce_refund",
    ),
    "WooCommerce's order that is deleted": ("woocommerce_order", "woocommerce_deletion"),
    "Stripe's charge that is refunded": ("stripe_charge", "stripe_refund", "stripe_total_refund"),
    "Stripe's charge that is disputed": ("stripe_charge", "stripe_dispute"),
    "Stripe's dispute before its charge": ("stripe_dispute", "stripe_charge"),
}
"""Samples in the order in which they come."""


class Consumer:
    """Hands events to the whole function, as their queue does."""

    def __init__(self, parts: Container, proxy: Proxy) -> None:
        self._handler = event_intake.recording(parts)
        self._proxy = proxy
        self._histories = 0

    def own_samples(self, names: Sequence[str]) -> list[ShopEvent]:
        """The samples, about an order and a customer of their own."""
        self._histories += 1
        return [_event_about(self._histories, name) for name in names]

    def take(self, *events: ShopEvent) -> int:
        """The round trips that a batch of these events took."""
        records = [
            {
                "messageId": f"message-{place}",
                "body": event.as_text(),
                "attributes": {"ApproximateReceiveCount": "1"},
            }
            for place, event in enumerate(events)
        ]
        before = self._proxy.round_trips
        answer = self._handler({"Records": records}, Context())
        assert answer == {"batchItemFailures": []}
        return self._proxy.round_trips - before


def _event_about(number: int, name: str) -> ShopEvent:
    text: str = sample(f"connectors.{name}")["body"]
    for of_sample, own in (
        ("ada@", f"person{number}@"),
        ("820982911946154508", f"{8_000_000 + number}"),
        ("#1001", f"#{5_000 + number}"),
        ("7000000000001", f"{7_000_000 + number}"),
        ("727", f"{9_000 + number}"),
        ("ch_INVENTED1", f"ch_{number}"),
        ("cus_INVENTED1", f"cus_{number}"),
    ):
        text = text.replace(of_sample, own)
    body = json.loads(text, parse_float=str)
    topic = "order.deleted" if name == "woocommerce_deletion" else None
    return ShopEvent(name.partition("_")[0], ShopEventKind.LEDGER, RECEIVED_AT, body, topic)


@pytest.fixture(scope="module")
def consumer(postgres_server: PostgresServer) -> Iterator[Consumer]:
    with database_behind_proxy(postgres_server) as (proxy, settings):
        parts = Container({**settings, "ERASURE_KEYS": ERASURE_KEYS})
        consumer = Consumer(parts, proxy)
        consumer.take(*consumer.own_samples(["shopify_order"]))  # connects, prepares statements
        yield consumer
        parts.storage.close()


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES.keys())
def test_each_event_of_a_history_takes_four_round_trips_at_most(
    consumer: Consumer, history: Sequence[str]
) -> None:
    events = consumer.own_samples(history)
    assert [consumer.take(each) for each in events] == [ROUND_TRIPS] * len(events)
    repeated = [consumer.take(each) for each in events]
    assert all(each in {ROUND_TRIPS - 1, ROUND_TRIPS} for each in repeated)


def test_a_batch_takes_as_many_as_a_single_event(consumer: Consumer) -> None:
    batch = [event for history in HISTORIES.values() for event in consumer.own_samples(history)]
    assert consumer.take(*batch) == ROUND_TRIPS


def test_an_event_that_says_nothing_new_takes_three(consumer: Consumer) -> None:
    [order, refund] = consumer.own_samples(["woocommerce_order", "woocommerce_refund"])
    consumer.take(order)
    consumer.take(refund)
    assert consumer.take(refund) == ROUND_TRIPS - 1
