"""Storage in memory, empty for each test."""

import pytest

from succotash.domain.repositories.storage import Repositories
from succotash.infrastructure.in_memory.storage import InMemoryStorage


@pytest.fixture
def storage() -> InMemoryStorage:
    return InMemoryStorage()


@pytest.fixture
def repositories(storage: InMemoryStorage) -> Repositories:
    return storage.repositories
