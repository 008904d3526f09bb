"""A storage that is away when a test says so."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cached_property
from typing import override

from succotash.container import Container
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.errors import StorageUnavailableError
from succotash.infrastructure.in_memory.storage import InMemoryStorage


class FailingStorage(Storage):
    """A storage in memory that is away when told, or answers a commit with silence."""

    def __init__(self) -> None:
        self.kept = InMemoryStorage()
        self.is_away = False
        self.answers_are_lost = False
        self.asked = 0

    @property
    @override
    def repositories(self) -> Repositories:
        self._ask()
        return self.kept.repositories

    @property
    @override
    def writers(self) -> int:
        return self.kept.writers

    @override
    def transaction(self) -> AbstractContextManager[Repositories]:
        self._ask()
        return self.kept.transaction()

    @override
    def in_transaction[T](self, work: Callable[[Repositories], T]) -> T:
        self._ask()
        result = self.kept.in_transaction(work)
        if self.answers_are_lost:
            raise StorageUnavailableError("the connection was lost during COMMIT")
        return result

    @override
    def purge_deleted(self) -> bool:
        return self.kept.purge_deleted()

    @override
    def ping(self) -> None:
        self._ask()

    @override
    def close(self) -> None:
        """Nothing to release."""

    def _ask(self) -> None:
        self.asked += 1
        if self.is_away:
            raise StorageUnavailableError("it cannot be reached")


class FailingParts(Container):
    """A container on a storage that fails."""

    @cached_property
    @override
    def storage(self) -> FailingStorage:
        return FailingStorage()
