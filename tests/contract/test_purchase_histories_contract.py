"""What purchases come to as a model reads them, by customer."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.domain.repositories.ltv import LTVRepository
from succotash.domain.value.ledgers import Order, WeekOfPurchases
from succotash.domain.values import (
    MONEY_PLACES,
    SHARDS,
    Currency,
)
from tests.builders import (
    NOON,
    USD,
    an_order,
    at,
    days,
)
from tests.contract.conftest import NewStorage
from tests.contract.histories import History, as_rows
from tests.contract.on_paper import (
    EPOCH,
    over_refunds_on_paper,
    purchases_on_paper,
)
from tests.contract.shards import every_shard
from tests.strategies import MODEST, instants, ledgers, zones


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

        count = (day(until) - day(as_of)) // 7 + 1
        bought_on, revenue = [0] * count, [0] * count
        for customer_id in {order.customer_id for order in orders}:
            own = [order for order in orders if order.customer_id == customer_id]
            if purchases_on_paper(own, as_of):
                bought = purchases_on_paper(own, until)
                for each in {day(moment) for moment, _ in bought if moment > as_of}:
                    bought_on[(each - day(as_of)) // 7] += 1
                for moment, net in bought:
                    if moment > as_of:
                        revenue[(day(moment) - day(as_of)) // 7] += int(net.scaleb(MONEY_PLACES))
        weeks = [WeekOfPurchases(*each) for each in zip(bought_on, revenue, strict=True)]
        assert ltv.count_purchases_by_week(as_of, until, zone) == weeks
        for wanted in (range(count // 2), range(count // 2, count), range(count - 1, count + 9)):
            found = ltv.count_purchases_by_week(as_of, until, zone, weeks=wanted)
            assert found == weeks[wanted.start : wanted.stop]
        by_shard = [
            ltv.count_purchases_by_week(as_of, until, zone, shard=shard) for shard in every_shard()
        ]
        together = [
            WeekOfPurchases(sum(each.days for each in week), sum(each.revenue for each in week))
            for week in zip(*by_shard, strict=True)
        ]
        assert together == weeks

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
