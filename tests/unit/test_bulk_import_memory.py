"""What an import keeps in memory does not grow with the file."""

import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import override

import pytest

from succotash.application.value.order_import import BulkImport
from succotash.domain.repositories.storage import Repositories
from succotash.domain.value.ledgers import RecordOutcome
from succotash.domain.value.orders import OrderColumns
from succotash.http.order_files import OrderFiles
from succotash.infrastructure.files.objects import FolderObjectStore
from succotash.infrastructure.in_memory.ltv import InMemoryLTVRepository
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from tests.builders import NOON, USD, name_customer

pytestmark = pytest.mark.long

LINES = 200_000
MEGABYTES = 60


class ForgetfulRepository(InMemoryLTVRepository):
    """Keeps no orders: what is measured is the import alone."""

    @override
    def import_orders(self, orders: OrderColumns) -> list[RecordOutcome]:
        return [RecordOutcome.RECORDED] * len(orders)


class ForgetfulStorage(InMemoryStorage):
    def __init__(self) -> None:
        super().__init__()
        known = super().repositories
        self._forgetful = Repositories(
            known.forms,
            ForgetfulRepository(),
            known.retention,
            known.outbox,
            known.leads,
            known.people,
            known.customers,
            known.consents,
        )

    @property
    @override
    def repositories(self) -> Repositories:
        return self._forgetful

    @override
    def in_transaction[T](self, work: Callable[[Repositories], T]) -> T:
        return work(self._forgetful)


@pytest.mark.parametrize("line", ["c{0},{0},2024-05-06T12:00:00Z,10", "x" * 10_000])
def test_memory_is_bounded_whatever_the_size_of_the_file(tmp_path: Path, line: str) -> None:
    file = tmp_path / "orders.csv"
    lines: Sequence[int] = range(LINES if "{" in line else LINES // 20)
    with file.open("w") as target:
        target.write("customer_id,order_id,ordered_at,amount\n")
        target.writelines(f"{line.format(number)}\n" for number in lines)
    imports = BulkImport(
        ForgetfulStorage(), FolderObjectStore(), OrderFiles(USD, name_customer), lambda: NOON, USD
    )
    tracemalloc.start()
    try:
        report = imports.run(str(file))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert report["recorded"] + report["rejected"] == len(lines)
    assert peak < MEGABYTES * 1024 * 1024
