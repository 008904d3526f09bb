"""The PostgreSQL storage: repositories on one pool."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import override

from succotash.domain.repositories.storage import Repositories, Storage
from succotash.infrastructure.postgres.connection_settings import ConnectionSettings
from succotash.infrastructure.postgres.consents import PostgresConsentRepository
from succotash.infrastructure.postgres.customers import PostgresCustomerRepository
from succotash.infrastructure.postgres.database import Database
from succotash.infrastructure.postgres.forms import PostgresFormRepository
from succotash.infrastructure.postgres.leads import PostgresLeadRepository
from succotash.infrastructure.postgres.ltv import PostgresLTVRepository
from succotash.infrastructure.postgres.outbox import PostgresOutboxRepository
from succotash.infrastructure.postgres.people import PostgresPeopleRepository
from succotash.infrastructure.postgres.pool import PoolLimits
from succotash.infrastructure.postgres.retention import PostgresRetentionRepository
from succotash.infrastructure.postgres.retry import Retry
from succotash.infrastructure.postgres.session import UnitOfWork


class PostgresStorage(Storage):
    """Connects at the first call, and keeps what it opened until `close`."""

    def __init__(
        self,
        settings: ConnectionSettings,
        limits: PoolLimits | None = None,
        *,
        retry: Retry | None = None,
    ) -> None:
        limits = limits or PoolLimits()
        self._writers = limits.maximum
        self._database = Database(settings, limits, retry=retry)
        self._repositories = _bound(self._database)

    @property
    @override
    def repositories(self) -> Repositories:
        return self._repositories

    @property
    @override
    def writers(self) -> int:
        return self._writers

    @override
    @contextmanager
    def transaction(self) -> Iterator[Repositories]:
        with self._database.transaction() as session:
            yield _bound(session)

    @override
    def in_transaction[T](self, work: Callable[[Repositories], T]) -> T:
        return self._database.in_transaction(lambda session: work(_bound(session)))

    @override
    def purge_deleted(self) -> bool:
        # Dead rows are the server's own vacuum's; backups and its log are the operator's.
        return False

    @override
    def ping(self) -> None:
        self._database.run("SELECT 1")

    @override
    def close(self) -> None:
        self._database.close()


def _bound(work: UnitOfWork) -> Repositories:
    return Repositories(
        forms=PostgresFormRepository.within(work),
        ltv=PostgresLTVRepository.within(work),
        retention=PostgresRetentionRepository.within(work),
        outbox=PostgresOutboxRepository.within(work),
        leads=PostgresLeadRepository.within(work),
        people=PostgresPeopleRepository.within(work),
        customers=PostgresCustomerRepository.within(work),
        consents=PostgresConsentRepository.within(work),
    )
