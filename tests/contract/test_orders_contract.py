"""What every LTVRepository does with orders and who made them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from succotash.domain.repositories.ltv import LTVRepository
from succotash.domain.repositories.storage import Repositories
from succotash.domain.value.ledgers import Customer, Order, RecordOutcome
from succotash.domain.values import (
    CustomerId,
    OrderId,
)
from succotash.errors import NotFoundError
from tests.builders import (
    NOON,
    a_lead,
    an_order,
    days,
)
from tests.contract.conftest import NewStorage
from tests.contract.histories import as_rows
from tests.strategies import CUSTOMERS, MODEST, ledgers

RECORDED, UNCHANGED, CONFLICTING = (
    RecordOutcome.RECORDED,
    RecordOutcome.UNCHANGED,
    RecordOutcome.CONFLICTING,
)


class TestOrders:
    def test_orders_come_back_by_time_then_id(self, ltv: LTVRepository) -> None:
        orders = [
            an_order("b", ordered_at=NOON, amount="0.0001"),
            an_order("a", ordered_at=NOON, amount="99999999999999.9999"),
            an_order("z", ordered_at=NOON - timedelta(microseconds=1), amount="0"),
            an_order("r", ordered_at=NOON + days(1), amount="-0.0001", refund_of="b"),
        ]
        assert ltv.record_orders(orders) == [RECORDED] * 4
        assert ltv.get_orders(CustomerId("customer")) == [
            orders[2],
            orders[1],
            orders[0],
            orders[3],
        ]

    def test_no_orders_at_all_are_recorded_as_none(self, ltv: LTVRepository) -> None:
        assert ltv.record_orders([]) == []

    def test_someone_unknown_has_no_orders(self, ltv: LTVRepository) -> None:
        assert ltv.get_orders(CustomerId("nobody")) == []

    def test_a_customers_orders_are_by_time_and_then_by_id(self, ltv: LTVRepository) -> None:
        orders = [
            an_order("b", ordered_at=NOON - days(1)),
            an_order("a", ordered_at=NOON),
            an_order("c", ordered_at=NOON),
        ]
        ltv.record_orders(orders[::-1])
        assert ltv.get_orders(CustomerId("customer")) == orders

    def test_the_same_order_again_changes_nothing(self, ltv: LTVRepository) -> None:
        ltv.record_orders([an_order(amount="10.5")])
        elsewhere = NOON.astimezone(ZoneInfo("Asia/Kolkata"))
        assert ltv.record_orders([an_order(amount="10.5000", ordered_at=elsewhere)]) == [UNCHANGED]
        assert ltv.get_orders(CustomerId("customer")) == [an_order(amount="10.5")]

    @pytest.mark.parametrize(
        "other",
        [
            an_order(amount="10.0001"),
            an_order(currency="EUR"),
            an_order(ordered_at=NOON + timedelta(microseconds=1)),
            an_order(amount="-10", refund_of="another"),
        ],
    )
    def test_an_order_with_other_contents_conflicts_and_changes_nothing(
        self, ltv: LTVRepository, other: Order
    ) -> None:
        ltv.record_orders([an_order()])
        earlier = replace(other, canonical_email="new@example.com")
        assert ltv.record_orders([earlier]) == [CONFLICTING]
        assert ltv.get_orders(CustomerId("customer")) == [an_order()]
        assert ltv.get_customer(CustomerId("customer")) == Customer(CustomerId("customer"), NOON)

    def test_a_conflicting_order_does_not_make_the_customer_known_earlier(
        self, ltv: LTVRepository
    ) -> None:
        ltv.record_orders([an_order()])
        ltv.record_orders([an_order(ordered_at=NOON - days(1))])
        assert ltv.get_customer(CustomerId("customer")).first_seen_at == NOON

    def test_a_refund_only_conflicts_with_a_refund_of_something_else(
        self, ltv: LTVRepository
    ) -> None:
        ltv.record_orders([an_order("refund", amount="-1", refund_of="a")])
        assert ltv.record_orders([an_order("refund", amount="-1", refund_of="b")]) == [CONFLICTING]
        assert ltv.record_orders([an_order("refund", amount="1")]) == [CONFLICTING]
        assert ltv.record_orders([an_order("refund", amount="-1", refund_of="a")]) == [UNCHANGED]

    def test_two_customers_may_share_an_order_id(self, ltv: LTVRepository) -> None:
        orders = [an_order("1", customer_id="a"), an_order("1", customer_id="b", amount="3")]
        assert ltv.record_orders(orders) == [RECORDED, RECORDED]
        assert ltv.get_orders(CustomerId("b")) == [orders[1]]

    def test_each_order_of_a_batch_has_its_own_outcome_in_order(self, ltv: LTVRepository) -> None:
        ltv.record_orders([an_order("known"), an_order("taken")])
        outcomes = ltv.record_orders(
            [
                an_order("z-new"),
                an_order("taken", amount="11"),
                an_order("a-new"),
                an_order("known"),
                an_order("taken", customer_id="other", amount="11"),
            ]
        )
        assert outcomes == [RECORDED, CONFLICTING, RECORDED, UNCHANGED, RECORDED]

    def test_ids_of_any_writing_are_kept(self, ltv: LTVRepository) -> None:
        order = an_order("ñ\t1\\N", customer_id='Zoë, "q"\'s\n{x}')
        assert ltv.record_orders([order]) == [RECORDED]
        assert ltv.record_orders([order]) == [UNCHANGED]
        assert ltv.get_orders(order.customer_id) == [order]
        assert ltv.purchase_histories(NOON, "UTC").days.customer_ids == [order.customer_id]

    @MODEST
    @given(first=ledgers(), second=ledgers())
    def test_outcomes_agree_with_comparing_one_by_one(
        self, new_storage: NewStorage, first: Sequence[Order], second: Sequence[Order]
    ) -> None:
        ltv = new_storage().repositories.ltv
        kept: dict[tuple[str, str], Order] = {}
        for batch in (first, second, first):
            expected = []
            for order in batch:
                known = kept.setdefault((order.customer_id, order.order_id), order)
                expected.append((known is order, known == order))
            outcomes = ltv.record_orders(batch)
            for outcome, (is_first, is_same) in zip(outcomes, expected, strict=True):
                assert outcome is not CONFLICTING if is_same else outcome is CONFLICTING
                assert outcome in ({RECORDED, UNCHANGED} if is_first else {UNCHANGED, CONFLICTING})
        for customer_id in CUSTOMERS:
            orders = [order for order in kept.values() if order.customer_id == customer_id]
            orders.sort(key=lambda order: (order.ordered_at, order.order_id))
            assert ltv.get_orders(CustomerId(customer_id)) == orders


class TestCustomers:
    def test_a_customer_is_first_seen_at_the_earliest_instant_known(
        self, ltv: LTVRepository
    ) -> None:
        ltv.record_orders([an_order("2"), an_order("3", ordered_at=NOON + days(1))])
        ltv.record_orders([an_order("1", ordered_at=NOON - timedelta(microseconds=1))])
        ltv.record_orders([an_order("4", ordered_at=NOON + days(2))])
        assert ltv.get_customer(CustomerId("customer")).first_seen_at == NOON - timedelta(
            microseconds=1
        )

    def test_an_unknown_customer_is_not_found(self, ltv: LTVRepository) -> None:
        with pytest.raises(NotFoundError) as caught:
            ltv.get_customer(CustomerId("nobody"))
        assert caught.value.kind == "customer"

    def test_an_email_is_given_to_a_customer_that_has_none(
        self, repositories: Repositories
    ) -> None:
        repositories.forms.save_lead(a_lead(email="ada@example.com"))
        repositories.ltv.record_orders([an_order("1")])
        repositories.ltv.record_orders([an_order("2", email="ada@example.com")])
        repositories.ltv.record_orders([an_order("3", email="other@example.com")])
        customer = repositories.ltv.get_customer(CustomerId("customer"))
        assert (customer.canonical_email, customer.lead_id) == ("ada@example.com", "lead")

    def test_customers_with_an_email_are_listed_by_id(self, ltv: LTVRepository) -> None:
        ltv.record_orders(
            [an_order(customer_id=each, email="ada@example.com") for each in ("b", "a", "B")]
        )
        ltv.record_orders([an_order(customer_id="c", email="bob@example.com")])
        found = ltv.get_customers_by_email("ada@example.com")
        assert [customer.customer_id for customer in found] == ["B", "a", "b"]
        assert ltv.get_customers_by_email("nobody@example.com") == []


def test_a_long_ledger_is_recorded_and_summed_exactly(ltv: LTVRepository) -> None:
    """A thousand orders of one cent each, of ten customers, are ten times one unit of currency."""
    orders = [
        an_order(
            OrderId(f"order-{number}"),
            customer_id=f"customer-{number % 10}",
            ordered_at=NOON - days(number // 10),
            amount="0.0101",
        )
        for number in range(1000)
    ]
    assert ltv.record_orders(orders) == [RECORDED] * 1000
    rows = as_rows(ltv.purchase_histories(NOON, "UTC"))
    assert len(rows) == 10
    assert all((row.frequency, row.revenue) == (99, 10_100) for row in rows.values())
