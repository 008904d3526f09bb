"""Dry runs of files, on every storage: what an import would change now, and no trace of it."""

from datetime import timedelta
from pathlib import Path

import pytest

from succotash.application.value.file_options import FileOptions
from succotash.application.value.import_results import ImportReport
from succotash.application.value.order_import import BulkImport
from succotash.domain.consents.consents import MARKETING
from succotash.domain.repositories.storage import Storage
from succotash.domain.values import Clock, CustomerId
from tests.builders import PSEUDONYMS, USD, an_order
from tests.contract.shelf import HEADER, Shelf
from tests.shop_files import NOW, known_files

SHOPIFY = (Path(__file__).parents[1] / "exports" / "shopify.csv").read_text(encoding="utf-8")
DRY = FileOptions(dry_run=True)
ADA = PSEUDONYMS.name_of_email("ada@example.com").customer_id


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def importing(storage: Storage, shelf: Shelf, clock: Clock = lambda: NOW) -> BulkImport:
    return BulkImport(storage, shelf, known_files(clock), clock, USD)


def counts(report: ImportReport) -> dict[str, int]:
    """Counts of what became of orders, those of zero left out."""
    figures = {
        "recorded": report["recorded"],
        "replaced": report["replaced"],
        "unchanged": report["unchanged"],
        "conflicting": report["conflicting"],
        "rejected": report["rejected"],
    }
    return {name: count for name, count in figures.items() if count}


def test_a_dry_run_foresees_the_import_and_leaves_no_trace(storage: Storage, shelf: Shelf) -> None:
    shelf.objects["orders.csv"] = SHOPIFY.encode()

    foreseen = importing(storage, shelf).run("orders.csv", options=DRY)

    assert foreseen["preview"] == {
        "orders": 4,
        "refunds": 2,
        "net_totals": {"USD": "127.40"},
        "other_totals": {"EUR": "80.00"},
    }
    ltv, consents = storage.repositories.ltv, storage.repositories.consents
    assert ltv.get_customers_by_email("ada@example.com") == []
    assert ltv.get_orders(ADA) == []
    assert consents.get_current_consents("ada@example.com") == []

    done = importing(storage, shelf).run("orders.csv")
    assert counts(done) == counts(foreseen) == {"recorded": 4}
    assert done["skipped"] == foreseen["skipped"]
    [consent] = consents.get_current_consents("ada@example.com")
    assert consent.purpose == MARKETING


def test_what_is_known_already_is_not_counted_as_new(storage: Storage, shelf: Shelf) -> None:
    shelf.objects["orders.csv"] = SHOPIFY.encode()
    importing(storage, shelf).run("orders.csv")

    later = importing(storage, shelf, lambda: NOW + timedelta(days=1))
    foreseen = later.run("orders.csv", options=DRY)

    assert counts(foreseen) == {"unchanged": 4}
    assert foreseen["preview"]["orders"] == foreseen["preview"]["refunds"] == 0
    assert foreseen["preview"]["net_totals"] == {}


def test_a_later_export_would_bring_what_changed_since(storage: Storage, shelf: Shelf) -> None:
    shelf.objects["orders.csv"] = SHOPIFY.encode()
    importing(storage, shelf).run("orders.csv")
    first = "#1001,ada@example.com,paid,2026-03-01 10:00:07 +0100,"
    lines = SHOPIFY.replace(first, first.replace(",paid,", ",partially_refunded,")).splitlines()
    place = next(place for place, line in enumerate(lines) if ",Shopify Payments,,0.00," in line)
    lines[place] = lines[place].replace(",Shopify Payments,,0.00,", ",Shopify Payments,,9.90,")
    new = next(line for line in lines if line.startswith("#1010,"))
    lines.append(new.replace("#1010,", "#1011,").replace("5550000000010", "5550000000011"))
    shelf.objects["orders.csv"] = ("\n".join(lines) + "\n").encode()

    foreseen = importing(storage, shelf).run("orders.csv", options=DRY)

    assert counts(foreseen) == {"recorded": 1, "replaced": 1, "unchanged": 3}
    assert foreseen["preview"] == {
        "orders": 1,
        "refunds": 1,
        "net_totals": {"USD": "50.10"},
        "other_totals": {"EUR": "80.00"},
    }
    assert [str(each.amount.exact()) for each in storage.repositories.ltv.get_orders(ADA)] == [
        "49.90",
        "20.00",
        "-20.00",
    ]
    assert counts(importing(storage, shelf).run("orders.csv")) == counts(foreseen)


def test_of_a_plain_file_each_line_is_judged_by_the_ledger(storage: Storage, shelf: Shelf) -> None:
    storage.repositories.ltv.record_orders(
        [an_order("known", customer_id="c"), an_order("taken", customer_id="c", amount="1")]
    )
    shelf.objects["orders.csv"] = (
        f"{HEADER},refund_of\n"
        "c,known,2024-05-06T12:00:00Z,10,\n"
        "c,taken,2024-05-06T12:00:00Z,10,\n"
        "broken\n"
        "c,new,2024-05-06T12:00:00Z,10,\n"
        "c,back,2024-05-06T12:00:00Z,-99,new\n"
    ).encode()

    foreseen = importing(storage, shelf).run("orders.csv", options=DRY)

    assert counts(foreseen) == {"recorded": 2, "unchanged": 1, "conflicting": 1, "rejected": 1}
    assert foreseen["preview"] == {
        "orders": 1,
        "refunds": 1,
        "net_totals": {"USD": "-89.00"},
        "other_totals": {},
    }
    result = shelf.result()
    assert sorted((each["line"], each["status"]) for each in result["rejected_lines"]) == [
        (3, "conflicting"),
        (4, "rejected"),
    ]
    assert [each["line"] for each in result["warned_lines"]] == [6]
    assert len(storage.repositories.ltv.get_orders(CustomerId("c"))) == 2
