"""A database to break, and ways to reach it."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Protocol

import pytest

from succotash.infrastructure.postgres.connection_settings import (
    ConnectionSettings,
    SslMode,
    fixed_password,
)
from succotash.infrastructure.postgres.database import Database
from succotash.infrastructure.postgres.pool import PoolLimits
from succotash.infrastructure.postgres.retry import Retry, RetryPolicy
from tests.faults.proxy import Proxy, proxy_to
from tests.servers import PostgresServer


@pytest.fixture(scope="module")
def settings(postgres_server: PostgresServer) -> Iterator[ConnectionSettings]:
    """How an administrator reaches a database of this module's own."""
    with postgres_server.new_database() as name:
        yield ConnectionSettings(
            host=postgres_server.host,
            port=postgres_server.port,
            database=name,
            user=postgres_server.user,
            password=fixed_password(postgres_server.password),
            sslmode=SslMode.DISABLE,
        )


class Opener(Protocol):
    """Makes a database on these settings."""

    def __call__(
        self, limits: PoolLimits | None = None, policy: RetryPolicy | None = None, **changes: object
    ) -> Database:
        """The database; `changes` are those of the settings."""


@pytest.fixture
def open_database(settings: ConnectionSettings) -> Iterator[Opener]:
    """Databases that are closed after the test."""
    with ExitStack() as opened:

        def opener(
            limits: PoolLimits | None = None, policy: RetryPolicy | None = None, **changes: object
        ) -> Database:
            database = Database(
                replace(settings, **changes),  # type: ignore[arg-type]
                limits or PoolLimits(),
                retry=Retry(policy or RetryPolicy(first_pause=0.02)),
            )
            opened.callback(database.close)
            return database

        yield opener


@pytest.fixture
def database(open_database: Opener) -> Database:
    """A database on the plain settings."""
    return open_database()


@pytest.fixture
def other(open_database: Opener) -> Database:
    """Somebody else on the same database."""
    return open_database()


@pytest.fixture
def proxy(settings: ConnectionSettings) -> Iterator[Proxy]:
    """A proxy before the server."""
    with proxy_to((settings.host, settings.port)) as running:
        yield running


@pytest.fixture
def counter(database: Database) -> Iterator[Database]:
    """A database with a table `counters` that holds 0 under 'a' and under 'b'."""
    database.run("CREATE TABLE counters (name text PRIMARY KEY, value integer NOT NULL)")
    database.run("INSERT INTO counters VALUES ('a', 0), ('b', 0)")
    yield database
    database.run("DROP TABLE counters")


@pytest.fixture(scope="module")
def shared_database(settings: ConnectionSettings) -> Iterator[Database]:
    """A database for all examples of a property."""
    database = Database(settings, PoolLimits())
    yield database
    database.close()
