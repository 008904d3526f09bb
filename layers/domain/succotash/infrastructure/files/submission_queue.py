"""Queued submissions in a file of SQLite, which behaves as a FIFO queue of SQS does."""

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import override

from succotash.domain.intake.queued_submissions import Delivery, is_sent_by
from succotash.domain.people.erasures import ErasedPerson
from succotash.domain.repositories.erasable import Forgotten
from succotash.domain.repositories.submission_queue import Queueable, SubmissionQueue
from succotash.errors import StorageUnavailableError
from succotash.infrastructure.private_files import make_private_file, make_private_folder
from succotash.infrastructure.statement_files import load_statements

BUSY_SECONDS = 5.0
REMEMBERED_SECONDS = 300.0
"""The time in which a message's repetition is recognised."""
ASIDE_SECONDS = 14 * 86_400.0
"""The time for which dead letters are kept, as in a queue of SQS."""

_SQL = load_statements(Path(__file__).with_suffix(".sql"))


class FileSubmissionQueue(SubmissionQueue):
    """Both ends of the queue: where submissions are parked, and where they are taken."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock

    @override
    def enqueue(self, queued: Queueable) -> None:
        now = self._clock()
        with self._connection() as connection:
            connection.execute(
                _SQL["enqueue"],
                {
                    "message_group": queued.group,
                    "deduplication_id": queued.deduplication_id,
                    "content": queued.as_text(),
                    "now": now,
                    "remembered": now - REMEMBERED_SECONDS,
                },
            )

    @override
    def dead_letter(self, delivery: Delivery) -> None:
        with self._connection() as connection:
            connection.execute(_SQL["set_aside"], {"place": int(delivery.message_id)})

    @override
    def forget(self, person: ErasedPerson, has_time: Callable[[], bool]) -> Forgotten:
        removed = 0
        with self._connection() as connection:
            # Those that wait, too: a consumer that has one in flight asks for the tombstone.
            for place, text in connection.execute(_SQL["read_kept"]).fetchall():
                if not has_time():
                    return Forgotten(removed, is_complete=False)
                if is_sent_by(person, text):
                    connection.execute(_SQL["remove"], {"place": place})
                    removed += 1
        return Forgotten(removed)

    def receive(self, limit: int, seconds: float) -> list[Delivery]:
        """The next messages of groups of which none is out, hidden from others for a time."""
        now = self._clock()
        given = {"now": now, "until": now + seconds, "limit": limit}
        forgotten = {"remembered": now - REMEMBERED_SECONDS, "kept": now - ASIDE_SECONDS}
        with self._connection() as connection:
            connection.execute(_SQL["forget_old"], forgotten)
            rows = connection.execute(_SQL["receive"], given).fetchall()
        return [
            Delivery(str(place), group, text, receives)
            for place, group, text, receives in sorted(rows)
        ]

    def settle(self, taken: Iterable[Delivery], failed: Iterable[Delivery], pause: float) -> None:
        """Forget what was taken, and give what failed again after a pause in seconds."""
        now = self._clock()
        with self._connection() as connection:
            connection.executemany(
                _SQL["mark_taken"], [{"place": int(each.message_id)} for each in taken]
            )
            connection.executemany(
                _SQL["show_again"],
                [{"place": int(each.message_id), "until": now + pause} for each in failed],
            )

    def count(self, state: str = "waits") -> int:
        """Count the messages that wait, or that were set `aside`."""
        with self._connection() as connection:
            [number] = connection.execute(_SQL["count_in_state"], {"state": state}).fetchone()
        return int(number)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            make_private_folder(self._path.parent)
            make_private_file(self._path)
            with closing(sqlite3.connect(self._path, timeout=BUSY_SECONDS)) as connection:
                # What was taken or removed stays in no page that is free.
                connection.execute("PRAGMA secure_delete = ON")
                connection.execute(_SQL["make_table"])
                with connection:
                    yield connection
        except (sqlite3.Error, OSError) as error:
            raise StorageUnavailableError(f"the queue: {type(error).__name__}") from None
