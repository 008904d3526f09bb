"""Connections to one SQLite database, the transactions on them, and whose errors they raise.

A file's connections stand in a small pool rather than one per thread: the threads of a web server
come and go, its connections need not. Readers of a file never wait (WAL); writers of one process
queue at a lock, where they wake at once; SQLite's own waiting, for other processes, is a sleep. A
database in memory lives in its single connection, which one transaction at a time takes.
"""

import sqlite3
import threading
import weakref
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import override

from succotash.domain.value.distribution import bin_of
from succotash.errors import StorageError, StorageUnavailableError
from succotash.infrastructure.private_files import make_private_file
from succotash.infrastructure.sqlite.functions import (
    ExactSum,
    exact_add,
    from_hex,
    keyed_digest,
    local_day,
    mean,
    month_number,
    shard_of,
)
from succotash.infrastructure.sqlite.result_row import SQLiteRow
from succotash.infrastructure.sqlite.schema import prepare_connection, prepare_database

type Row = SQLiteRow

MEMORY = ":memory:"
BUSY_SECONDS = 5.0
MAX_CONNECTIONS = 8
_PRIMARY_CODE = 0xFF
_PASSING_CODES = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN})


@contextmanager
def translated() -> Iterator[None]:
    """Raise what SQLite raises as the project's errors, without a row's contents in the text."""
    try:
        yield
    except sqlite3.Error as error:
        # Errors that the driver itself finds carry no code of SQLite's.
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_MISUSE)
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        if code & _PRIMARY_CODE in _PASSING_CODES:
            raise StorageUnavailableError(name) from None
        raise StorageError(f"SQLite refused: {name}") from None
    except (UnicodeEncodeError, OverflowError) as error:
        raise StorageError(f"a value does not fit: {type(error).__name__}") from None


class Session:
    """One connection within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def run(self, statement: str, /, **parameters: object) -> list[Row]:
        """The rows of one statement with named parameters."""
        self._require_transaction()
        with translated(), closing(self._connection.execute(statement, parameters)) as cursor:
            return cursor.fetchall()

    def run_for_each(self, statement: str, rows: Iterable[Mapping[str, object]]) -> None:
        """Run one statement for every row of parameters."""
        self._require_transaction()
        with translated():
            self._connection.executemany(statement, rows).close()

    def change(self, statement: str, /, **parameters: object) -> int:
        """Run one statement; how many rows it changed."""
        self._require_transaction()
        with translated(), closing(self._connection.execute(statement, parameters)) as cursor:
            return cursor.rowcount

    def _require_transaction(self) -> None:
        # SQLite ends a transaction by itself on some faults (a full disk); what followed would
        # otherwise be kept, statement by statement.
        if not self._connection.in_transaction:
            raise StorageError("the transaction was ended by a fault")


class UnitOfWork(ABC):
    """A unit of work: transactions of its own, or a part of another's."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[Session]:
        """A session that sees one state of the database throughout."""

    @abstractmethod
    def writing(self) -> AbstractContextManager[Session]:
        """A session whose changes happen all or, where the block raises, not at all.

        Another that writes waits from its beginning until this one ends.
        """

    @abstractmethod
    def close(self) -> None:
        """Release the connections this unit holds."""


