"""What buyers of a shop's file said is kept before their orders are, on every storage."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from itertools import count
from typing import override

import pytest

from succotash.application.people.people_handler import PeopleHandler
from succotash.application.value.import_results import ImportReport
from succotash.application.value.order_import import BulkImport, UnfinishedImportError
from succotash.domain.consents.consents import CurrentConsent
from succotash.domain.people.erasures import Tombstones
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.errors import StorageUnavailableError
from succotash.infrastructure.postgres.pool import PoolLimits
from succotash.infrastructure.postgres.storage import PostgresStorage
from tests.builders import PSEUDONYMS, USD
from tests.contract.conftest import NewStorage, PostgresUnderTest
from tests.contract.shelf import Shelf
from tests.shop_files import NOW, known_files

TOMBSTONES = Tombstones(lambda: ("a key",))
HEADER = (
    "Name,Email,Financial Status,Currency,Total,Created at,Accepts Marketing,Refunded Amount,Id"
)
BUYERS = [f"buyer{number}@example.com" for number in range(5)]
ORDERS = 20
SAID = ("yes", "no", "")
NEVER = datetime.min.replace(tzinfo=UTC)
BLOCK_ORDERS = 4
"""The first blocks hold one order, two, four and eight."""
BLOCKS = 5


class InterruptedStorage(Storage):
    """A storage of which one transaction fails, by its number: undone, or without an answer."""

    def __init__(self, kept: Storage, fails_at: int, *, is_committed: bool) -> None:
        self._kept = kept
        self._numbers = count()
        self._fails_at = fails_at
        self._is_committed = is_committed

    @property
    @override
    def repositories(self) -> Repositories:
        return self._kept.repositories

    @property
    @override
    def writers(self) -> int:
        return self._kept.writers

    @override
    def transaction(self) -> AbstractContextManager[Repositories]:
        return self._kept.transaction()

    @override
    def in_transaction[T](self, work: Callable[[Repositories], T]) -> T:
        is_failing = next(self._numbers) == self._fails_at
        if is_failing and not self._is_committed:
            raise StorageUnavailableError("the connection was lost")
        result = self._kept.in_transaction(work)
        if is_failing:
            raise StorageUnavailableError("the connection was lost during COMMIT")
        return result

    @override
    def purge_deleted(self) -> bool:
        return self._kept.purge_deleted()

    @override
    def ping(self) -> None:
        self._kept.ping()

    @override
    def close(self) -> None:
        self._kept.close()


@pytest.fixture
def shelf() -> Shelf:
    lines = [HEADER]
    for number in range(ORDERS):
        at = f"2026-03-{1 + number * 7 % 28:02} 10:00:00 +0100"
        said = SAID[number % 3]
        refunded = "1.00" if number % 6 == 4 else ""
        lines.append(
            f"#{number},{BUYERS[number % 5]},paid,USD,9.50,{at},{said},{refunded},{1000 + number}"
        )
    return Shelf({"orders.csv": "\n".join(lines).encode()})


def importing(storage: Storage, shelf: Shelf) -> BulkImport:
    files = known_files(tombstones=TOMBSTONES, block_orders=BLOCK_ORDERS)
    return BulkImport(storage, shelf, files, lambda: NOW, USD, TOMBSTONES)


def run(storage: Storage, shelf: Shelf) -> ImportReport:
    return importing(storage, shelf).run("orders.csv")


def time_for(blocks: int) -> Callable[[], bool]:
    left = iter([True] * blocks)
    return lambda: next(left, False)


def order_ids(storage: Storage) -> list[str]:
    ltv = storage.repositories.ltv
    return sorted(
        order.order_id
        for email in BUYERS
        for order in ltv.get_orders(PSEUDONYMS.name_of_email(email).customer_id)
    )


def current_consents(storage: Storage) -> list[list[CurrentConsent]]:
    """What holds of each buyer; the history depends on where blocks end."""
    return [*map(storage.repositories.consents.get_current_consents, BUYERS)]


def require_consents_of_orders(storage: Storage) -> None:
    """No order is in the ledger whose buyer's words, or later ones of theirs, are not kept."""
    for email in BUYERS:
        said = [each.occurred_at for each in storage.repositories.consents.get_consents(email)]
        customer_id = PSEUDONYMS.name_of_email(email).customer_id
        for order in storage.repositories.ltv.get_orders(customer_id):
            number = int(order.order_id.partition("#")[2].partition("/")[0])
            if order.refund_of is None and SAID[number % 3]:
                assert max(said, default=NEVER) >= order.ordered_at


