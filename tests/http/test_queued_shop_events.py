"""Events of shops through the queues of SQS, on a server of moto, from the API to the ledger."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import boto3
import pytest

import event_intake
import lead_queries
from succotash.container import Container
from tests.contexts import Context
from tests.events import sample
from tests.http.gateway import ENVIRONMENT, Gateway
from tests.moto_servers import moto_server

NOW = datetime.fromtimestamp(1_772_355_700, UTC)
REGION = "eu-central-1"
NAMES = ("SHOP_EVENTS_URL", "SHOP_REQUESTS_URL", "SHOP_EVENT_FAILURES_URL")


class Queues:
    """Three queues, emptied as they are looked into."""

    def __init__(self, endpoint: str) -> None:
        self._client = boto3.client(
            "sqs",
            region_name=REGION,
            endpoint_url=endpoint,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )
        self.urls = {name: self._client.create_queue(QueueName=name)["QueueUrl"] for name in NAMES}

    def records(self, name: str, receives: int = 1) -> list[dict[str, Any]]:
        """What is in a queue, as Lambda is given it; gone afterwards."""
        url = self.urls[name]
        found = self._client.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        records = []
        for each in found.get("Messages", ()):
            self._client.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
            records.append(
                {
                    "messageId": each["MessageId"],
                    "body": each["Body"],
                    "attributes": {"ApproximateReceiveCount": str(receives)},
                }
            )
        return records


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with moto_server() as account:
        yield account["AWS_ENDPOINT_URL"]


@pytest.fixture
def queues(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Queues:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_REGION", REGION)
    return Queues(endpoint)


@pytest.fixture
def gateway(queues: Queues, endpoint: str) -> Gateway:
    settings = {**ENVIRONMENT, **queues.urls, "AWS_ENDPOINT_URL_SQS": endpoint}
    return Gateway(container=Container(settings, clock=lambda: NOW))


def ledger(gateway: Gateway) -> dict[str, Decimal]:
    ada = gateway.container.pseudonyms.name_of_email("ada@example.com").customer_id
    orders = gateway.container.get_ltv_repository().get_orders(ada)
    return {each.order_id: each.amount.amount for each in orders}


def test_an_order_waits_in_its_queue_until_it_is_recorded(gateway: Gateway, queues: Queues) -> None:
    answer = gateway.send(sample("connectors.shopify_order"))
    assert (answer.status, answer.json) == (200, {"result": "accepted"})
    assert ledger(gateway) == {}

    records = queues.records("SHOP_EVENTS_URL")
    taken = event_intake.recording(gateway.container)({"Records": records}, Context())

    assert taken == {"batchItemFailures": []}
    assert ledger(gateway) == {"shopify:#1001": Decimal("49.90")}


def test_what_waits_names_nobody_and_no_street(gateway: Gateway, queues: Queues) -> None:
    gateway.send(sample("connectors.shopify_order"))
    [record] = queues.records("SHOP_EVENTS_URL")
    assert "Example" not in record["body"].replace("example.com", "")
    assert "line_items" not in record["body"]


def test_a_request_to_be_erased_waits_in_a_queue_of_its_own(
    gateway: Gateway, queues: Queues
) -> None:
    gateway.send(sample("connectors.shopify_order"))
    event_intake.recording(gateway.container)(
        {"Records": queues.records("SHOP_EVENTS_URL")}, Context()
    )
    gateway.send(sample("connectors.shopify_redact"))
    assert queues.records("SHOP_EVENTS_URL") == []

    records = queues.records("SHOP_REQUESTS_URL")
    lead_queries.answering(gateway.container)({"Records": records}, Context())

    assert len(records) == 1
    assert ledger(gateway) == {}


def test_what_cannot_be_read_is_kept_among_the_failures(gateway: Gateway, queues: Queues) -> None:
    record = {
        "messageId": "m",
        "body": "no event",
        "attributes": {"ApproximateReceiveCount": "1"},
    }
    taken = event_intake.recording(gateway.container)({"Records": [record]}, Context())
    assert taken == {"batchItemFailures": []}
    assert [each["body"] for each in queues.records("SHOP_EVENT_FAILURES_URL")] == ["no event"]


def test_a_queue_that_is_away_has_the_shop_send_again(endpoint: str, queues: Queues) -> None:
    gone = {name: f"{url}-gone" for name, url in queues.urls.items()}
    settings = {**ENVIRONMENT, **gone, "AWS_ENDPOINT_URL_SQS": endpoint}
    gateway = Gateway(container=Container(settings, clock=lambda: NOW))
    assert gateway.send(sample("connectors.shopify_order")).status == 503