class OpenTransaction(UnitOfWork):
    """A part of a transaction that somebody else commits."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    def reading(self) -> AbstractContextManager[Session]:
        return nullcontext(self._session)

    @override
    @contextmanager
    def writing(self) -> Iterator[Session]:
        self._session.run("SAVEPOINT part")
        try:
            yield self._session
        except BaseException:
            self._session.run("ROLLBACK TO part")
            self._session.run("RELEASE part")
            raise
        self._session.run("RELEASE part")

    @override
    def close(self) -> None:
        """Nothing: the connection belongs to the transaction."""


class Database(UnitOfWork):
    """A database whose every session is a transaction of its own.

    Makes the schema of a new database. StorageUnavailableError where the file cannot be opened,
    or stayed locked for BUSY_SECONDS. Only its owner reads a file that is made here; SQLite gives
    what it puts next to one the same rights. A file that closed is complete without its -wal. What
    is in memory is gone once closed.
    """

    def __init__(self, path: str | Path, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self._path = str(path)
        self._busy_seconds = busy_seconds
        in_memory = self._path == MEMORY
        self._places = threading.BoundedSemaphore(1 if in_memory else MAX_CONNECTIONS)
        self._writer = threading.Lock()
        self._pool = threading.Lock()
        self._is_prepared = False
        self._generation = 0
        self._idle: deque[sqlite3.Connection] = deque()
        self._finalizer = weakref.finalize(self, _close_all, self._idle)

    @override
    @contextmanager
    def reading(self) -> Iterator[Session]:
        with self._connection() as connection, _transaction(connection, "BEGIN"):
            yield Session(connection)

    @override
    @contextmanager
    def writing(self) -> Iterator[Session]:
        with (
            self._held(self._writer),
            self._connection() as connection,
            _transaction(connection, "BEGIN IMMEDIATE"),
        ):
            yield Session(connection)

    def rewrite(self) -> bool:
        """Write the file from its rows again and empty the write-ahead log; whether both are done.

        `secure_delete` overwrites deleted rows, but no copies of them that SQLite left in the
        unused part of pages when it balanced them. Waits for readers as long as for writers.
        """
        with self._held(self._writer), self._connection() as connection, translated():
            is_rewritten = _is_vacuumed(connection)
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return is_rewritten and not busy

    @override
    def close(self) -> None:
        with self._pool:
            self._generation += 1
            self._is_prepared = False
            _close_all(self._idle)

    @contextmanager
    def _held(self, lock: threading.Lock | threading.BoundedSemaphore) -> Iterator[None]:
        if not lock.acquire(timeout=self._busy_seconds):
            raise StorageUnavailableError("it is busy")
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with self._held(self._places):
            generation = self._generation
            connection = self._take()
            try:
                yield connection
            finally:
                self._give_back(connection, generation)

    def _take(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return self._open()

    def _give_back(self, connection: sqlite3.Connection, generation: int) -> None:
        with self._pool:
            if generation == self._generation and not connection.in_transaction:
                self._idle.append(connection)
                return
            # One that outlived close(), or could not be rolled back, serves nobody else; and
            # where it held a database in memory, the next must make it again.
            self._is_prepared = False
        connection.close()

    def _open(self) -> sqlite3.Connection:
        if self._path != MEMORY:
            with suppress(OSError):  # SQLite says better what stands in the way
                make_private_file(Path(self._path))
        with translated():
            connection = sqlite3.connect(
                self._path,
                timeout=self._busy_seconds,
                check_same_thread=False,  # the pool gives it to one thread at a time
                autocommit=True,  # transactions are begun and ended by name
            )
        try:
            with translated():
                connection.row_factory = SQLiteRow
                _register(connection)
                prepare_connection(connection)
                with self._pool:
                    if not self._is_prepared:
                        prepare_database(connection, self._busy_seconds)
                        self._is_prepared = True
        except BaseException:
            connection.close()
            raise
        return connection


def _is_vacuumed(connection: sqlite3.Connection) -> bool:
    """Whether the file could be written again: another process may write, or the disk be full."""
    try:
        connection.execute("VACUUM")
    except sqlite3.OperationalError:
        return False
    return True


@contextmanager
def _transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    with translated():
        connection.execute(begin)
    try:
        yield
        with translated():
            connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            with translated():
                connection.execute("ROLLBACK")
        raise


def _register(connection: sqlite3.Connection) -> None:
    connection.create_function("local_day", 2, local_day, deterministic=True)
    connection.create_function("month_number", 1, month_number, deterministic=True)
    connection.create_function("shard_of", 2, shard_of, deterministic=True)
    connection.create_function("from_hex", 1, from_hex, deterministic=True)
    connection.create_function("keyed_digest", 3, keyed_digest, deterministic=True)
    connection.create_function("mean", 2, mean, deterministic=True)
    connection.create_function("value_bin", 1, bin_of, deterministic=True)
    connection.create_function("exact_add", 2, exact_add, deterministic=True)
    # Its numbers may be text, of which the type knows nothing.
    connection.create_aggregate("exact_sum", 1, ExactSum)  # type: ignore[arg-type]


def _close_all(idle: deque[sqlite3.Connection]) -> None:
    # The last connection of a file to close brings the -wal home and removes it.
    while idle:
        idle.pop().close()
