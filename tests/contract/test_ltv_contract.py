"""What every LTVRepository does."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.domain.repositories.ltv import LTVRepository
from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.retention import INITIAL_RUN
from succotash.domain.value.ledgers import Customer, Order, PurchaseHistories, Recording
from succotash.domain.value.ltv import (
    DEFAULT_SEGMENTS,
    CohortPeriod,
    CustomerLTV,
    LTVSegment,
    SegmentResult,
    ValueGroup,
)
from succotash.domain.values import (
    AMOUNT_LIMIT,
    MONEY_UNIT,
    SHARDS,
    CohortId,
    Currency,
    CustomerId,
    Money,
    OrderId,
    RunId,
    SegmentId,
    Shard,
)
from succotash.errors import NotFoundError
from tests.builders import (
    NOON,
    USD,
    a_cohort,
    a_lead,
    a_run,
    a_value,
    an_order,
    at,
    days,
    usd,
    value_columns,
)
from tests.contract.conftest import NewStorage
from tests.contract.on_paper import (
    EPOCH,
    over_refunds_on_paper,
    purchases_on_paper,
    settled_on_paper,
)
from tests.contract.paging import all_pages
from tests.contract.shards import every_shard
from tests.strategies import CUSTOMERS, MODEST, amounts, instants, ledgers, zones

RECORDED, UNCHANGED, CONFLICTING = Recording.RECORDED, Recording.UNCHANGED, Recording.CONFLICTING


def ids(values: Iterable[CustomerLTV]) -> list[str]:
    return [value.customer_id for value in values]


def save_values(
    repositories: Repositories, run_id: RunId, values: Sequence[CustomerLTV], as_of: datetime
) -> None:
    """Save values in bulk as a run does: shard by shard, each with its own customers.

    Which shard a customer belongs to is the storage's affair: the ledger tells.
    """
    repositories.ltv.record_orders(
        [
            an_order("belonging", customer_id=value.customer_id, ordered_at=as_of, amount="0")
            for value in values
        ]
    )
    for shard in every_shard():
        found = repositories.ltv.purchase_histories(as_of, "UTC", shard=shard)
        members = set(found.days.customer_ids)
        repositories.ltv.save_customer_values(
            run_id,
            USD,
            shard,
            value_columns([value for value in values if value.customer_id in members]),
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

    @pytest.mark.parametrize("newest", [1, 2, 9])
    def test_the_newest_of_a_customers_orders_are_still_in_their_order(
        self, ltv: LTVRepository, newest: int
    ) -> None:
        orders = [
            an_order("b", ordered_at=NOON - days(1)),
            an_order("a", ordered_at=NOON),
            an_order("c", ordered_at=NOON),
        ]
        ltv.record_orders(orders)
        assert ltv.get_orders(CustomerId("customer"), newest=newest) == orders[-newest:]

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


@dataclass(frozen=True)
class History:
    """One customer's row, as a person would count it on paper."""

    first_day: int
    frequency: int
    recency: int
    age: int
    holdout: int
    orders: int
    revenue: int
    repeat_revenue: int
    first_purchase_at: datetime
    last_purchase_at: datetime
    holdout_revenue: int
    over_refunds: int = 0


def histories_on_paper(
    orders: Sequence[Order], as_of: datetime, time_zone: str, holdout_until: datetime | None
) -> dict[str, History]:
    def day(moment: datetime) -> int:
        return (moment.astimezone(ZoneInfo(time_zone)).date() - EPOCH).days

    def units(amounts: Iterable[Decimal]) -> int:
        return int(sum(amounts, Decimal(0)) * 10_000)

    rows = {}
    for customer_id in {order.customer_id for order in orders}:
        own = [order for order in orders if order.customer_id == customer_id]
        bought = purchases_on_paper(own, as_of)
        if not bought:
            continue
        held_out = [
            (moment, net)
            for moment, net in (purchases_on_paper(own, holdout_until) if holdout_until else [])
            if moment > as_of
        ]
        bought_on = sorted({day(moment) for moment, _ in bought})
        rows[str(customer_id)] = History(
            first_day=bought_on[0],
            frequency=len(bought_on) - 1,
            recency=bought_on[-1] - bought_on[0],
            age=day(as_of) - bought_on[0],
            holdout=len({day(moment) for moment, _ in held_out}),
            orders=len(bought),
            revenue=units(net for _, net in bought),
            repeat_revenue=units(net for moment, net in bought if day(moment) > bought_on[0]),
            first_purchase_at=bought[0][0],
            last_purchase_at=bought[-1][0],
            holdout_revenue=units(net for _, net in held_out),
            over_refunds=units(net for _, net in over_refunds_on_paper(own, as_of)),
        )
    return rows


def as_rows(found: PurchaseHistories) -> dict[str, History]:
    columns = zip(
        found.days.customer_ids,
        found.days.first_day,
        found.days.frequency,
        found.days.recency,
        found.days.age,
        found.days.holdout,
        found.orders,
        found.revenue,
        found.repeat_revenue,
        (datetime.fromisoformat(each) for each in found.first_purchase_at),
        (datetime.fromisoformat(each) for each in found.last_purchase_at),
        found.holdout_revenue,
        found.over_refunds,
        strict=True,
    )
    return {customer_id: History(*row) for customer_id, *row in columns}


