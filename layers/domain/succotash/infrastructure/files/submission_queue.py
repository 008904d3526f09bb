"""Queued submissions in a file of SQLite, which behaves as a FIFO queue of SQS does."""

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import override

from succotash.domain.intake.queued_submissions import Delivery, QueuedSubmission, is_sent_by
from succotash.domain.people.erasures import ErasedPerson
from succotash.domain.repositories.erasable import Forgotten
from succotash.domain.repositories.submission_queue import SubmissionQueue
from succotash.errors import StorageUnavailableError
from succotash.infrastructure.private_files import make_private_file, make_private_folder

BUSY_SECONDS = 5.0
REMEMBERED_SECONDS = 300.0
"""How long a message's repetition is recognised."""
ASIDE_SECONDS = 14 * 86_400.0
"""How long what is set aside is kept, as in a queue of SQS."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    message_group TEXT NOT NULL,
    deduplication_id TEXT NOT NULL,
    content TEXT NOT NULL,
    sent_at REAL NOT NULL,
    visible_at REAL NOT NULL,
    receives INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'waits' CHECK (state IN ('waits', 'taken', 'aside'))
) STRICT
"""
_PARK = """
INSERT INTO messages (message_group, deduplication_id, content, sent_at, visible_at)
SELECT :message_group, :deduplication_id, :content, :now, :now
WHERE NOT EXISTS (
    SELECT 1 FROM messages
    WHERE message_group = :message_group AND deduplication_id = :deduplication_id
      AND sent_at > :remembered
)
"""
# What was taken stays for a while without its content, so that its repetition is recognised.
_FORGET = """
DELETE FROM messages
WHERE (state = 'taken' AND sent_at <= :remembered) OR (state = 'aside' AND sent_at <= :kept)
"""
_SET_ASIDE = "UPDATE messages SET state = 'aside' WHERE place = :place"
_TAKEN = """
UPDATE messages SET state = 'taken', content = '' WHERE place = :place AND state = 'waits'
"""
# A group gives nothing while one of its messages is out.
_RECEIVE = """
UPDATE messages SET receives = receives + 1, visible_at = :until
WHERE place IN (
    SELECT place FROM messages
    WHERE state = 'waits' AND message_group NOT IN (
        SELECT message_group FROM messages WHERE state = 'waits' AND visible_at > :now
    )
    ORDER BY place
    LIMIT :limit
)
RETURNING place, message_group, content, receives
"""
_SHOW_AGAIN = "UPDATE messages SET visible_at = :until WHERE place = :place"
_KEPT = "SELECT place, content FROM messages WHERE state <> 'taken' ORDER BY place"
_REMOVE = "DELETE FROM messages WHERE place = :place"
_WAITING = "SELECT COUNT(*) FROM messages WHERE state = :state"


class FileSubmissionQueue(SubmissionQueue):
    """Both ends of the queue: where submissions are parked, and where they are taken."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock

    @override
    def enqueue(self, queued: QueuedSubmission) -> None:
        now = self._clock()
        with self._connection() as connection:
            connection.execute(
                _PARK,
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
            connection.execute(_SET_ASIDE, {"place": int(delivery.message_id)})

    @override
    def forget(self, person: ErasedPerson, has_time: Callable[[], bool]) -> Forgotten:
        removed = 0
        with self._connection() as connection:
            # Those that wait, too: whoever has one out at the moment asks for the tombstone.
            for place, text in connection.execute(_KEPT).fetchall():
                if not has_time():
                    return Forgotten(removed, is_complete=False)
                if is_sent_by(person, text):
                    connection.execute(_REMOVE, {"place": place})
                    removed += 1
        return Forgotten(removed)

    def receive(self, limit: int, seconds: float) -> list[Delivery]:
        """The next messages of groups of which none is out, hidden from others for a time."""
        now = self._clock()
        given = {"now": now, "until": now + seconds, "limit": limit}
        forgotten = {"remembered": now - REMEMBERED_SECONDS, "kept": now - ASIDE_SECONDS}
        with self._connection() as connection:
            connection.execute(_FORGET, forgotten)
            rows = connection.execute(_RECEIVE, given).fetchall()
        return [
            Delivery(str(place), group, text, receives)
            for place, group, text, receives in sorted(rows)
        ]

    def settle(self, taken: Iterable[Delivery], failed: Iterable[Delivery], pause: float) -> None:
        """Forget what was taken, and give what failed again after a pause in seconds."""
        now = self._clock()
        with self._connection() as connection:
            connection.executemany(_TAKEN, [{"place": int(each.message_id)} for each in taken])
            connection.executemany(
                _SHOW_AGAIN,
                [{"place": int(each.message_id), "until": now + pause} for each in failed],
            )

    def count(self, state: str = "waits") -> int:
        """How many messages wait, or are set `aside`."""
        with self._connection() as connection:
            [number] = connection.execute(_WAITING, {"state": state}).fetchone()
        return int(number)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            make_private_folder(self._path.parent)
            make_private_file(self._path)
            with closing(sqlite3.connect(self._path, timeout=BUSY_SECONDS)) as connection:
                # What was taken or removed stays in no page that is free.
                connection.execute("PRAGMA secure_delete = ON")
                connection.execute(_SCHEMA)
                with connection:
                    yield connection
        except (sqlite3.Error, OSError) as error:
            raise StorageUnavailableError(f"the queue: {type(error).__name__}") from None
