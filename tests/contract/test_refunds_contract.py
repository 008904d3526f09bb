"""Refunds that do not fit what they refund, as every LTVRepository judges and totals them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given

from succotash.domain.repositories.ltv import LTVRepository
from succotash.domain.repositories.storage import Repositories
from succotash.domain.value.ledgers import Order
from succotash.domain.value.refunds import RefundTotals, RefundWarning
from succotash.domain.values import SHARDS, CustomerId, OrderId, Shard
from tests.builders import NOON, a_run, an_order, days
from tests.contract.conftest import NewStorage
from tests.contract.on_paper import over_refunds_on_paper
from tests.contract.shards import every_shard
from tests.strategies import CUSTOMERS, MODEST, instants, ledgers


def refund(
    order_id: str,
    refund_of: str,
    amount: str | Decimal = "-4",
    *,
    customer_id: str = "customer",
    ordered_at: datetime = NOON,
) -> Order:
    return an_order(
        order_id,
        customer_id=customer_id,
        ordered_at=ordered_at,
        amount=amount,
        refund_of=refund_of,
    )


def judge(ltv: LTVRepository, orders: Iterable[Order]) -> list[RefundWarning | None]:
    return ltv.judge_refunds(
        [(each.customer_id, each.refund_of) for each in orders if each.refund_of is not None]
    )


def judged_on_paper(orders: Sequence[Order], customer: str, named: str) -> RefundWarning | None:
    known = [each for each in orders if (each.customer_id, each.order_id) == (customer, named)]
    if not known:
        others = any(each.order_id == named for each in orders)
        return RefundWarning.OF_ANOTHER_CUSTOMER if others else None
    if known[0].refund_of is not None:
        return RefundWarning.OF_REFUND
    given_back = [
        each.amount.amount
        for each in orders
        if each.customer_id == customer and each.refund_of == named
    ]
    exceeds = known[0].amount.amount + sum(given_back) < 0
    return RefundWarning.EXCEEDS_ORDER if exceeds else None


class TestJudging:
    @pytest.mark.parametrize(
        ("amounts", "expected"),
        [
            (["-4"], None),
            (["-10"], None),
            (["-6", "-4"], None),
            (["-10.0001"], RefundWarning.EXCEEDS_ORDER),
            (["-6", "-4.0001"], RefundWarning.EXCEEDS_ORDER),
        ],
    )
    def test_refunds_may_take_all_of_an_order_and_no_more(
        self, ltv: LTVRepository, amounts: Sequence[str], expected: RefundWarning | None
    ) -> None:
        refunds = [refund(f"refund-{each}", "order", each) for each in amounts]
        ltv.record_orders([an_order("order", amount="10"), *refunds])
        assert judge(ltv, refunds) == [expected] * len(refunds)

    def test_a_refund_refunds_no_refund_and_no_order_of_somebody_else(
        self, ltv: LTVRepository
    ) -> None:
        refunds = [
            refund("a", "order"),
            refund("b", "a"),
            refund("c", "theirs"),
            refund("d", "has not come yet"),
            refund("e", "order", customer_id="somebody else"),
        ]
        ltv.record_orders(
            [an_order("order"), an_order("theirs", customer_id="somebody else"), *refunds]
        )
        assert judge(ltv, refunds) == [
            None,
            RefundWarning.OF_REFUND,
            RefundWarning.OF_ANOTHER_CUSTOMER,
            None,
            RefundWarning.OF_ANOTHER_CUSTOMER,
        ]

    def test_an_order_of_ones_own_goes_before_one_of_the_same_id(self, ltv: LTVRepository) -> None:
        own = refund("refund", "1")
        ltv.record_orders([an_order("1"), an_order("1", customer_id="somebody else"), own])
        assert judge(ltv, [own]) == [None]

    def test_an_order_that_comes_later_is_judged_once_it_is_there(self, ltv: LTVRepository) -> None:
        early = refund("refund", "order", "-11")
        ltv.record_orders([early])
        assert judge(ltv, [early]) == [None]
        ltv.record_orders([an_order("order", amount="10")])
        assert judge(ltv, [early]) == [RefundWarning.EXCEEDS_ORDER]

    def test_none_at_all_are_judged_as_none(self, ltv: LTVRepository) -> None:
        assert ltv.judge_refunds([]) == []

    def test_ids_of_any_writing_are_found(self, ltv: LTVRepository) -> None:
        awkward = "tab\tbackslash\\N quote'\" ü 🦑 {}"
        order = refund("refund", awkward, customer_id=awkward)
        ltv.record_orders([an_order(awkward, customer_id=awkward, amount="1"), order])
        assert judge(ltv, [order]) == [RefundWarning.EXCEEDS_ORDER]

    def test_tens_of_thousands_of_one_order_are_judged_at_once(self, ltv: LTVRepository) -> None:
        """Quadratic, it would be two and a half billion amounts added up."""
        named = CustomerId("customer"), OrderId("order")
        orders = [refund(f"refund-{number}", "order", "-0.0001") for number in range(2000)]
        ltv.record_orders([an_order("order", amount="0.1"), *orders])
        assert ltv.judge_refunds([named] * 50_000) == [RefundWarning.EXCEEDS_ORDER] * 50_000

    @MODEST
    @given(orders=ledgers())
    def test_judgements_agree_with_those_on_paper(
        self, new_storage: NewStorage, orders: Sequence[Order]
    ) -> None:
        ltv = new_storage().repositories.ltv
        ltv.record_orders(orders)
        asked = [
            (CustomerId(customer), OrderId(f"order-{number}"))
            for customer in CUSTOMERS
            for number in range(1, 9)
        ]
        assert ltv.judge_refunds(asked) == [judged_on_paper(orders, *each) for each in asked]


def totals_on_paper(orders: Sequence[Order], as_of: datetime) -> RefundTotals:
    known = [each for each in orders if each.ordered_at <= as_of]
    bought = {(each.customer_id, each.order_id) for each in known if each.refund_of is None}
    unmatched = [
        each.amount.units()
        for each in known
        if each.refund_of is not None and (each.customer_id, each.refund_of) not in bought
    ]
    exceeding = [
        int(net.scaleb(4))
        for customer in {each.customer_id for each in known}
        for _, net in over_refunds_on_paper(
            [each for each in known if each.customer_id == customer], as_of
        )
    ]
    return RefundTotals(len(unmatched), sum(unmatched), len(exceeding), sum(exceeding))


class TestTotals:
    def test_an_empty_ledger_has_none(self, ltv: LTVRepository) -> None:
        assert ltv.total_refunds(NOON) == RefundTotals()

    def test_a_refund_matches_an_order_of_its_customer_known_by_then(
        self, ltv: LTVRepository
    ) -> None:
        ltv.record_orders(
            [
                refund("early", "late", "-3", ordered_at=NOON - days(2)),
                an_order("late", ordered_at=NOON),
                refund("lost", "never came", "-1"),
                refund("theirs", "late", "-2", customer_id="somebody else"),
                refund("of a refund", "lost", "-0.5"),
                refund("too much", "late", "-8", ordered_at=NOON + days(1)),
            ]
        )
        assert ltv.total_refunds(NOON - days(3)) == RefundTotals()
        assert ltv.total_refunds(NOON - days(1)) == RefundTotals(1, -30_000)
        assert ltv.total_refunds(NOON) == RefundTotals(3, -35_000)
        assert ltv.total_refunds(NOON + days(1)) == RefundTotals(3, -35_000, 1, -10_000)

    def test_totals_may_pass_64_bits(self, ltv: LTVRepository) -> None:
        orders = [
            refund(f"{named}-{number}", named, "-999999999999.9999")
            for named in ("never came", "order")
            for number in range(1000)
        ]
        ltv.record_orders([an_order("order", amount="0"), *orders])
        most = -1000 * 9_999_999_999_999_999
        assert ltv.total_refunds(NOON) == RefundTotals(1000, most, 1, most)

    @MODEST
    @given(orders=ledgers(), as_of=instants)
    def test_totals_agree_with_adding_up_on_paper(
        self, new_storage: NewStorage, orders: Sequence[Order], as_of: datetime
    ) -> None:
        ltv = new_storage().repositories.ltv
        ltv.record_orders(orders)
        expected = totals_on_paper(orders, as_of)
        assert ltv.total_refunds(as_of) == expected
        by_shard = [ltv.total_refunds(as_of, shard=shard) for shard in every_shard()]
        assert sum(by_shard, RefundTotals()) == expected


class TestWarningsOfShards:
    def test_each_shard_keeps_its_last_until_the_run_has_finished(
        self, repositories: Repositories
    ) -> None:
        retention, run = repositories.retention, a_run()
        first, last = Shard(0, SHARDS), Shard(SHARDS - 1, SHARDS)
        retention.open_scoring_run(run)
        assert retention.get_shard_warnings(run.run_id) == {}
        retention.finish_shard(run, last, 1, {"left_out": 2**70})
        retention.finish_shard(run, first, 1)
        retention.finish_shard(run, last, 1, {"left_out": 1})
        assert retention.get_shard_warnings(run.run_id) == {0: {}, SHARDS - 1: {"left_out": 1}}

        retention.open_scoring_run(run)
        assert retention.get_shard_warnings(run.run_id) == {}

        retention.finish_shard(run, first, 1, {"left_out": 2**70})
        assert retention.get_shard_warnings(run.run_id) == {0: {"left_out": 2**70}}
        retention.finish_scoring_run(run.run_id, 1, summary={"customers": 1})
        retention.finish_shard(run, last, 1, {"left_out": 1})
        assert retention.get_shard_warnings(run.run_id) == {}
        assert retention.get_scoring_run(run.run_id).summary == {"customers": 1}
