"""What tests of every kind share."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.servers import PostgresServer, embedded_postgres, folder_of_a_server

# How long an example takes says how busy the machine is.
settings.register_profile("succotash", deadline=None)
settings.load_profile("succotash")

TEST_POSTGRES_URL = "SUCCOTASH_TEST_POSTGRES_URL"
"""An administrator's URL of the server to test on, instead of an embedded one."""


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: much of a test is waiting, for a server or a time."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no worker is left with it alone at the end."""
    items.sort(key=lambda each: each.get_closest_marker("long") is None)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A real PostgreSQL server, the same one for the whole session."""
    if url := os.environ.get(TEST_POSTGRES_URL):
        yield PostgresServer(url)
        return
    with folder_of_a_server() as folder, embedded_postgres(folder / "data") as server:
        yield server


@pytest.fixture
def postgres_database(postgres_server: PostgresServer) -> Iterator[str]:
    """The name of an empty database, without a schema, for one test."""
    with postgres_server.new_database() as name:
        yield name
