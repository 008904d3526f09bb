"""Webhooks of shops: answering them without the database, and recording them from their queue.

Run from the project's root: `python -m benchmarks.shop_webhooks [ORDERS]`; 1,000 by default, with
the folders of `functions/` on `PYTHONPATH`. A real server is started, as durable as it comes. Each
order is paid, refunded in part, and told once more. Round trips are counted by a proxy, in a run of
their own. Answers are held against a bare HTTP request to the same stand-in for the queue, and
recording against as many bare statements as it has round trips: BEGIN, a SELECT, an INSERT of one
row, COMMIT.
"""

import base64
import hmac
import io
import json
import logging
import os
import statistics
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, override

import connectors
import event_intake
from local.background_workers import DEVELOPMENT_SECRETS
from succotash.container import Container
from succotash.infrastructure.postgres.migrations import migrate
from tests.contexts import Context
from tests.events import sample
from tests.faults.proxy import proxy_to
from tests.servers import PostgresServer, embedded_postgres, folder_of_a_server

ORDERS = 1_000
BATCH = 10
DURABLE = "-c shared_buffers=256MB"
SECRET = DEVELOPMENT_SECRETS["shopify"]


class Queue(BaseHTTPRequestHandler):
    """Takes messages as SQS does, and keeps what they say."""

    protocol_version = "HTTP/1.1"
    bodies: list[str] = []  # noqa: RUF012 - one queue a process

    def do_POST(self) -> None:
        """Answer one request."""
        sent = self.rfile.read(int(self.headers["content-length"]))
        self.bodies.append(json.loads(sent)["MessageBody"])
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    @override
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def queue() -> Iterator[str]:
    """The address of a queue on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Queue)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def webhook(name: str, number: int) -> dict[str, Any]:
    """A sample of Shopify about an order and a customer of their own, signed."""
    event = sample(f"connectors.{name}")
    body: str = event["body"]
    for of_sample, own in (
        ("ada@", f"person{number // 3}@"),
        ("820982911946154508", f"{8_000_000_000 + number}"),
        ("#1001", f"#{number}"),
        ("7000000000001", f"{7_000_000_000 + number // 3}"),
        ("975000000001", f"{9_000_000_000 + number}"),
    ):
        body = body.replace(of_sample, own)
    digest = base64.b64encode(hmac.digest(SECRET.encode(), body.encode(), "sha256")).decode()
    return event | {"body": body, "headers": event["headers"] | {"x-shopify-hmac-sha256": digest}}


def container(server: PostgresServer, database: str, port: int, address: str) -> Container:
    """A deployment with queues, whose database is at this port."""
    url = f"{address}/123456789012"
    return Container(
        {
            "SUCCOTASH_STORAGE": "postgres",
            "DB_HOST": "127.0.0.1",
            "DB_PORT": str(port),
            "DB_NAME": database,
            "DB_USER": server.user,
            "DB_PASSWORD": server.password,
            "DB_SSLMODE": "disable",
            "DB_MAX_CONNECTIONS": "1",
            "ERASURE_KEYS": "a-key-of-this-benchmark-alone",
            "CONNECTOR_SECRETS": json.dumps(DEVELOPMENT_SECRETS),
            "SHOP_EVENTS_URL": f"{url}/events",
            "SHOP_REQUESTS_URL": f"{url}/requests",
            "SHOP_EVENT_FAILURES_URL": f"{url}/failures",
            "AWS_ENDPOINT_URL_SQS": address,
        }
    )


def median_ms(each: list[float]) -> str:
    """The median, in milliseconds."""
    return f"{statistics.median(each) * 1000:.2f} ms"


def answer_all(parts: Container, events: list[dict[str, Any]]) -> list[float]:
    """Seconds of each answer; what is sent waits in the queue."""
    handler = connectors.api.on(parts)
    taken = []
    for event in events:
        began = time.perf_counter()
        answer = handler(event, Context())
        taken.append(time.perf_counter() - began)
        assert answer["statusCode"] == HTTPStatus.OK, answer
    return taken


def record_all(parts: Container, texts: list[str], at_once: int) -> list[float]:
    """Seconds of recording each batch."""
    handler = event_intake.recording(parts)
    taken = []
    for first in range(0, len(texts), at_once):
        records = [
            {"messageId": f"m{place}", "body": text, "attributes": {"ApproximateReceiveCount": "1"}}
            for place, text in enumerate(texts[first : first + at_once])
        ]
        began = time.perf_counter()
        with redirect_stdout(io.StringIO()):  # metrics
            answer = handler({"Records": records}, Context())
        taken.append(time.perf_counter() - began)
        assert answer == {"batchItemFailures": []}, answer
    return taken


def bare_statements(server: PostgresServer, database: str, times: int) -> list[float]:
    """Seconds of a transaction of four bare statements that writes one row."""
    taken = []
    with server.connect(database) as connection:
        connection.run("CREATE TABLE bare (number integer PRIMARY KEY, text text)")
        find = connection.prepare("SELECT text FROM bare WHERE number = :number")
        add = connection.prepare("INSERT INTO bare (number, text) VALUES (:number, :text)")
        for number in range(times):
            began = time.perf_counter()
            connection.run("BEGIN")
            find.run(number=number)
            add.run(number=number, text="x" * 200)
            connection.run("COMMIT")
            taken.append(time.perf_counter() - began)
    return taken


def bare_requests(address: str, times: int) -> list[float]:
    """Seconds of a bare request to the queue."""
    body = json.dumps({"MessageBody": "x" * 500}).encode()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        with urllib.request.urlopen(f"{address}/", body, timeout=2) as answer:  # noqa: S310
            answer.read()
        taken.append(time.perf_counter() - began)
    return taken


def main() -> None:
    """Measure, and print what came out."""
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else ORDERS
    logging.disable(logging.CRITICAL)
    os.environ |= {"AWS_REGION": "eu-central-1"}
    os.environ |= {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    names = ("shopify_order", "shopify_refund", "shopify_order")
    events = [webhook(name, number) for number in range(orders) for name in names]
    with (
        folder_of_a_server() as folder,
        embedded_postgres(folder / "data", DURABLE) as server,
        queue() as address,
    ):
        with server.new_database() as database, proxy_to((server.host, server.port)) as proxy:
            migrate(server.url(database))
            parts = container(server, database, proxy.port, address)
            answered = answer_all(parts, events)
            print(f"answers: {proxy.round_trips} round trips for {len(events):,} webhooks")
            texts = [*Queue.bodies]
            record_all(parts, texts[:3], 1)  # connects, and prepares the statements
            before = proxy.round_trips
            record_all(parts, texts[3:303], 1)
            counted = len(texts[3:303])
            alone = (proxy.round_trips - before) / counted
            before = proxy.round_trips
            record_all(parts, texts[303:603], BATCH)
            together = (proxy.round_trips - before) / max(len(texts[303:603]) // BATCH, 1)
            print(f"recording: {alone:.2f} round trips an event, {together:.2f} a batch of {BATCH}")
            parts.storage.close()
        bare = bare_requests(address, len(events))
        ratio = statistics.median(answered) / statistics.median(bare)
        print(f"answer {median_ms(answered)}, bare request {median_ms(bare)}: {ratio:.2f} times")
        for at_once in (1, BATCH):
            with server.new_database() as database:
                migrate(server.url(database))
                parts = container(server, database, server.port, address)
                recorded = record_all(parts, texts, at_once)
                parts.storage.close()
                floor = bare_statements(server, database, len(recorded))
            ratio = statistics.median(recorded) / statistics.median(floor)
            print(
                f"recording {at_once} at once {median_ms(recorded)}, "
                f"four bare statements {median_ms(floor)}: {ratio:.2f} times"
            )


if __name__ == "__main__":
    main()
