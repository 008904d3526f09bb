"""A SQLite database as a storage."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import override

from succotash.domain.repositories.storage import Repositories, Storage
from succotash.errors import SettingsError
from succotash.infrastructure.private_files import make_private_file
from succotash.infrastructure.sqlite.connection import (
    BUSY_SECONDS,
    MEMORY,
    Database,
    OpenTransaction,
    UnitOfWork,
)
from succotash.infrastructure.sqlite.consents import SQLiteConsentRepository
from succotash.infrastructure.sqlite.customers import SQLiteCustomerRepository
from succotash.infrastructure.sqlite.forms import SQLiteFormRepository
from succotash.infrastructure.sqlite.leads import SQLiteLeadRepository
from succotash.infrastructure.sqlite.ltv import SQLiteLTVRepository
from succotash.infrastructure.sqlite.outbox import SQLiteOutboxRepository
from succotash.infrastructure.sqlite.people import SQLitePeopleRepository
from succotash.infrastructure.sqlite.retention import SQLiteRetentionRepository
from succotash.infrastructure.sqlite.runs import current_run


class SQLiteStorage(Storage):
    """One SQLite file, made where it is missing, or `:memory:`, which is gone once closed.

    A transaction takes the right to write when it begins, so none ever has to be repeated.
    """

    def __init__(
        self,
        path: str | Path = MEMORY,
        *,
        seed: str | Path | None = None,
        busy_seconds: float = BUSY_SECONDS,
    ) -> None:
        """`seed` is a database file that a missing one starts as a copy of."""
        if seed is not None and path != MEMORY:
            _plant(Path(seed), Path(path))
        self._database = Database(path, busy_seconds=busy_seconds)
        self._repositories = _repositories(self._database)

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
        with self._database.writing() as session:
            yield _repositories(OpenTransaction(session))

    @override
    def in_transaction[T](self, work: Callable[[Repositories], T]) -> T:
        with self.transaction() as repositories:
            return work(repositories)

    @override
    def purge_deleted(self) -> bool:
        return self._database.rewrite()

    @override
    def ping(self) -> None:
        with self._database.reading() as session:
            current_run(session)

    @override
    def close(self) -> None:
        self._database.close()


def _plant(seed: Path, path: Path) -> None:
    """Copy the seed to the path unless something is there, whole or not at all."""
    if path.exists():
        return
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        copy = Path(scratch) / seed.name
        make_private_file(copy)
        try:
            shutil.copyfile(seed, copy)
        except FileNotFoundError:
            raise SettingsError("SQLITE_SEED names no file") from None
        with suppress(FileExistsError):  # another process was quicker, and its file is in use
            path.hardlink_to(copy)


def _repositories(unit: UnitOfWork) -> Repositories:
    return Repositories(
        forms=SQLiteFormRepository(within=unit),
        ltv=SQLiteLTVRepository(within=unit),
        retention=SQLiteRetentionRepository(within=unit),
        outbox=SQLiteOutboxRepository(within=unit),
        leads=SQLiteLeadRepository(within=unit),
        people=SQLitePeopleRepository(within=unit),
        customers=SQLiteCustomerRepository(within=unit),
        consents=SQLiteConsentRepository(within=unit),
    )
