"""A storage in memory: it lives as long as its process."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import override

from succotash.domain.repositories.storage import Repositories, Storage
from succotash.infrastructure.in_memory.consents import InMemoryConsentRepository
from succotash.infrastructure.in_memory.customers import InMemoryCustomerRepository
from succotash.infrastructure.in_memory.forms import InMemoryFormRepository
from succotash.infrastructure.in_memory.leads import InMemoryLeadRepository
from succotash.infrastructure.in_memory.ltv import InMemoryLTVRepository
from succotash.infrastructure.in_memory.outbox import InMemoryOutboxRepository
from succotash.infrastructure.in_memory.people import InMemoryPeopleRepository
from succotash.infrastructure.in_memory.retention import InMemoryRetentionRepository
from succotash.infrastructure.in_memory.tables import Tables


class InMemoryStorage(Storage):
    """Repositories on the same tables."""

    def __init__(self) -> None:
        self._tables = Tables()
        self._repositories = Repositories(
            InMemoryFormRepository(self._tables),
            InMemoryLTVRepository(self._tables),
            InMemoryRetentionRepository(self._tables),
            InMemoryOutboxRepository(self._tables),
            InMemoryLeadRepository(self._tables),
            InMemoryPeopleRepository(self._tables),
            InMemoryCustomerRepository(self._tables),
            InMemoryConsentRepository(self._tables),
        )

    @property
    @override
    def repositories(self) -> Repositories:
        return self._repositories

    @property
    @override
    def writers(self) -> int:
        return 1

    @override
    @contextmanager
    def transaction(self) -> Iterator[Repositories]:
        with self._tables.transaction():
            yield self._repositories

    @override
    def in_transaction[T](self, work: Callable[[Repositories], T]) -> T:
        with self.transaction() as repositories:
            return work(repositories)

    @override
    def purge_deleted(self) -> bool:
        return True

    @override
    def ping(self) -> None:
        """Memory always answers."""

    @override
    def close(self) -> None:
        """There is nothing to release."""
