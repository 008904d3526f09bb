"""Revenue by day, whole or by shards."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from succotash.domain.repositories.storage import Repositories
from succotash.domain.scoring.overview import OverviewQuery
from succotash.domain.value.ledgers import Order
from succotash.domain.value.revenue import REVENUE_DAYS, RevenueDay
from succotash.domain.values import Currency, Money, RunId
from succotash.errors import NotFoundError
from tests.builders import NOON, a_run, an_order, an_overview_query, at, days, usd
from tests.contract.conftest import NewStorage
from tests.contract.shards import every_shard
from tests.strategies import MODEST, instants, ledgers, zones

ALWAYS = an_overview_query(days=300_000, last_day=date(2998, 12, 31))


def on_paper(orders: Sequence[Order], as_of: datetime, zone: str) -> list[RevenueDay]:
    """Entry by entry, each on its own day; a refund where its order is known."""
    known = [each for each in orders if each.ordered_at <= as_of]
    bought = {(each.customer_id, each.order_id) for each in known if each.refund_of is None}
    today = as_of.astimezone(ZoneInfo(zone)).date()
    found = defaultdict[tuple[date, Currency], list[Order]](list)
    for each in known:
        day = each.ordered_at.astimezone(ZoneInfo(zone)).date()
        is_known = each.refund_of is None or (each.customer_id, each.refund_of) in bought
        if is_known and day > today - timedelta(days=REVENUE_DAYS):
            found[day, each.amount.currency].append(each)
    return [
        RevenueDay(
            day,
            sum(each.refund_of is None for each in entries),
            sum(each.refund_of is not None for each in entries),
            Money(sum((each.amount.amount for each in entries), Decimal(0)), currency),
        )
        for (day, currency), entries in sorted(found.items())
    ]


def revenue_days(repositories: Repositories, query: OverviewQuery = ALWAYS) -> list[RevenueDay]:
    return [*repositories.retention.find_overview(query).found.revenue]


class TestRevenueDays:
    def test_a_refund_counts_on_its_own_day_once_its_order_is_known(
        self, repositories: Repositories
    ) -> None:
        repositories.ltv.record_orders(
            [
                an_order("1", amount="10", ordered_at=at("2024-05-04T21:59")),
                an_order("2", amount="5", ordered_at=at("2024-05-04T22:00")),
                an_order("3", amount="-4", ordered_at=at("2024-05-06T08:00"), refund_of="1"),
                an_order("4", amount="-9", ordered_at=at("2024-05-06T08:00"), refund_of="later"),
                an_order("later", amount="9", ordered_at=NOON + days(1)),
            ]
        )
        run = a_run()
        repositories.retention.open_scoring_run(run)
        repositories.ltv.build_revenue_days(run.run_id, NOON, "Europe/Berlin")
        assert revenue_days(repositories) == [], "of the current run only"
        repositories.retention.finish_scoring_run(run.run_id, 1)

        read = repositories.retention.find_overview(ALWAYS)
        assert read.run.run_id == run.run_id
        assert read.found.revenue == [
            RevenueDay(date(2024, 5, 4), 1, 0, usd("10")),
            RevenueDay(date(2024, 5, 5), 1, 0, usd("5")),
            RevenueDay(date(2024, 5, 6), 0, 1, usd("-4")),
        ]
        two_days = an_overview_query(days=1, last_day=date(2024, 5, 6))
        assert [each.day.day for each in revenue_days(repositories, two_days)] == [5, 6]

    def test_an_unknown_run_has_no_revenue(self, repositories: Repositories) -> None:
        with pytest.raises(NotFoundError):
            repositories.ltv.build_revenue_days(RunId("unknown"), NOON, "UTC")

    def test_revenue_of_a_run_that_is_outdated_goes(self, repositories: Repositories) -> None:
        repositories.ltv.record_orders([an_order("1", ordered_at=NOON - days(30))])
        for moment in (NOON - days(3), NOON - days(2)):
            run = a_run(moment)
            repositories.retention.open_scoring_run(run)
            repositories.ltv.build_revenue_days(run.run_id, moment, "UTC")
            repositories.retention.finish_scoring_run(run.run_id, 1, keep=0)
        assert len(revenue_days(repositories)) == 1

    @MODEST
    @given(orders=ledgers(), as_of=instants, zone=zones)
    def test_days_agree_with_adding_up_on_paper_whole_or_by_shards(
        self, new_storage: NewStorage, orders: Sequence[Order], as_of: datetime, zone: str
    ) -> None:
        repositories = new_storage().repositories
        repositories.ltv.record_orders(orders)
        whole = a_run(as_of)
        shards = a_run(as_of, run_id="by shard", settings={"time_zone": zone})
        repositories.retention.open_scoring_run(whole)
        for _ in range(2):  # doing it again changes nothing
            repositories.ltv.build_revenue_days(whole.run_id, as_of, zone)
        repositories.retention.finish_scoring_run(whole.run_id, 0)
        expected = on_paper(orders, as_of, zone)
        assert revenue_days(repositories) == expected

        repositories.retention.open_scoring_run(shards)
        for shard in every_shard():
            repositories.retention.finish_shard(shards, shard, 0)
        repositories.retention.finish_scoring_run(shards.run_id, 0)
        assert revenue_days(repositories) == expected
