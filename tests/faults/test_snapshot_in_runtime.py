"""A function that Lambda's own runtime client takes through a snapshot: the service is made up."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Event, Thread
from typing import Any, override

import pytest

from succotash.http.snapshots import FROM_SNAPSHOTS
from succotash.infrastructure.postgres.connection_settings import ConnectionSettings
from tests.databases import environment_of, migrated_database
from tests.events import sample
from tests.sample_answers import function_of
from tests.servers import PostgresServer

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = "/2018-06-01/runtime"
SECONDS = 30
HEADERS = {
    "Content-Type": "application/json",
    "Lambda-Runtime-Aws-Request-Id": "request-1",
    "Lambda-Runtime-Deadline-Ms": "9999999999999",
    "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-central-1:123456789012:function:f",
    "Lambda-Runtime-Trace-Id": "Root=1-00000000-000000000000000000000000;Sampled=0",
}
"""Of an invocation."""


@pytest.fixture(scope="module")
def settings(postgres_server: PostgresServer) -> Iterator[ConnectionSettings]:
    """How the function reaches its database."""
    with migrated_database(postgres_server) as settings:
        yield settings


class Service:
    """What a runtime asks for what to do next, and tells what came of it."""

    def __init__(self) -> None:
        self.told: Queue[tuple[str, Any]] = Queue()
        self.events: Queue[dict[str, Any]] = Queue()
        self.is_restored = Event()
        service = self

        class Api(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if self.path == f"{RUNTIME}/restore/next":
                    service.told.put(("snapshot", None))
                    service.is_restored.wait(SECONDS)
                    self._answer(200, b"")
                    return
                event = service.events.get(timeout=SECONDS)
                self._answer(200, json.dumps(event).encode())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.told.put((self.path.removeprefix(RUNTIME), json.loads(body)))
                self._answer(202, b"")

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                for name, value in HEADERS.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            @override
            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
        self.server.daemon_threads = True


@contextmanager
def runtime(function: str, environment: Mapping[str, str]) -> Iterator[Service]:
    """A function in a process of its own, as Lambda begins to make a snapshot of it."""
    service = Service()
    serving = Thread(target=service.server.serve_forever, daemon=True)
    serving.start()
    process = subprocess.Popen(  # noqa: S603 - this project's own function
        [sys.executable, "-m", "awslambdaric", f"{function}.handler"],
        cwd=ROOT / "functions" / function,
        env={
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{service.server.server_port}",
            "AWS_LAMBDA_INITIALIZATION_TYPE": FROM_SNAPSHOTS,
            "AWS_LAMBDA_FUNCTION_NAME": function,
            "LAMBDA_TASK_ROOT": str(ROOT / "functions" / function),
            "PYTHONPATH": str(ROOT / "functions" / function),
            **environment,
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield service
    finally:
        process.kill()
        process.wait()
        service.server.shutdown()
        service.server.server_close()


@pytest.mark.parametrize(
    "event",
    [
        "form_intake.health",
        "lead_queries.leads",
        "event_intake.activity",
        "ltv_queries.segments",
        "retention_analysis.campaigns",
    ],
)
def test_a_function_answers_after_it_was_restored(event: str, settings: ConnectionSettings) -> None:
    with runtime(function_of(event), environment_of(settings)) as service:
        assert service.told.get(timeout=SECONDS) == ("snapshot", None)
        service.is_restored.set()
        service.events.put(sample(event))

        what, answer = service.told.get(timeout=SECONDS)

    assert what == "/invocation/request-1/response"
    assert answer["statusCode"] == 200


def test_a_wrong_setting_stops_the_snapshot_with_its_sentence() -> None:
    with runtime("form_intake", {"DB_HOST": "database.example"}) as service:
        what, error = service.told.get(timeout=SECONDS)

    assert what == "/init/error"
    assert error["errorType"] == "SettingsError"
    assert "DB_SECRET_ARN" in error["errorMessage"]
