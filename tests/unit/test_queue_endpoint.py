"""The endpoint by which functions in a network without NAT reach SQS."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any, override

import pytest

from succotash.infrastructure.aws.submission_queue import SqsSubmissionQueue, sqs
from tests.unit.queued import parked

REGION = "eu-central-1"
QUEUE = f"https://sqs.{REGION}.amazonaws.com/123456789012/parked.fifo"


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[Any]]]:
    """An address in the place of `https://sqs.REGION.api.aws`, and what was sent there."""
    sent: list[Any] = []

    class Service(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.end_headers()
            self.wfile.write(b"{}")

        @override
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with HTTPServer(("127.0.0.1", 0), Service) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", sent
        server.shutdown()


def test_messages_go_to_the_endpoint_that_is_set_whatever_host_the_queues_url_has(
    endpoint: tuple[str, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, sent = endpoint
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", address)

    SqsSubmissionQueue(QUEUE, QUEUE).enqueue(parked())

    [message] = sent
    assert message["QueueUrl"] == QUEUE


def test_an_empty_setting_leaves_the_regions_own_endpoint(
    endpoint: tuple[str, list[Any]],  # noqa: ARG001 - the account
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", "")

    assert sqs().meta.endpoint_url == f"https://sqs.{REGION}.amazonaws.com"