def undisturbed(
    new_storage: NewStorage, shelf: Shelf
) -> tuple[list[str], list[list[CurrentConsent]]]:
    storage = new_storage()
    run(storage, shelf)
    return order_ids(storage), current_consents(storage)


@pytest.mark.parametrize("is_committed", [False, True], ids=["undone", "without an answer"])
@pytest.mark.parametrize("fails_at", [1, 4, 5, 8])
def test_an_interrupted_import_keeps_orders_and_consents_once_when_it_goes_on(
    new_storage: NewStorage, shelf: Shelf, fails_at: int, *, is_committed: bool
) -> None:
    expected = undisturbed(new_storage, shelf)
    storage = new_storage()
    with pytest.raises(StorageUnavailableError):
        run(InterruptedStorage(storage, fails_at, is_committed=is_committed), shelf)
    require_consents_of_orders(storage)
    assert run(storage, shelf)["recorded"] == ORDERS
    assert (order_ids(storage), current_consents(storage)) == expected


def test_who_is_erased_between_consents_and_orders_stays_erased(
    storage: Storage, shelf: Shelf
) -> None:
    asked = count()

    def has_time() -> bool:
        if next(asked) == BLOCKS - 2:
            assert any(storage.repositories.consents.get_consents(BUYERS[0]))
            PeopleHandler(storage, lambda: NOW, TOMBSTONES, PSEUDONYMS).erase_person(BUYERS[0])
        return True

    report = importing(storage, shelf).run("orders.csv", has_time=has_time)
    kept = storage.repositories.consents
    assert (kept.get_consents(BUYERS[0]), kept.get_current_consents(BUYERS[0])) == ([], [])
    assert not storage.repositories.ltv.get_orders(PSEUDONYMS.name_of_email(BUYERS[0]).customer_id)
    assert report["recorded"] < ORDERS
    require_consents_of_orders(storage)


def test_an_import_that_runs_out_of_time_leaves_consents_that_the_next_one_finds(
    new_storage: NewStorage, shelf: Shelf
) -> None:
    expected = undisturbed(new_storage, shelf)
    storage = new_storage()
    for blocks in (1, 2):
        with pytest.raises(UnfinishedImportError):
            importing(storage, shelf).run("orders.csv", has_time=time_for(blocks))
        require_consents_of_orders(storage)
    run(storage, shelf)
    assert (order_ids(storage), current_consents(storage)) == expected


def test_two_imports_of_one_file_at_once_keep_each_consent_once(
    shared_storage: Storage, shelf: Shelf
) -> None:
    with ThreadPoolExecutor(2) as pool:
        reports = [*pool.map(lambda _: run(shared_storage, shelf), range(2))]
    assert [each["recorded"] for each in reports] == [ORDERS, ORDERS]
    said = [*map(shared_storage.repositories.consents.get_consents, BUYERS)]
    assert all(len({each.consent_id for each in of_one}) == len(of_one) for of_one in said)
    require_consents_of_orders(shared_storage)


def test_one_connection_is_enough_for_an_import(
    postgres_under_test: PostgresUnderTest, shelf: Shelf
) -> None:
    postgres_under_test.database.reset()
    storage = PostgresStorage(postgres_under_test.settings, PoolLimits(maximum=1, wait=0.0))
    try:
        assert run(storage, shelf)["recorded"] == ORDERS
        require_consents_of_orders(storage)
    finally:
        storage.close()
