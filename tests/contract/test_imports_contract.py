"""What every LTVRepository does with orders by the ten thousand, and with how far imports come."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.domain.repositories.ltv import LTVRepository
from succotash.domain.value.ledgers import Order, RecordOutcome
from succotash.domain.value.order_import import (
    START,
    OrderImport,
    Position,
    RejectedLine,
    WarnedLine,
)
from succotash.domain.value.orders import OrderColumns
from succotash.domain.value.refunds import RefundWarning
from succotash.domain.values import CustomerId
from succotash.errors import NotFoundError, Violation
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from tests.builders import NOON, a_lead, an_order, days, order_columns
from tests.contract.conftest import NewStorage
from tests.contract.paging import all_pages
from tests.strategies import CUSTOMERS, MODEST, ledgers

RECORDED, UNCHANGED, CONFLICTING = (
    RecordOutcome.RECORDED,
    RecordOutcome.UNCHANGED,
    RecordOutcome.CONFLICTING,
)
EMAILS = ("ada@example.com", "bob@example.com", None)
AWKWARD = "tab\tbackslash\\N quote'\" ü 🦑 \\t\\\\"

batches = st.tuples(
    ledgers(), st.lists(st.sampled_from(EMAILS), min_size=24, max_size=24), st.booleans()
)


def rejected(line: int, code: str = "amount") -> RejectedLine:
    return RejectedLine(line, (Violation("amount", code, "is no amount"),))


class TestOrders:
    @MODEST
    @given(given_batches=st.lists(batches, min_size=1, max_size=3))
    def test_orders_by_the_ten_thousand_fare_as_those_of_a_small_batch(
        self,
        new_storage: NewStorage,
        given_batches: Sequence[tuple[Sequence[Order], Sequence[str | None], bool]],
    ) -> None:
        tried, known = new_storage().repositories, InMemoryStorage().repositories
        for all_ in (tried, known):
            all_.forms.save_lead(a_lead(email="ada@example.com"))
        customers = set()
        for ledger, emails, in_bulk in given_batches:
            orders = [
                replace(order, canonical_email=email)
                for order, email in zip(ledger, emails, strict=False)
            ]
            expected = known.ltv.record_orders(orders)
            if in_bulk:
                assert tried.ltv.import_orders(order_columns(orders)) == expected
            else:
                assert tried.ltv.record_orders(orders) == expected
            customers |= {
                order.customer_id
                for order, outcome in zip(orders, expected, strict=True)
                if outcome is not CONFLICTING
            }
        for customer_id in customers:
            assert tried.ltv.get_customer(customer_id) == known.ltv.get_customer(customer_id)
        for each in map(CustomerId, CUSTOMERS):
            assert tried.ltv.get_orders(each) == known.ltv.get_orders(each)

    def test_none_at_all_are_imported_as_none(self, ltv: LTVRepository) -> None:
        assert ltv.import_orders(OrderColumns()) == []

    def test_ids_of_any_writing_are_kept(self, ltv: LTVRepository) -> None:
        order = an_order(AWKWARD, customer_id=AWKWARD, refund_of=AWKWARD, amount="-1")
        assert ltv.import_orders(order_columns([order])) == [RECORDED]
        assert ltv.get_orders(order.customer_id) == [order]

    def test_an_instant_of_any_zone_is_kept(self, ltv: LTVRepository) -> None:
        zones = [timezone(timedelta(minutes=minutes)) for minutes in (-1439, -960, 960, 1439)]
        orders = [
            an_order(f"{number}", customer_id="c", ordered_at=NOON.astimezone(zone))
            for number, zone in enumerate(zones)
        ]
        assert ltv.record_orders(orders[:2]) == [RECORDED] * 2
        assert ltv.import_orders(order_columns(orders[1:])) == [UNCHANGED] + [RECORDED] * 2
        found = ltv.get_orders(CustomerId("c"))
        assert {each.ordered_at for each in found} == {NOON}
        assert all(each.ordered_at.tzinfo is UTC for each in found)

    def test_several_imports_within_one_transaction_do_not_meet(
        self, new_storage: NewStorage
    ) -> None:
        with new_storage().transaction() as within:
            assert within.ltv.import_orders(order_columns([an_order("a")])) == [RECORDED]
            assert within.ltv.import_orders(order_columns([an_order("b")])) == [RECORDED]
            outcomes = within.ltv.import_orders(
                order_columns([an_order("a", amount="7"), an_order("b"), an_order("c")])
            )
        assert outcomes == [CONFLICTING, UNCHANGED, RECORDED]

    def test_a_large_import_again_is_unchanged_but_for_what_differs(
        self, ltv: LTVRepository
    ) -> None:
        orders = [
            an_order(f"{number}", customer_id=f"c{number % 700}", ordered_at=NOON + days(number))
            for number in range(3000)
        ]
        assert ltv.import_orders(order_columns(orders)) == [RECORDED] * 3000
        orders[1500] = replace(orders[1500], ordered_at=NOON - days(1))
        orders.append(an_order("new", customer_id="c1500"))
        outcomes = ltv.import_orders(order_columns(orders))
        assert outcomes == [UNCHANGED] * 1500 + [CONFLICTING] + [UNCHANGED] * 1499 + [RECORDED]
        assert ltv.get_customer(CustomerId("c100")).first_seen_at == NOON + days(100)


class TestImports:
    def test_an_import_begins_at_the_start(self, ltv: LTVRepository) -> None:
        assert ltv.open_import("a") == OrderImport("a", START)
        assert ltv.open_import("a") == OrderImport("a", START)

    def test_an_import_is_found_where_it_was_left(self, ltv: LTVRepository) -> None:
        state = OrderImport("a", Position(2**40, 2**33), 1, 2, 3, 4)
        ltv.open_import("a")
        ltv.open_import("b")
        ltv.save_import(state, [])
        assert ltv.open_import("a") == state
        assert ltv.open_import("b") == OrderImport("b")

    def test_an_import_that_was_never_opened_is_not_found(self, ltv: LTVRepository) -> None:
        with pytest.raises(NotFoundError):
            ltv.save_import(OrderImport("nothing"), [rejected(1)])
        with pytest.raises(NotFoundError):
            ltv.finish_import("nothing")
        assert ltv.get_rejected_lines("nothing") == []

    def test_rejected_lines_are_kept_in_their_order_and_given_in_pages(
        self, ltv: LTVRepository
    ) -> None:
        lines = [rejected(3), rejected(5), rejected(1), rejected(2**33), rejected(4)]
        lines[0] = replace(lines[0], is_conflicting=True)
        two = Violation("email", "email", "ü 'quoted' \\N")
        lines[1] = replace(lines[1], violations=(*lines[1].violations, two))
        ltv.open_import("a")
        ltv.open_import("b")
        ltv.save_import(OrderImport("a"), lines[:2])
        ltv.save_import(OrderImport("a"), lines[2:])
        ltv.save_import(OrderImport("b"), [rejected(7)])
        found = all_pages(
            lambda after: ltv.get_rejected_lines("a", after=after or 0, limit=2),
            lambda each: each.line,
            at_most=5,
        )
        assert found == sorted(lines, key=lambda each: each.line)

    def test_warned_lines_are_told_from_rejected_ones_and_outlive_the_import(
        self, ltv: LTVRepository
    ) -> None:
        warned = [
            WarnedLine(5, RefundWarning.OF_REFUND),
            WarnedLine(2, RefundWarning.EXCEEDS_ORDER),
            WarnedLine(2**33, RefundWarning.OF_ANOTHER_CUSTOMER),
        ]
        ltv.open_import("a")
        ltv.open_import("b")
        ltv.save_import(OrderImport("a", warned=2), [rejected(3)], warned[:2])
        ltv.save_import(OrderImport("a", warned=3), [rejected(4)], warned[2:])
        ltv.save_import(OrderImport("b", warned=1), [], warned[:1])
        assert ltv.open_import("a") == OrderImport("a", warned=3)
        assert ltv.open_import("b") == OrderImport("b", warned=1)
        assert ltv.get_rejected_lines("a") == [rejected(3), rejected(4)]
        ltv.finish_import("a")
        assert ltv.open_import("a").warned == 3
        assert ltv.get_rejected_lines("a") == []
        found = all_pages(
            lambda after: ltv.get_warned_lines("a", after=after or 0, limit=2),
            lambda each: each.line,
            at_most=4,
        )
        assert found == sorted(warned, key=lambda each: each.line)

    def test_a_finished_import_keeps_its_counts_and_no_lines(self, ltv: LTVRepository) -> None:
        state = OrderImport("a", Position(10, 2), rejected=1)
        ltv.open_import("a")
        ltv.save_import(state, [rejected(1)])
        ltv.finish_import("a")
        assert ltv.open_import("a") == replace(state, is_finished=True)
        assert ltv.get_rejected_lines("a") == []
