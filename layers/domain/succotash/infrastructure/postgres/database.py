"""A database behind a pool: statements and transactions, done again where that is right."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import override

from succotash.errors import StorageError, StorageUnavailableError
from succotash.infrastructure.postgres.connection import (
    Connection,
    Row,
)
from succotash.infrastructure.postgres.connection_settings import ConnectionSettings
from succotash.infrastructure.postgres.connector import Connector
from succotash.infrastructure.postgres.errors import ConnectionLostError, OutcomeUnknownError
from succotash.infrastructure.postgres.pool import Pool, PoolLimits
from succotash.infrastructure.postgres.retry import Retry, RetryPolicy
from succotash.infrastructure.postgres.session import Session, UnitOfWork
from succotash.infrastructure.postgres.statements import Statement


class Database(UnitOfWork):
    """Each call is a transaction of its own. Nothing is opened before the first of them."""

    def __init__(
        self,
        settings: ConnectionSettings,
        limits: PoolLimits,
        *,
        retry: Retry | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pool = Pool(Connector(settings, clock=clock).connect, limits, clock=clock)
        self._retry = Retry(RetryPolicy()) if retry is None else retry

    @override
    def run(self, statement: str, /, **parameters: object) -> list[Row]:
        """One round trip, and one more for the first of an invocation, which names the session.

        OutcomeUnknownError where it changes something, and no answer came.
        """
        return self._run(statement, parameters, for_values=False)

    @override
    def run_for_values(self, statement: str, /, **parameters: object) -> list[Row]:
        return self._run(statement, parameters, for_values=True)

    @override
    def in_transaction[T](self, work: Callable[[Session], T], /) -> T:
        def attempt() -> T:
            with self._connection() as connection:
                connection.begin_with_first()
                with _session(connection) as session:
                    return work(session)

        return self._retry(attempt)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A transaction that ends with the block; the block itself cannot be done again."""
        connection = self._retry(self._begun)
        try:
            with _session(connection) as session:
                yield session
        finally:
            self._pool.give_back(connection)

    def close(self) -> None:
        """Close all connections; the next call opens a new one."""
        self._pool.close()

    def _run(
        self, statement: str, parameters: Mapping[str, object], *, for_values: bool
    ) -> list[Row]:
        def attempt() -> list[Row]:
            with self._connection() as connection:
                connection.name_session()
                try:
                    return connection.run(statement, parameters, for_values=for_values)
                except ConnectionLostError:
                    if Statement.of(statement).reads:
                        raise
                    raise OutcomeUnknownError from None

        return self._retry(attempt)

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        connection = self._pool.take()
        try:
            yield connection
        finally:
            self._pool.give_back(connection)

    def _begun(self) -> Connection:
        connection = self._pool.take()
        try:
            connection.begin()
        except BaseException:
            self._pool.give_back(connection)
            raise
        return connection


@contextmanager
def _session(connection: Connection) -> Iterator[Session]:
    """Run a transaction: commit at the end, or roll back if anything is raised."""
    session = Session(connection)
    try:
        yield session
        if not session.end():
            raise StorageError("a statement failed, and the transaction went on as if it had not")
    except BaseException:
        session.end()
        if connection.in_step:
            with suppress(StorageError, StorageUnavailableError):
                connection.rollback()
        raise
    connection.commit()
