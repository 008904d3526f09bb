"""A cluster that wakes: it accepts connections, and says nothing on them for a while."""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread, Timer

import pytest

from succotash.container import Container
from succotash.infrastructure.files.submission_queue import FileSubmissionQueue
from tests.databases import environment_of, migrated_database
from tests.faults.proxy import Proxy
from tests.http.gateway import Answered, Gateway
from tests.servers import PostgresServer

WAKES_AFTER = 1.2
CONNECT_TIMEOUT = "0.5"
"""Shorter than that, and together with its repetitions longer."""
READS = ("/leads", "/forms", "/ltv/analysis", "/retention/analytics", "/forms/analytics")
JSON = {"accept": "application/json", "content-type": "application/json"}


class Waking:
    """Before a server: holds what is sent until the cluster is awake, or refuses connections."""

    def __init__(self, server: tuple[str, int]) -> None:
        self.awake = Event()
        self._behind = Proxy(server)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        Thread(target=self._behind.serve, daemon=True).start()
        Thread(target=self._serve, daemon=True).start()

    def wake(self, after: float) -> None:
        """Answer from then on."""
        Timer(after, self.awake.set).start()

    def close(self) -> None:
        self.awake.set()
        self._listener.close()
        self._behind.stop()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                Thread(target=self._hold, args=(client,), daemon=True).start()

    def _hold(self, client: socket.socket) -> None:
        self.awake.wait()
        with (
            suppress(OSError),
            client,
            socket.create_connection(("127.0.0.1", self._behind.port)) as server,
        ):
            back = Thread(target=_copy, args=(server, client), daemon=True)
            back.start()
            _copy(client, server)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@pytest.fixture(scope="module")
def environment(postgres_server: PostgresServer) -> Iterator[Mapping[str, str]]:
    with migrated_database(postgres_server) as settings:
        yield {"SUCCOTASH_STORAGE": "postgres", **environment_of(settings)}


@contextmanager
def paused(environment: Mapping[str, str], queue: Path) -> Iterator[tuple[Waking, Container]]:
    """A cluster that is paused, and functions that nobody has called yet."""
    cluster = Waking((environment["DB_HOST"], int(environment["DB_PORT"])))
    container = Container(
        {
            **environment,
            "DB_HOST": "127.0.0.1",
            "DB_PORT": str(cluster.port),
            "DB_CONNECT_TIMEOUT": CONNECT_TIMEOUT,
            "PARKING_QUEUE_URL": f"file:{queue}",
        }
    )
    yield cluster, container
    container.close()
    cluster.close()


def submit(container: Container) -> Answered:
    return Gateway(container=container).call(
        "POST", "/forms/default/submissions", body=b'{"email": "ada@example.org"}', headers=JSON
    )


@pytest.mark.parametrize("path", READS)
def test_a_read_waits_for_a_cluster_that_wakes_within_its_time(
    environment: Mapping[str, str], tmp_path: Path, path: str
) -> None:
    with paused(environment, tmp_path / "queue") as (cluster, container):
        cluster.wake(WAKES_AFTER)
        assert Gateway(container=container).call("GET", path).status == 200


def test_a_write_waits_for_a_cluster_that_wakes_within_its_time(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    order = {
        "order_id": "o1",
        "customer_id": "c1",
        "ordered_at": "2026-11-01T12:00:00Z",
        "amount": "10.00",
        "currency": "USD",
    }
    with paused(environment, tmp_path / "queue") as (cluster, container):
        cluster.wake(WAKES_AFTER)
        answer = Gateway(container=container).call(
            "POST", "/orders", body=json.dumps({"orders": [order]}).encode(), headers=JSON
        )
    assert answer.status == 200, answer.body


@pytest.mark.parametrize("path", READS)
def test_a_read_of_a_cluster_that_wakes_too_late_is_asked_to_come_again(
    environment: Mapping[str, str], tmp_path: Path, path: str
) -> None:
    with paused(environment, tmp_path / "queue") as (_, container):
        answer = Gateway(container=container).call("GET", path)
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_submission_is_accepted_while_the_cluster_sleeps_and_stored_once_it_is_awake(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    with paused(environment, tmp_path / "queue") as (cluster, container):
        answer = submit(container)
        assert answer.status == 202, answer.body
        submission_id = answer.json["submission_id"]

        cluster.awake.set()
        queue = FileSubmissionQueue(tmp_path / "queue")
        outcome = container.get_queued_intake().take(queue.receive(10, seconds=30))

        assert not list(outcome.again)
        stored = container.get_form_repository().get_form_submission(submission_id)
        assert stored.submission_id == submission_id


def test_a_submission_waits_for_a_cluster_that_wakes_within_its_time(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    with paused(environment, tmp_path / "queue") as (cluster, container):
        cluster.wake(WAKES_AFTER)
        answer = submit(container)
    assert answer.status in {200, 201}, answer.body
