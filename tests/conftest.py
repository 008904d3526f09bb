"""What tests of every kind share."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import PostgresServer, embedded_postgres

TEST_POSTGRES_URL = "SUCCOTASH_TEST_POSTGRES_URL"
"""An administrator's URL of the server to test on, instead of an embedded one."""


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A real PostgreSQL server, the same one for the whole session.

    Its data is not below pytest's own folder, which every session closes to other users again:
    where root runs the tests, PostgreSQL runs as another user.
    """
    if url := os.environ.get(TEST_POSTGRES_URL):
        yield PostgresServer(url)
        return
    with (
        tempfile.TemporaryDirectory(prefix="succotash-postgres-") as folder,
        embedded_postgres(Path(folder) / "data") as server,
    ):
        yield server


@pytest.fixture
def postgres_database(postgres_server: PostgresServer) -> Iterator[str]:
    """The name of an empty database, without a schema, for one test."""
    with postgres_server.new_database() as name:
        yield name