class TestPurchaseHistories:
    def test_an_empty_ledger_has_no_histories(self, ltv: LTVRepository) -> None:
        assert as_rows(ltv.purchase_histories(NOON, "UTC")) == {}
        assert as_rows(ltv.purchase_histories(NOON, "UTC", holdout_until=NOON + days(9))) == {}

    def test_days_are_counted_once_and_orders_each(self, ltv: LTVRepository) -> None:
        ltv.record_orders(
            [
                an_order("1", ordered_at=at("2024-01-01T08:00"), amount="10"),
                an_order("2", ordered_at=at("2024-01-01T09:00"), amount="5.0001"),
                an_order("3", ordered_at=at("2024-01-04T09:00"), amount="0"),
                an_order("4", ordered_at=at("2024-01-11T09:00:00.000001"), amount="2.5"),
            ]
        )
        found = ltv.purchase_histories(at("2024-01-31T00:00"), "UTC")
        assert as_rows(found) == {
            "customer": History(
                first_day=19723,
                frequency=2,
                recency=10,
                age=30,
                holdout=0,
                orders=4,
                revenue=175001,
                repeat_revenue=25000,
                first_purchase_at=at("2024-01-01T08:00"),
                last_purchase_at=at("2024-01-11T09:00:00.000001"),
                holdout_revenue=0,
            )
        }
        assert all(text.endswith(("+00:00", "Z", "+00")) for text in found.first_purchase_at)

    def test_rows_are_ordered_by_customer_id(self, ltv: LTVRepository) -> None:
        ltv.record_orders([an_order(customer_id=each) for each in ("b", "é", "B", "a", "10", "9")])
        found = ltv.purchase_histories(NOON, "UTC")
        assert found.days.customer_ids == ["10", "9", "B", "a", "b", "é"]

    @pytest.mark.parametrize(
        ("orders", "expected"),
        [
            ([], [100_000]),
            ([("refund", 1, "-10", "order")], []),
            ([("refund", 1, "-9.9999", "order")], [1]),
            ([("refund", 1, "-4", "order"), ("again", 2, "-6", "order")], []),
            ([("refund", 1, "-11", "order")], []),
            ([("refund", 1, "-4", "another")], [100_000]),
            ([("refund", 1, "-4", "refund")], [100_000]),
        ],
    )
    def test_an_order_is_netted_with_its_refunds(
        self,
        ltv: LTVRepository,
        orders: list[tuple[str, int, str, str]],
        expected: list[int],
    ) -> None:
        ltv.record_orders([an_order(amount="10")])
        ltv.record_orders(
            [
                an_order(order_id, ordered_at=NOON + days(day), amount=amount, refund_of=original)
                for order_id, day, amount, original in orders
            ]
        )
        rows = as_rows(ltv.purchase_histories(NOON + days(9), "UTC"))
        assert [row.revenue for row in rows.values()] == expected

    def test_a_free_order_is_a_purchase_and_a_refunded_free_order_is_none(
        self, ltv: LTVRepository
    ) -> None:
        ltv.record_orders([an_order("free", amount="0")])
        assert as_rows(ltv.purchase_histories(NOON, "UTC"))["customer"].orders == 1
        ltv.record_orders([an_order("refund", amount="0", refund_of="free")])
        assert as_rows(ltv.purchase_histories(NOON, "UTC")) == {}

    def test_a_refund_happens_at_its_own_time_and_its_purchase_at_the_originals(
        self, ltv: LTVRepository
    ) -> None:
        refund_at = NOON + days(5)
        ltv.record_orders(
            [
                an_order("first", amount="3"),
                an_order("second", ordered_at=NOON + days(2), amount="10"),
                an_order("refund", ordered_at=refund_at, amount="-10", refund_of="second"),
            ]
        )
        before = ltv.purchase_histories(refund_at - timedelta(microseconds=1), "UTC")
        assert as_rows(before)["customer"].revenue == 130_000
        after = as_rows(ltv.purchase_histories(refund_at, "UTC"))["customer"]
        assert (after.revenue, after.frequency, after.recency) == (30_000, 0, 0)
        assert after.last_purchase_at == NOON

    def test_a_refund_may_arrive_before_its_order(self, ltv: LTVRepository) -> None:
        ltv.record_orders([an_order("refund", amount="-4", refund_of="order")])
        assert as_rows(ltv.purchase_histories(NOON, "UTC")) == {}
        ltv.record_orders([an_order("order", amount="10")])
        assert as_rows(ltv.purchase_histories(NOON, "UTC"))["customer"].revenue == 60_000

    def test_a_refund_names_an_order_of_its_own_customer(self, ltv: LTVRepository) -> None:
        ltv.record_orders(
            [
                an_order("1", customer_id="a"),
                an_order("2", customer_id="b", amount="-10", refund_of="1"),
            ]
        )
        assert list(as_rows(ltv.purchase_histories(NOON, "UTC"))) == ["a"]

    def test_purchases_at_the_instant_asked_for_count_and_later_ones_do_not(
        self, ltv: LTVRepository
    ) -> None:
        ltv.record_orders([an_order()])
        assert as_rows(ltv.purchase_histories(NOON - timedelta(microseconds=1), "UTC")) == {}
        assert as_rows(ltv.purchase_histories(NOON, "UTC"))["customer"].age == 0

    def test_the_holdout_counts_days_after_the_instant_up_to_its_end(
        self, ltv: LTVRepository
    ) -> None:
        until = NOON + days(10)
        ltv.record_orders(
            [
                an_order("now"),
                an_order("same day", ordered_at=NOON + timedelta(microseconds=1), amount="1"),
                an_order("same day again", ordered_at=NOON + timedelta(hours=1), amount="2"),
                an_order("kept", ordered_at=NOON + days(3), amount="20"),
                an_order("part", ordered_at=NOON + days(4), amount="-5", refund_of="kept"),
                an_order("returned", ordered_at=NOON + days(5), amount="50"),
                an_order("all", ordered_at=until, amount="-50", refund_of="returned"),
                an_order("last", ordered_at=until, amount="7"),
                an_order("late", ordered_at=until + timedelta(microseconds=1), amount="9"),
                an_order("new", customer_id="later", ordered_at=NOON + days(1)),
            ]
        )
        found = as_rows(ltv.purchase_histories(NOON, "UTC", holdout_until=until))
        assert list(found) == ["customer"]
        history = found["customer"]
        assert (history.holdout, history.holdout_revenue) == (3, 250_000)
        assert (history.orders, history.revenue, history.frequency) == (1, 100_000, 0)

    def test_a_refund_during_the_holdout_does_not_touch_what_came_before(
        self, ltv: LTVRepository
    ) -> None:
        ltv.record_orders(
            [
                an_order("order"),
                an_order("refund", ordered_at=NOON + days(1), amount="-10", refund_of="order"),
            ]
        )
        found = ltv.purchase_histories(NOON, "UTC", holdout_until=NOON + days(5))
        history = as_rows(found)["customer"]
        assert (history.revenue, history.holdout, history.holdout_revenue) == (100_000, 0, 0)

    def test_days_are_those_of_the_zone_when_the_clocks_change(self, ltv: LTVRepository) -> None:
        """Berlin went to summer time on 2024-03-31 and back on 2024-10-27 (23 and 25 hours)."""
        moments = [
            "2024-03-30T22:59:59.999999",  # 23:59:59.999999 on the 30th
            "2024-03-30T23:00",  # midnight of the 31st, still winter time
            "2024-03-31T21:59:59.999999",  # 23:59:59.999999 on the 31st, summer time
            "2024-03-31T22:00",  # midnight of the 1st
            "2024-10-26T22:00",  # midnight of the 27th, still summer time
            "2024-10-27T22:59:59.999999",  # 23:59:59.999999 on the 27th, winter time
            "2024-10-27T23:00",  # midnight of the 28th
        ]
        ltv.record_orders(
            [an_order(moment, ordered_at=at(moment), amount="1") for moment in moments]
        )
        found = ltv.purchase_histories(at("2024-10-28T22:59:59.999999"), "Europe/Berlin")
        history = as_rows(found)["customer"]
        assert EPOCH + timedelta(days=history.first_day) == date(2024, 3, 30)
        assert (history.frequency, history.repeat_revenue) == (4, 60_000)
        assert (history.recency, history.age) == (212, 212)
        in_utc = as_rows(ltv.purchase_histories(at("2024-10-28T22:59:59.999999"), "UTC"))
        assert in_utc["customer"].frequency == 3
        next_day = ltv.purchase_histories(at("2024-10-28T23:00"), "Europe/Berlin")
        assert as_rows(next_day)["customer"].age == 213

    def test_days_before_1970_are_counted_too(self, ltv: LTVRepository) -> None:
        ltv.record_orders(
            [
                an_order("1", ordered_at=at("1969-12-30T23:59:59.999999")),
                an_order("2", ordered_at=at("1969-12-31T00:00")),
            ]
        )
        history = as_rows(ltv.purchase_histories(at("1970-01-01T00:00"), "UTC"))["customer"]
        assert (history.first_day, history.frequency, history.age) == (-2, 1, 2)

    @MODEST
    @given(
        orders=ledgers(), as_of=instants, zone=zones, ahead=st.none() | st.integers(0, 30 * 24 * 60)
    )
    def test_histories_agree_with_counting_on_paper(
        self,
        new_storage: NewStorage,
        orders: Sequence[Order],
        as_of: datetime,
        zone: str,
        ahead: int | None,
    ) -> None:
        ltv = new_storage().repositories.ltv
        ltv.record_orders(orders)
        until = None if ahead is None else as_of + timedelta(minutes=ahead)
        found = ltv.purchase_histories(as_of, zone, holdout_until=until)
        assert as_rows(found) == histories_on_paper(orders, as_of, zone, until)
        assert found.days.customer_ids == sorted(found.days.customer_ids)

    @MODEST
    @given(orders=ledgers(), as_of=instants, zone=zones, ahead=st.integers(0, 30 * 24 * 60))
    def test_weeks_of_a_holdout_agree_with_counting_on_paper(
        self,
        new_storage: NewStorage,
        orders: Sequence[Order],
        as_of: datetime,
        zone: str,
        ahead: int,
    ) -> None:
        ltv = new_storage().repositories.ltv
        ltv.record_orders(orders)
        until = as_of + timedelta(minutes=ahead)

        def day(moment: datetime) -> int:
            return moment.astimezone(ZoneInfo(zone)).date().toordinal()

        weeks = [0] * ((day(until) - day(as_of)) // 7 + 1)
        for customer_id in {order.customer_id for order in orders}:
            own = [order for order in orders if order.customer_id == customer_id]
            if purchases_on_paper(own, as_of):
                bought = purchases_on_paper(own, until)
                for each in {day(moment) for moment, _ in bought if moment > as_of}:
                    weeks[(each - day(as_of)) // 7] += 1
        assert ltv.count_purchases_by_week(as_of, until, zone) == weeks
        by_shard = [
            ltv.count_purchases_by_week(as_of, until, zone, shard=shard) for shard in every_shard()
        ]
        assert [sum(each) for each in zip(*by_shard, strict=True)] == weeks

    def test_shards_are_disjoint_and_cover_all(self, ltv: LTVRepository) -> None:
        ltv.record_orders([an_order(customer_id=f"customer-{number}") for number in range(100)])
        shards = [
            as_rows(ltv.purchase_histories(NOON, "UTC", shard=shard)) for shard in every_shard()
        ]
        together: dict[str, History] = {}
        for rows in shards:
            assert not together.keys() & rows.keys()
            assert list(rows) == sorted(rows)
            together |= rows
        assert together == as_rows(ltv.purchase_histories(NOON, "UTC"))
        assert sum(bool(rows) for rows in shards) > SHARDS / 2, "customers spread over shards"


class TestCurrencies:
    def test_an_empty_ledger_has_none(self, ltv: LTVRepository) -> None:
        assert ltv.get_currencies(NOON) == set()

    def test_each_is_named_once_refunds_included_and_later_facts_ignored(
        self, ltv: LTVRepository
    ) -> None:
        ltv.record_orders(
            [
                an_order("a"),
                an_order("b", customer_id="other"),
                an_order("c", currency="JPY", amount="-1", refund_of="a"),
                an_order("d", currency="EUR", ordered_at=NOON + timedelta(microseconds=1)),
            ]
        )
        assert ltv.get_currencies(NOON) == {USD, Currency("JPY")}
        assert ltv.get_currencies(NOON - days(1)) == set()


class TestCustomerValues:
    def test_totals_outgrow_what_a_single_amount_may_be(self, repositories: Repositories) -> None:
        customers, each, run = 150, AMOUNT_LIMIT - MONEY_UNIT, a_run()
        total = customers * each
        ltv = repositories.ltv
        repositories.retention.open_scoring_run(run)
        values = [
            a_value(f"c{number}", actual=each, residual=0, segment="vip")
            for number in range(customers)
        ]
        save_values(repositories, run.run_id, values, NOON)
        orders = [an_order("great", customer_id=value.customer_id, amount=each) for value in values]
        ltv.record_orders(orders)
        ltv.save_segment_bounds(run.run_id, {SegmentId("vip"): usd(each)})
        ltv.build_rollups(run.run_id, NOON, "UTC")
        repositories.retention.finish_scoring_run(run.run_id, customers)

        segment = ltv.get_ltv_segment(SegmentId("vip")).result
        assert segment == SegmentResult(run.run_id, usd(each), customers, usd(total))
        group = ValueGroup(customers, total, total, Decimal(0))
        assert ltv.get_ltv_analytics().total == group
        [cohort] = ltv.get_all_cohorts()
        assert (cohort.revenue, cohort.average_ltv) == (usd(total), usd(each))

    def test_a_value_may_have_no_interval(self, ltv: LTVRepository) -> None:
        value = a_value(interval=None)
        ltv.save_customer_ltv(value)
        assert ltv.get_customer_ltv(value.customer_id).residual_high is None

    def test_a_value_comes_back_as_it_was_saved_in_the_current_run(
        self, ltv: LTVRepository
    ) -> None:
        value = a_value(
            actual="99999999999999.9999",
            residual="0",
            first_purchase_at=at("2024-01-01T00:00:00.000001"),
            last_purchase_at=at("2024-03-31T23:59:59.999999"),
        )
        ltv.save_customer_ltv(value)
        assert ltv.get_customer_ltv(value.customer_id) == replace(value, run_id=INITIAL_RUN)
        again = replace(value, residual_value=usd("0.0001"))
        ltv.save_customer_ltv(again)
        assert ltv.get_customer_ltv(value.customer_id) == replace(again, run_id=INITIAL_RUN)

    def test_money_keeps_its_currency(self, ltv: LTVRepository) -> None:
        euros = Money(Decimal("1.2345"), type(USD)("EUR"))
        value = replace(
            a_value(), actual_clv=euros, residual_value=euros, average_order_value=euros
        )
        ltv.save_customer_ltv(value)
        assert ltv.get_customer_ltv(value.customer_id).predicted_clv == euros + euros

    def test_an_unvalued_customer_is_not_found(self, ltv: LTVRepository) -> None:
        ltv.record_orders([an_order()])
        with pytest.raises(NotFoundError) as caught:
            ltv.get_customer_ltv(CustomerId("customer"))
        assert caught.value.kind == "customer"

    def test_a_value_needs_the_run_it_names(self, ltv: LTVRepository) -> None:
        with pytest.raises(NotFoundError) as caught:
            ltv.save_customer_ltv(a_value(run_id="nowhere"))
        assert caught.value.kind == "scoring run"
        with pytest.raises(NotFoundError) as caught:
            ltv.save_customer_values(
                RunId("nowhere"), USD, Shard(0, SHARDS), value_columns([a_value()])
            )
        assert caught.value.kind == "scoring run"

    def test_values_saved_in_bulk_are_those_saved_singly(self, repositories: Repositories) -> None:
        repositories.retention.open_scoring_run(a_run())
        run_id = a_run().run_id
        values = [
            a_value(f"ü\t{number}\\", actual=f"{number}.0001", cohort="2024-05")
            for number in range(40)
        ]
        save_values(repositories, run_id, values, NOON)
        assert repositories.ltv.find_customers() == []
        repositories.retention.finish_scoring_run(run_id, 40)
        found = repositories.ltv.find_customers(limit=100)
        assert sorted(found, key=lambda value: value.actual_clv.amount) == [
            replace(value, run_id=run_id) for value in values
        ]

    def test_a_shard_saved_again_replaces_what_it_held_and_nothing_else(
        self, repositories: Repositories
    ) -> None:
        run_id = a_run().run_id
        repositories.retention.open_scoring_run(a_run())
        values = [a_value(f"customer-{number}") for number in range(40)]
        save_values(repositories, run_id, values, NOON)
        save_values(repositories, run_id, values, NOON)
        for shard in every_shard():
            found = repositories.ltv.purchase_histories(NOON, "UTC", shard=shard)
            if found.days.customer_ids:
                kept, *gone = found.days.customer_ids
                break
        else:
            pytest.fail("no shard has customers")
        repositories.ltv.save_customer_values(
            run_id, USD, shard, value_columns([a_value(kept, actual="77")])
        )
        repositories.retention.finish_scoring_run(run_id, 40)
        assert repositories.ltv.get_customer_ltv(CustomerId(kept)).actual_clv == usd(77)
        assert set(ids(repositories.ltv.find_customers(limit=100))) == {
            value.customer_id for value in values if value.customer_id not in gone
        }

    def test_all_of_a_runs_values_saved_at_once_belong_to_their_shards(
        self, repositories: Repositories
    ) -> None:
        ltv, run_id = repositories.ltv, a_run().run_id
        customers = [f"customer-{number}" for number in range(40)]
        ltv.record_orders([an_order(customer_id=each) for each in customers])
        repositories.retention.open_scoring_run(a_run())
        ltv.save_customer_values(run_id, USD, None, value_columns([a_value("gone")]))
        for _ in range(2):
            values = value_columns([a_value(each) for each in customers])
            ltv.save_customer_values(run_id, USD, None, values)
        emptied = Shard(7, SHARDS)
        ltv.save_customer_values(run_id, USD, emptied, value_columns([]))
        repositories.retention.finish_scoring_run(run_id, 40)
        of_shard = ltv.purchase_histories(NOON, "UTC", shard=emptied).days.customer_ids
        assert set(ids(ltv.find_customers(limit=100))) == set(customers) - set(of_shard)

    def test_customers_are_listed_by_predicted_value_then_id(self, ltv: LTVRepository) -> None:
        rows = [
            ("b", "10", "5", "vip", "2024-05"),
            ("a", "5", "10.0000", "vip", "2024-04"),
            ("c", "15.0001", "0", "low_value", "2024-05"),
            ("d", "0", "1", "vip", "2024-05"),
        ]
        for customer_id, actual, residual, segment, cohort in rows:
            ltv.save_customer_ltv(
                a_value(
                    customer_id, actual=actual, residual=residual, segment=segment, cohort=cohort
                )
            )
        vip, may = SegmentId("vip"), CohortId("2024-05")
        assert ids(ltv.find_customers()) == ["c", "a", "b", "d"]
        assert ids(ltv.find_customers(limit=2)) == ["c", "a"]
        assert ids(ltv.find_customers(after=(usd(15), CustomerId("a")))) == ["b", "d"]
        assert ids(ltv.find_customers(segment_id=vip)) == ["a", "b", "d"]
        assert ids(ltv.find_customers(segment_id=vip, cohort_id=may)) == ["b", "d"]
        assert ids(ltv.get_customers_by_segment(vip)) == ["a", "b", "d"]
        assert ids(ltv.get_customers_by_segment(vip, limit=1)) == ["a"]
        assert ids(ltv.get_customers_by_cohort(may)) == ["c", "b", "d"]
        assert ids(ltv.get_customers_by_cohort(may, limit=2)) == ["c", "b"]
        assert ltv.get_customers_by_cohort(CohortId("1999-01")) == []

    @MODEST
    @given(
        worth=st.lists(st.tuples(amounts, amounts), max_size=10),
        size=st.integers(1, 4),
        segment=st.sampled_from([None, SegmentId("vip")]),
    )
    def test_pages_of_customers_together_are_the_whole_list(
        self,
        new_storage: NewStorage,
        worth: list[tuple[Decimal, Decimal]],
        size: int,
        segment: SegmentId | None,
    ) -> None:
        ltv = new_storage().repositories.ltv
        for place, (actual, residual) in enumerate(worth):
            ltv.save_customer_ltv(
                a_value(f"{place}", actual=actual, residual=residual, segment="vip")
            )
        pages = all_pages(
            lambda after: ltv.find_customers(segment_id=segment, limit=size, after=after),
            lambda last: (last.predicted_clv, last.customer_id),
            at_most=len(worth),
        )
        assert len(pages) == len(worth)
        places = [(-each.predicted_clv.amount, each.customer_id) for each in pages]
        assert all(earlier < later for earlier, later in pairwise(places))


class TestSegments:
    def test_the_default_segments_are_there_from_the_start(self, ltv: LTVRepository) -> None:
        assert ltv.get_all_ltv_segments() == list(DEFAULT_SEGMENTS)

    def test_an_unknown_segment_is_not_found(self, ltv: LTVRepository) -> None:
        with pytest.raises(NotFoundError) as caught:
            ltv.get_ltv_segment(SegmentId("nowhere"))
        assert caught.value.kind == "segment"

    def test_a_segment_comes_back_as_it_was_saved_without_a_result(
        self, ltv: LTVRepository
    ) -> None:
        segment = LTVSegment(
            SegmentId("gold"),
            "Größe",
            "a\tb",
            lower_bound=Money(Decimal("1000.0001"), type(USD)("EUR")),
            result=SegmentResult(INITIAL_RUN, usd(1), 1, usd(1)),
        )
        ltv.save_ltv_segment(segment)
        assert ltv.get_ltv_segment(segment.segment_id) == replace(segment, result=None)
        renamed = LTVSegment(segment.segment_id, "Gold", lower_quantile=0.1 + 0.2)
        ltv.save_ltv_segment(renamed)
        assert ltv.get_ltv_segment(segment.segment_id) == renamed

    def test_segments_are_listed_by_quantile_then_bound_then_id(self, ltv: LTVRepository) -> None:
        for segment in (
            LTVSegment(SegmentId("z"), "", lower_bound=usd("9.5")),
            LTVSegment(SegmentId("y"), "", lower_bound=usd("10")),
            LTVSegment(SegmentId("x"), "", lower_bound=usd("10")),
            LTVSegment(SegmentId("top"), "", lower_quantile=1.0),
            LTVSegment(SegmentId("also_vip"), "", lower_quantile=0.95),
        ):
            ltv.save_ltv_segment(segment)
        assert [segment.segment_id for segment in ltv.get_all_ltv_segments()] == [
            "low_value",
            "medium_value",
            "high_value",
            "also_vip",
            "vip",
            "top",
            "z",
            "x",
            "y",
        ]

    @pytest.mark.parametrize("bounds_first", [True, False])
    def test_a_segments_result_is_that_of_the_current_run(
        self, repositories: Repositories, *, bounds_first: bool
    ) -> None:
        ltv, run = repositories.ltv, a_run()
        bounds = {SegmentId("low_value"): usd(0), SegmentId("vip"): usd("50.0001")}
        repositories.retention.open_scoring_run(run)
        if bounds_first:
            ltv.save_segment_bounds(run.run_id, bounds)
        save_values(
            repositories,
            run.run_id,
            [
                a_value("a", actual="60", residual="0.0001", segment="vip"),
                a_value("b", actual="50", residual="0.0001", segment="vip"),
                a_value("c", actual="1", residual="2", segment="low_value"),
            ],
            NOON,
        )
        ltv.save_segment_bounds(run.run_id, {SegmentId("low_value"): usd(7)} | bounds)
        ltv.build_rollups(run.run_id, NOON, "UTC")
        assert ltv.get_ltv_segment(SegmentId("vip")).result is None
        repositories.retention.finish_scoring_run(run.run_id, 3)
        vip = ltv.get_ltv_segment(SegmentId("vip"))
        assert vip.result == SegmentResult(run.run_id, usd("50.0001"), 2, usd("110.0002"))
        low = ltv.get_ltv_segment(SegmentId("low_value")).result
        assert low == SegmentResult(run.run_id, usd(0), 1, usd(3))
        assert ltv.get_ltv_segment(SegmentId("high_value")).result is None
        assert ltv.get_all_ltv_segments()[0].result == low

    def test_bounds_need_their_run_and_their_segments(self, repositories: Repositories) -> None:
        with pytest.raises(NotFoundError) as caught:
            repositories.ltv.save_segment_bounds(RunId("nowhere"), {SegmentId("vip"): usd(1)})
        assert caught.value.kind == "scoring run"
        repositories.retention.open_scoring_run(a_run())
        with pytest.raises(NotFoundError) as caught:
            repositories.ltv.save_segment_bounds(a_run().run_id, {SegmentId("nowhere"): usd(1)})
        assert caught.value.kind == "segment"


class TestCohorts:
    def test_a_cohort_comes_back_as_it_was_saved_in_the_current_run(
        self, ltv: LTVRepository
    ) -> None:
        periods = (
            CohortPeriod(0, 3, Decimal("100.5")),
            CohortPeriod(2, 1, Decimal("19.9999")),
            CohortPeriod(11, 1, Decimal(0)),
        )
        cohort = a_cohort(periods=periods)
        ltv.save_cohort(a_cohort(periods=(CohortPeriod(7, 1, Decimal(1)), *periods)))
        ltv.save_cohort(cohort)
        assert ltv.get_cohort(cohort.cohort_id) == replace(cohort, run_id=INITIAL_RUN)

    def test_cohorts_are_listed_by_start(self, ltv: LTVRepository) -> None:
        for cohort_id in ("2024-05", "1997-12", "2023-01"):
            ltv.save_cohort(a_cohort(cohort_id, periods=(CohortPeriod(0, 1, Decimal(1)),)))
        cohorts = ltv.get_all_cohorts()
        assert [cohort.cohort_id for cohort in cohorts] == ["1997-12", "2023-01", "2024-05"]
        assert all(len(cohort.periods) == 1 for cohort in cohorts)

    def test_an_unknown_cohort_is_not_found(self, ltv: LTVRepository) -> None:
        assert ltv.get_all_cohorts() == []
        with pytest.raises(NotFoundError) as caught:
            ltv.get_cohort(CohortId("2024-05"))
        assert caught.value.kind == "cohort"

    def test_a_cohort_needs_the_run_it_names(self, ltv: LTVRepository) -> None:
        with pytest.raises(NotFoundError) as caught:
            ltv.save_cohort(a_cohort(run_id="nowhere"))
        assert caught.value.kind == "scoring run"


class TestRollups:
    def test_before_the_first_run_nothing_is_worth_anything(self, ltv: LTVRepository) -> None:
        ltv.save_customer_ltv(a_value())
        analytics = ltv.get_ltv_analytics()
        assert analytics.run_id == INITIAL_RUN
        assert analytics.total == ValueGroup(0, Decimal(0), Decimal(0), Decimal(0))
        assert (analytics.by_segment, analytics.by_cohort) == ({}, {})
        assert (analytics.by_source, analytics.by_campaign) == ({}, {})

    def test_values_are_grouped_by_what_customers_share(self, repositories: Repositories) -> None:
        forms, ltv, run = repositories.forms, repositories.ltv, a_run()
        forms.save_lead(a_lead("ada", email="a@x.org", source="google", campaign="spring"))
        forms.save_lead(a_lead("bob", email="b@x.org", source="google"))
        ltv.record_orders(
            [
                an_order("0", customer_id="a", email="a@x.org"),
                an_order("0", customer_id="b", email="b@x.org"),
                an_order("0", customer_id="c"),
            ]
        )
        repositories.retention.open_scoring_run(run)
        values = [
            a_value("a", actual="10", residual="1.0001", segment="vip"),
            a_value("b", actual="20", residual="2", segment="vip"),
            a_value(
                "c",
                actual="30",
                residual="3",
                cohort="2024-04",
                first_purchase_at=NOON - days(10),
            ),
        ]
        save_values(repositories, run.run_id, values, NOON)
        ltv.build_rollups(run.run_id, NOON, "UTC")
        ltv.build_rollups(run.run_id, NOON, "UTC")
        assert ltv.get_ltv_analytics().total.customers == 0
        repositories.retention.finish_scoring_run(run.run_id, 3)

        def group(customers: int, revenue: str, residual: str) -> ValueGroup:
            total = Decimal(revenue) + Decimal(residual)
            return ValueGroup(customers, Decimal(revenue), total, Decimal(residual))

        analytics = ltv.get_ltv_analytics()
        assert analytics.run_id == run.run_id
        assert analytics.total == group(3, "60", "6.0001")
        assert analytics.by_segment == {
            "vip": group(2, "30", "3.0001"),
            "low_value": group(1, "30", "3"),
        }
        assert analytics.by_cohort == {
            "2024-05": group(2, "30", "3.0001"),
            "2024-04": group(1, "30", "3"),
        }
        assert analytics.by_source == {
            "google": group(2, "30", "3.0001"),
            "unknown": group(1, "30", "3"),
        }
        assert analytics.by_campaign == {"spring": group(1, "10", "1.0001")}

        ltv.save_customer_ltv(a_value("single"))
        assert ltv.get_ltv_analytics().total.customers == 3, "single values are not rolled up"

    def test_analytics_include_both_days_of_a_range(self, repositories: Repositories) -> None:
        """The day of a first purchase is Berlin's: 22:30 in UTC is half past midnight there."""
        ltv, run = repositories.ltv, a_run(at("2024-06-15T00:00"))
        repositories.retention.open_scoring_run(run)
        values = [
            a_value(f"customer-{day}", first_purchase_at=at(f"2024-05-{day - 1:02}T22:30"))
            for day in range(10, 15)
        ]
        save_values(repositories, run.run_id, values, run.as_of)
        ltv.build_rollups(run.run_id, run.as_of, "Europe/Berlin")
        repositories.retention.finish_scoring_run(run.run_id, 5)

        def customers(start: str | None, end: str | None) -> int:
            found = ltv.get_ltv_analytics(
                start=None if start is None else date.fromisoformat(start),
                end=None if end is None else date.fromisoformat(end),
            )
            assert sum(each.customers for each in found.by_cohort.values()) == found.total.customers
            return found.total.customers

        assert customers(None, None) == 5
        assert customers("2024-05-11", "2024-05-13") == 3
        assert customers("2024-05-14", None) == 1
        assert customers(None, "2024-05-10") == 1
        assert customers("2024-05-10", "2024-05-10") == 1
        assert customers("2024-05-15", None) == 0

    def test_cohorts_are_built_from_values_and_the_ledger(self, repositories: Repositories) -> None:
        """Berlin is an hour ahead in winter: 23:30 in UTC is half past midnight of a new month."""
        ltv, run = repositories.ltv, a_run(at("2024-06-15T00:00"))
        february = at("2024-01-31T23:30")
        ltv.record_orders(
            [
                an_order("1", customer_id="a", ordered_at=february, amount="10"),
                an_order("2", customer_id="a", ordered_at=at("2024-02-29T22:59"), amount="5"),
                an_order("3", customer_id="a", ordered_at=at("2024-04-30T22:00"), amount="7.5"),
                an_order("1", customer_id="b", ordered_at=at("2024-02-10T00:00"), amount="1"),
                an_order("2", customer_id="b", ordered_at=at("2024-05-02T00:00"), amount="2"),
                an_order("3", customer_id="b", ordered_at=at("2024-05-03T00:00"), amount="40"),
                an_order(
                    "4",
                    customer_id="b",
                    ordered_at=at("2024-06-01T00:00"),
                    amount="-40",
                    refund_of="3",
                ),
                an_order("5", customer_id="b", ordered_at=at("2024-06-20T00:00"), amount="100"),
                an_order("1", customer_id="unvalued", ordered_at=february, amount="1000"),
            ]
        )
        repositories.retention.open_scoring_run(run)
        for shard in every_shard():
            members = ltv.purchase_histories(run.as_of, "UTC", shard=shard).days.customer_ids
            values = [
                a_value(
                    each, actual=worth, residual="0.0001", cohort="2024-02", first_purchase_at=first
                )
                for each, worth, first in (
                    ("a", "22.5", february),
                    ("b", "3", at("2024-02-10T00:00")),
                )
                if each in members
            ]
            ltv.save_customer_values(run.run_id, USD, shard, value_columns(values))
        for _ in range(2):
            ltv.build_rollups(run.run_id, run.as_of, "Europe/Berlin")
        assert ltv.get_all_cohorts() == []
        repositories.retention.finish_scoring_run(run.run_id, 2)
        [cohort] = ltv.get_all_cohorts()
        assert cohort == ltv.get_cohort(CohortId("2024-02"))
        assert (cohort.starts_on, cohort.customers) == (date(2024, 2, 1), 2)
        assert cohort.revenue == usd("25.5")
        assert cohort.average_ltv == usd("12.7501")
        assert cohort.periods == (
            CohortPeriod(0, 2, Decimal(16)),
            CohortPeriod(3, 2, Decimal("9.5")),
        )
        assert cohort.run_id == run.run_id

    @MODEST
    @given(orders=ledgers(), as_of=instants, zone=zones)
    def test_rollups_agree_with_adding_up_on_paper(
        self, new_storage: NewStorage, orders: Sequence[Order], as_of: datetime, zone: str
    ) -> None:
        repositories = new_storage().repositories
        repositories.ltv.record_orders(orders)
        run = a_run(as_of)
        repositories.retention.open_scoring_run(run)
        local = ZoneInfo(zone)
        values: dict[str, CustomerLTV] = {}
        for shard in every_shard():
            found = as_rows(repositories.ltv.purchase_histories(as_of, zone, shard=shard))
            shards_values = [
                a_value(
                    customer_id,
                    actual=Decimal(row.revenue + row.over_refunds).scaleb(-4),
                    residual="0.5",
                    segment="vip" if row.frequency else "low_value",
                    cohort=f"{row.first_purchase_at.astimezone(local):%Y-%m}",
                    first_purchase_at=row.first_purchase_at,
                )
                for customer_id, row in found.items()
            ]
            values |= {each.customer_id: each for each in shards_values}
            repositories.ltv.save_customer_values(
                run.run_id, USD, shard, value_columns(shards_values)
            )
        repositories.ltv.build_rollups(run.run_id, as_of, zone)
        repositories.retention.finish_scoring_run(run.run_id, len(values))

        analytics = repositories.ltv.get_ltv_analytics()
        assert analytics.total.customers == len(values)
        assert analytics.total.revenue == sum(each.actual_clv.amount for each in values.values())
        members: dict[str, list[CustomerLTV]] = defaultdict(list)
        for value in values.values():
            members[value.cohort_id].append(value)
        assert {key: group.customers for key, group in analytics.by_cohort.items()} == {
            key: len(cohort) for key, cohort in members.items()
        }
        cohorts = repositories.ltv.get_all_cohorts()
        assert [cohort.cohort_id for cohort in cohorts] == sorted(members)
        for cohort in cohorts:
            expected = members[cohort.cohort_id]
            total = sum((each.predicted_clv.amount for each in expected), Decimal(0))
            assert cohort.customers == len(expected)
            assert abs(cohort.average_ltv.amount - total / len(expected)) <= MONEY_UNIT
            active: dict[int, set[str]] = defaultdict(set)
            revenue: dict[int, Decimal] = defaultdict(Decimal)
            for value in expected:
                own = [order for order in orders if order.customer_id == value.customer_id]
                for moment, net, is_purchase in settled_on_paper(own, as_of):
                    day = moment.astimezone(local)
                    year, month = map(int, cohort.cohort_id.split("-"))
                    period = max(0, (day.year - year) * 12 + day.month - month)
                    if is_purchase:
                        active[period].add(value.customer_id)
                    if is_purchase or net < 0:
                        revenue[period] += net
            assert cohort.periods == tuple(
                CohortPeriod(period, len(active[period]), revenue[period])
                for period in sorted(revenue)
            )
            assert cohort.revenue == usd(sum(revenue.values(), Decimal(0)))
            assert cohort.revenue == usd(sum(each.actual_clv.amount for each in expected))


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
