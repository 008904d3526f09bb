"""Importing whole files, on every storage: each line once, whatever interrupts it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from succotash.application.value.import_results import ImportReport
from succotash.application.value.order_import import BulkImport, UnfinishedImportError
from succotash.domain.repositories.objects import ObjectReplacedError, ObjectStore
from succotash.domain.repositories.storage import Storage
from succotash.domain.value.order_import import OrderImport
from succotash.domain.values import CustomerId
from succotash.errors import NotFoundError, StorageUnavailableError
from succotash.http.order_files import OrderFiles
from tests.builders import NOON, USD, a_lead, an_order, days, name_customer
from tests.contract.shelf import HEADER, Shelf

BLOCK = 100
"""Lines in a block, here."""


def a_line(order_id: str = "1", *, customer: str = "c", amount: str = "10") -> str:
    return f"{customer},{order_id},2024-05-06T12:00:00Z,{amount}"


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def importing(storage: Storage, objects: ObjectStore, block_lines: int = BLOCK) -> BulkImport:
    return BulkImport(
        storage, objects, OrderFiles(USD, name_customer, block_lines), lambda: NOON, USD
    )


def counts(report: Any) -> tuple[int, int, int, int]:  # noqa: ANN401 - a report or its JSON
    return (
        report["recorded"],
        report["unchanged"],
        report["conflicting"],
        report["rejected"],
    )


def order_ids(storage: Storage, customer: str = "c") -> list[str]:
    return [each.order_id for each in storage.repositories.ltv.get_orders(CustomerId(customer))]


def many(count: int) -> list[str]:
    return [a_line(f"{number:06}") for number in range(count)]


def test_a_file_is_in_the_ledger_and_its_result_beside_it(storage: Storage, shelf: Shelf) -> None:
    storage.repositories.forms.save_lead(a_lead(email="ada@example.com"))
    shelf.objects["orders.csv"] = (
        f"{HEADER},refund_of,email\n"
        "c,1,2024-05-06T12:00:00Z,10,,Ada@example.com\n"
        "c,2,2024-05-06T12:00:00Z,-4,1,\n"
    ).encode()
    report = importing(storage, shelf).run("orders.csv")
    assert (report["status"], counts(report)) == ("finished", (2, 0, 0, 0))
    assert storage.repositories.ltv.get_orders(CustomerId("c")) == [
        an_order("1", customer_id="c", amount="10"),
        an_order("2", customer_id="c", amount="-4", refund_of="1"),
    ]
    assert storage.repositories.ltv.get_customer(CustomerId("c")).lead_id == "lead"
    assert shelf.result() == {**report, "rejected_lines": [], "warned_lines": []}


def test_every_line_that_changes_nothing_is_listed_with_its_reason(
    storage: Storage, shelf: Shelf
) -> None:
    storage.repositories.ltv.record_orders(
        [an_order("known", customer_id="c"), an_order("taken", customer_id="c", amount="1")]
    )
    shelf.put(
        a_line("new"),
        a_line("known"),
        a_line("taken"),
        "broken",
        a_line("dear", amount="1000000000000"),
        a_line("fine", amount="0.00001"),
        a_line("negative", amount="-1"),
        f"c,tomorrow,{(NOON + days(1)).isoformat()},10",
        a_line("new"),
        a_line("new", amount="11"),
    )
    report = importing(storage, shelf).run("orders.csv")
    assert counts(report) == (1, 2, 2, 5)
    assert [
        (line["line"], line["status"], [(each["field"], each["code"]) for each in line["errors"]])
        for line in shelf.result()["rejected_lines"]
    ] == [
        (4, "conflicting", [("id", "conflicting")]),
        (5, "rejected", [("", "column_count")]),
        (6, "rejected", [("amount", "amount_out_of_range")]),
        (7, "rejected", [("amount", "too_precise")]),
        (8, "rejected", [("amount", "refunds_nothing")]),
        (9, "rejected", [("ordered_at", "in_the_future")]),
        (11, "conflicting", [("id", "conflicting")]),
    ]
    assert order_ids(storage) == ["known", "new", "taken"]


@pytest.mark.parametrize("block_lines", [1, 3, 1000])
def test_refunds_that_do_not_fit_are_recorded_and_listed(
    storage: Storage, shelf: Shelf, block_lines: int
) -> None:
    storage.repositories.ltv.record_orders([an_order("theirs", customer_id="somebody else")])
    shelf.objects["orders.csv"] = "\n".join(
        [
            f"{HEADER},refund_of",
            f"{a_line('1')},",
            f"{a_line('2', amount='-4')},1",
            f"{a_line('3', amount='-1')},2",
            f"{a_line('4', amount='-1')},theirs",
            f"{a_line('5', amount='-1')},not yet",
            "broken",
            f"{a_line('6', amount='-7')},1",
            f"{a_line('6', amount='-7')},1",
        ]
    ).encode()

    report = importing(storage, shelf, block_lines).run("orders.csv")

    # The first refund of the order exceeds it only together with a later one.
    early = [(3, "refunds_exceed_order")] if block_lines == 1000 else []
    assert [(each["line"], each["warning"]["code"]) for each in shelf.result()["warned_lines"]] == [
        *early,
        (4, "refund_of_refund"),
        (5, "order_of_another_customer"),
        (8, "refunds_exceed_order"),
        (9, "refunds_exceed_order"),
    ]
    assert counts(report) == (6, 1, 0, 1)
    assert report["warned"] == 4 + len(early)
    assert [each["line"] for each in shelf.result()["rejected_lines"]] == [7]
    assert importing(storage, shelf, block_lines).run("orders.csv") == report


def test_a_wrong_header_loads_nothing_and_says_so(storage: Storage, shelf: Shelf) -> None:
    shelf.objects["orders.csv"] = b"customer;order\n1;2\n"
    report = importing(storage, shelf).run("orders.csv")
    assert (report["status"], counts(report)) == ("refused", (0, 0, 0, 0))
    assert {each["code"] for each in report["errors"]} == {"column_missing", "column_unknown"}
    assert shelf.result() == {**report, "rejected_lines": [], "warned_lines": []}


def test_an_object_that_is_not_there_is_not_found(storage: Storage, shelf: Shelf) -> None:
    with pytest.raises(NotFoundError):
        importing(storage, shelf).run("orders.csv")


def test_the_same_file_again_changes_nothing_and_tells_the_same(
    storage: Storage, shelf: Shelf
) -> None:
    shelf.put(*many(250), "broken")
    first = importing(storage, shelf).run("orders.csv")
    result = shelf.objects.pop("orders.csv.result.json")
    assert importing(storage, shelf).run("orders.csv") == first
    assert "orders.csv.result.json" not in shelf.objects
    assert result.count(b"column_count") == 1


def test_a_file_put_there_anew_is_imported_anew(storage: Storage, shelf: Shelf) -> None:
    shelf.put(*many(3))
    importing(storage, shelf).run("orders.csv")
    shelf.put(*many(4), "broken")
    assert counts(importing(storage, shelf).run("orders.csv")) == (1, 3, 0, 1)


@pytest.mark.parametrize("fails_at", [1, 4_000, 9_000, 19_000])
def test_what_a_failure_interrupts_goes_on_where_it_stood(
    storage: Storage, shelf: Shelf, fails_at: int
) -> None:
    lines = many(600)
    lines[150] = lines[450] = "broken"
    shelf.put(*lines)
    shelf.fails_at = fails_at
    whole = shelf.objects["orders.csv"][: -(-fails_at // 1000) * 1000].count(b"\n")
    whole = (whole - 1) // BLOCK * BLOCK
    with pytest.raises(StorageUnavailableError):
        importing(storage, shelf).run("orders.csv")
    assert len(order_ids(storage)) == sum(each != "broken" for each in lines[:whole])
    assert "orders.csv.result.json" not in shelf.objects
    assert counts(importing(storage, shelf).run("orders.csv")) == (598, 0, 0, 2)
    assert [line["line"] for line in shelf.result()["rejected_lines"]] == [152, 452]
    assert len(order_ids(storage)) == 598


def test_an_import_that_runs_out_of_time_is_continued_by_the_next(
    storage: Storage, shelf: Shelf
) -> None:
    shelf.put(*many(450))
    seen: list[OrderImport] = []

    def run(blocks: int) -> ImportReport:
        time_left = iter([True] * blocks)
        return importing(storage, shelf).run(
            "orders.csv", has_time=lambda: next(time_left, False), watch=seen.append
        )

    for recorded in (2 * BLOCK, 4 * BLOCK):
        with pytest.raises(UnfinishedImportError):
            run(2)
        assert len(order_ids(storage)) == recorded
    assert counts(run(2)) == (450, 0, 0, 0)
    lines = [each.position.line for each in seen]
    assert lines == sorted(lines)
    assert lines[-1] == 451


def test_a_failure_while_the_result_is_written_leaves_it_to_the_next_time(
    storage: Storage, shelf: Shelf
) -> None:
    shelf.put(a_line(), "broken")

    def fail() -> None:
        shelf.before_writing = lambda: None
        raise StorageUnavailableError("the network is gone")

    shelf.before_writing = fail
    with pytest.raises(StorageUnavailableError):
        importing(storage, shelf).run("orders.csv")
    assert counts(importing(storage, shelf).run("orders.csv")) == (1, 0, 0, 1)
    assert len(shelf.result()["rejected_lines"]) == 1


def test_an_object_replaced_while_it_is_read_is_left(storage: Storage, shelf: Shelf) -> None:
    shelf.put(*many(600))

    def replace(state: OrderImport) -> None:
        if state.position.line:
            shelf.put(*many(601))

    with pytest.raises(ObjectReplacedError):
        importing(storage, shelf).run("orders.csv", watch=replace)
    assert counts(importing(storage, shelf).run("orders.csv"))[0] < 601
    assert len(order_ids(storage)) == 601


def test_two_imports_of_one_file_at_once_count_every_line_once(
    shared_storage: Storage, shelf: Shelf
) -> None:
    lines = many(1200)
    lines[7] = lines[701] = "broken"
    shelf.put(*lines)
    barrier = threading.Barrier(2)

    def run(_: int) -> tuple[int, int, int, int]:
        barrier.wait(30)
        return counts(importing(shared_storage, shelf, 50).run("orders.csv"))

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(run, range(2))) == [(1198, 0, 0, 2)] * 2
    assert [line["line"] for line in shelf.result()["rejected_lines"]] == [9, 703]
    assert len(order_ids(shared_storage)) == 1198


def test_the_file_that_another_import_finishes_first_keeps_that_result(
    storage: Storage, shelf: Shelf
) -> None:
    shelf.put(a_line(), "broken")

    def finish_first() -> None:
        shelf.before_writing = lambda: None
        importing(storage, shelf).run("orders.csv")

    shelf.before_writing = finish_first
    assert counts(importing(storage, shelf).run("orders.csv")) == (1, 0, 0, 1)
    assert len(shelf.result()["rejected_lines"]) == 1


def test_many_rejected_lines_are_written_page_by_page(storage: Storage, shelf: Shelf) -> None:
    shelf.put(*["broken"] * 20_500)
    report = importing(storage, shelf, 7_000).run("orders.csv")
    assert counts(report) == (0, 0, 0, 20_500)
    lines = [line["line"] for line in shelf.result()["rejected_lines"]]
    assert lines == list(range(2, 20_502))


def test_a_file_is_removed_once_its_result_is_written_where_that_is_asked(
    storage: Storage, shelf: Shelf
) -> None:
    shelf.put(a_line())
    assert counts(importing(storage, shelf).run("orders.csv")) == (1, 0, 0, 0)
    assert "orders.csv" in shelf.objects
    assert counts(importing(storage, shelf).run("orders.csv", removes=True)) == (1, 0, 0, 0)
    assert list(shelf.objects) == ["orders.csv.result.json"]
    again = importing(storage, shelf).run("orders.csv", removes=True)
    assert (again["status"], counts(again)) == ("gone", (0, 0, 0, 0))
    with pytest.raises(NotFoundError):
        importing(storage, shelf).run("orders.csv")
    with pytest.raises(NotFoundError):
        importing(storage, shelf).run("others.csv", removes=True)
