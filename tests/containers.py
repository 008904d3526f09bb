"""Containers whose storage a test brings along."""

from typing import override

from succotash.container import Container
from succotash.domain.repositories.storage import Storage


class StorageContainer(Container):
    """A container on the storage it is given."""

    def __init__(self, storage: Storage) -> None:
        super().__init__({"SUCCOTASH_STORAGE": "memory"})
        self._given = storage

    @property
    @override
    def storage(self) -> Storage:
        return self._given
