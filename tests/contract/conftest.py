"""The storages that every test of the contract runs on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from succotash.domain.repositories.consents import ConsentRepository
from succotash.domain.repositories.customers import CustomerRepository
from succotash.domain.repositories.forms import FormRepository
from succotash.domain.repositories.leads import LeadRepository
from succotash.domain.repositories.ltv import LTVRepository
from succotash.domain.repositories.outbox import OutboxRepository
from succotash.domain.repositories.people import PeopleRepository
from succotash.domain.repositories.retention import RetentionRepository
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.infrastructure.in_memory.consents import InMemoryConsentRepository
from succotash.infrastructure.in_memory.customers import InMemoryCustomerRepository
from succotash.infrastructure.in_memory.forms import InMemoryFormRepository
from succotash.infrastructure.in_memory.leads import InMemoryLeadRepository
from succotash.infrastructure.in_memory.ltv import InMemoryLTVRepository
from succotash.infrastructure.in_memory.outbox import InMemoryOutboxRepository
from succotash.infrastructure.in_memory.people import InMemoryPeopleRepository
from succotash.infrastructure.in_memory.retention import InMemoryRetentionRepository
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from succotash.infrastructure.postgres.connection_settings import ConnectionSettings
from succotash.infrastructure.postgres.consents import PostgresConsentRepository
from succotash.infrastructure.postgres.customers import PostgresCustomerRepository
from succotash.infrastructure.postgres.forms import PostgresFormRepository
from succotash.infrastructure.postgres.leads import PostgresLeadRepository
from succotash.infrastructure.postgres.ltv import PostgresLTVRepository
from succotash.infrastructure.postgres.outbox import PostgresOutboxRepository
from succotash.infrastructure.postgres.people import PostgresPeopleRepository
from succotash.infrastructure.postgres.pool import PoolLimits
from succotash.infrastructure.postgres.retention import PostgresRetentionRepository
from succotash.infrastructure.postgres.storage import PostgresStorage
from succotash.infrastructure.sqlite.consents import SQLiteConsentRepository
from succotash.infrastructure.sqlite.customers import SQLiteCustomerRepository
from succotash.infrastructure.sqlite.forms import SQLiteFormRepository
from succotash.infrastructure.sqlite.leads import SQLiteLeadRepository
from succotash.infrastructure.sqlite.ltv import SQLiteLTVRepository
from succotash.infrastructure.sqlite.outbox import SQLiteOutboxRepository
from succotash.infrastructure.sqlite.people import SQLitePeopleRepository
from succotash.infrastructure.sqlite.retention import SQLiteRetentionRepository
from succotash.infrastructure.sqlite.storage import SQLiteStorage
from tests.databases import migrated_database
from tests.servers import PostgresServer, ResettableDatabase

type NewStorage = Callable[[], Storage]
"""Gives an empty storage; on PostgreSQL there is one, which is emptied."""


@dataclass(frozen=True)
class PostgresUnderTest:
    """One database for the session, and a storage on it that keeps its connections."""

    settings: ConnectionSettings
    database: ResettableDatabase
    storage: PostgresStorage


@pytest.fixture(scope="session")
def postgres_under_test(postgres_server: PostgresServer) -> Iterator[PostgresUnderTest]:
    """A database with its schema, used by a role that has the functions' rights and no others."""
    with migrated_database(postgres_server) as settings:
        storage = PostgresStorage(settings, PoolLimits(maximum=8))
        with postgres_server.connect(settings.database) as connection:
            yield PostgresUnderTest(settings, ResettableDatabase(connection), storage)
            storage.close()


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def adapter(request: pytest.FixtureRequest) -> str:
    """Which of the three adapters a test runs on."""
    name: str = request.param
    return name


@pytest.fixture
def new_storage(adapter: str, request: pytest.FixtureRequest) -> Iterator[NewStorage]:
    opened: list[SQLiteStorage] = []

    def on_sqlite() -> Storage:
        opened.append(SQLiteStorage(":memory:"))
        return opened[-1]

    def on_postgres() -> Storage:
        under_test: PostgresUnderTest = request.getfixturevalue("postgres_under_test")
        under_test.database.reset()
        return under_test.storage

    makers: dict[str, NewStorage] = {
        "memory": InMemoryStorage,
        "sqlite": on_sqlite,
        "postgres": on_postgres,
    }
    yield makers[adapter]
    for storage in opened:
        storage.close()


@pytest.fixture
def storage(new_storage: NewStorage) -> Storage:
    return new_storage()


@pytest.fixture
def repositories(storage: Storage) -> Repositories:
    """Repositories of an empty storage; each call is a transaction of its own."""
    return storage.repositories


@pytest.fixture
def forms(repositories: Repositories) -> FormRepository:
    return repositories.forms


@pytest.fixture
def ltv(repositories: Repositories) -> LTVRepository:
    return repositories.ltv


@pytest.fixture
def retention(repositories: Repositories) -> RetentionRepository:
    return repositories.retention


@pytest.fixture
def outbox(repositories: Repositories) -> OutboxRepository:
    return repositories.outbox


@pytest.fixture
def leads(repositories: Repositories) -> LeadRepository:
    return repositories.leads


@pytest.fixture
def people(repositories: Repositories) -> PeopleRepository:
    return repositories.people


@pytest.fixture
def customers(repositories: Repositories) -> CustomerRepository:
    return repositories.customers


@pytest.fixture
def consents(repositories: Repositories) -> ConsentRepository:
    return repositories.consents


@pytest.fixture
def shared_storage(
    adapter: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Storage]:
    """An empty storage as several threads use it: on SQLite a file, with a connection for each."""
    if adapter == "sqlite":
        storage: Storage = SQLiteStorage(tmp_path / "shared.sqlite")
        yield storage
        storage.close()
    else:
        yield request.getfixturevalue("storage")


@pytest.fixture
def standing_alone(adapter: str, request: pytest.FixtureRequest) -> Iterator[Repositories]:
    """Each repository made by its own constructor, as the documentation shows."""
    if adapter == "memory":
        yield Repositories(
            InMemoryFormRepository(),
            InMemoryLTVRepository(),
            InMemoryRetentionRepository(),
            InMemoryOutboxRepository(),
            InMemoryLeadRepository(),
            InMemoryPeopleRepository(),
            InMemoryCustomerRepository(),
            InMemoryConsentRepository(),
        )
        return
    if adapter == "sqlite":
        sqlite = (
            SQLiteFormRepository(":memory:"),
            SQLiteLTVRepository(":memory:"),
            SQLiteRetentionRepository(":memory:"),
            SQLiteOutboxRepository(":memory:"),
            SQLiteLeadRepository(":memory:"),
            SQLitePeopleRepository(":memory:"),
            SQLiteCustomerRepository(":memory:"),
            SQLiteConsentRepository(":memory:"),
        )
        yield Repositories(*sqlite)
        for repository in sqlite:
            repository.close()
        return
    request.getfixturevalue("storage")
    under_test: PostgresUnderTest = request.getfixturevalue("postgres_under_test")
    at = under_test.settings
    place = (at.host, at.port, at.database, at.user, at.password())
    postgres = (
        PostgresFormRepository(*place),
        PostgresLTVRepository(*place),
        PostgresRetentionRepository(*place),
        PostgresOutboxRepository(*place),
        PostgresLeadRepository(*place),
        PostgresPeopleRepository(*place),
        PostgresCustomerRepository(*place),
        PostgresConsentRepository(*place),
    )
    yield Repositories(*postgres)
    for each in postgres:
        each.close()
