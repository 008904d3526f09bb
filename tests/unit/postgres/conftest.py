"""A database with its schema, for all tests of a module."""

import secrets
from collections.abc import Iterator

import pytest

from succotash.domain.values import CustomerId
from succotash.infrastructure.postgres.connection_settings import ConnectionSettings
from succotash.infrastructure.postgres.storage import PostgresStorage
from tests.databases import migrated_database
from tests.servers import PostgresServer


@pytest.fixture(scope="module")
def settings(postgres_server: PostgresServer) -> Iterator[ConnectionSettings]:
    with migrated_database(postgres_server) as found:
        yield found


@pytest.fixture(scope="module")
def storage(settings: ConnectionSettings) -> Iterator[PostgresStorage]:
    opened = PostgresStorage(settings)
    yield opened
    opened.close()


@pytest.fixture
def customer_id() -> CustomerId:
    """Somebody of whom no other test knows."""
    return CustomerId(f"customer-{secrets.token_hex(6)}")
