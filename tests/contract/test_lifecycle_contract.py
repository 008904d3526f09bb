"""What every RetentionRepository counts of the lives of customers."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.lifecycle import LIFECYCLE_LENGTHS, LifecycleCounts
from succotash.domain.retention.retention import GridPeriod
from succotash.domain.value.ledgers import ActivityEvent, Order
from succotash.domain.values import RunId
from succotash.errors import NotFoundError
from tests.builders import NOON, a_run, an_event, an_order, at
from tests.contract.conftest import NewStorage
from tests.contract.on_paper import purchases_on_paper
from tests.contract.shards import every_shard
from tests.strategies import MODEST, activities, instants, ledgers, zones


def number(day: date, period: GridPeriod) -> int:
    """Of the period the day lies in; neighbours differ by one."""
    match period:
        case GridPeriod.DAY:
            return day.toordinal()
        case GridPeriod.WEEK:
            return (day.toordinal() - 1) // 7
        case GridPeriod.MONTH:
            return day.year * 12 + day.month - 1


def start(of: int, period: GridPeriod) -> date:
    match period:
        case GridPeriod.DAY:
            return date.fromordinal(of)
        case GridPeriod.WEEK:
            return date.fromordinal(of * 7 + 1)
        case GridPeriod.MONTH:
            return date(of // 12, of % 12 + 1, 1)


def counted_on_paper(
    orders: Sequence[Order],
    events: Sequence[ActivityEvent],
    as_of: datetime,
    time_zone: str,
    period: GridPeriod,
) -> list[LifecycleCounts]:
    """Period by period, everybody is asked where they were in it, before it, and ever before."""
    zone = ZoneInfo(time_zone)
    present: dict[str, set[int]] = defaultdict(set)
    for customer in {order.customer_id for order in orders}:
        own = [order for order in orders if order.customer_id == customer]
        for moment, _ in purchases_on_paper(own, as_of):
            present[customer].add(number(moment.astimezone(zone).date(), period))
    for event in events:
        if event.occurred_at <= as_of:
            day = event.occurred_at.astimezone(zone).date()
            present[event.customer_id].add(number(day, period))
    last = number(as_of.astimezone(zone).date(), period)
    counted = []
    for each in range(last - LIFECYCLE_LENGTHS[period] + 1, last + 1):
        before = {who for who, when in present.items() if min(when) < each}
        here = {who for who, when in present.items() if each in when}
        just_before = {who for who, when in present.items() if each - 1 in when}
        counts = LifecycleCounts(
            start(each, period),
            arrived=len(here - before),
            returned=len(here & just_before),
            resurrected=len((here & before) - just_before),
            dormant=len(just_before - here),
        )
        if counts != LifecycleCounts(start(each, period), 0, 0, 0, 0):
            counted.append(counts)
    return counted


class TestLifecycle:
    def test_one_comes_stays_goes_and_comes_back(self, repositories: Repositories) -> None:
        repositories.ltv.record_orders(
            [
                an_order("1", ordered_at=at("2024-01-31T23:00")),
                an_order("2", ordered_at=at("2024-02-01T01:00")),
                an_order("3", ordered_at=at("2024-05-01T00:00")),
            ]
        )
        repositories.retention.record_activity(
            [an_event(customer_id="another", occurred_at=at("2024-02-10T00:00"))]
        )
        run = a_run(at("2024-06-15T00:00"))
        repositories.retention.open_scoring_run(run)
        repositories.retention.build_lifecycle_counts(run.run_id, run.as_of, "UTC")
        assert repositories.retention.get_lifecycle_counts(GridPeriod.MONTH) == []

        repositories.retention.finish_scoring_run(run.run_id, 2)

        assert repositories.retention.get_lifecycle_counts(GridPeriod.MONTH) == [
            LifecycleCounts(date(2024, 1, 1), 1, 0, 0, 0),
            LifecycleCounts(date(2024, 2, 1), 1, 1, 0, 0),
            LifecycleCounts(date(2024, 3, 1), 0, 0, 0, 2),
            LifecycleCounts(date(2024, 5, 1), 0, 0, 1, 0),
            LifecycleCounts(date(2024, 6, 1), 0, 0, 0, 1),
        ]

    def test_an_unknown_run_has_no_counts(self, repositories: Repositories) -> None:
        with pytest.raises(NotFoundError):
            repositories.retention.build_lifecycle_counts(RunId("unknown"), NOON, "UTC")

    @MODEST
    @given(orders=ledgers(), events=activities(), as_of=instants, zone=zones)
    def test_counts_agree_with_counting_on_paper_whole_or_by_shards(
        self,
        new_storage: NewStorage,
        orders: Sequence[Order],
        events: Sequence[ActivityEvent],
        as_of: datetime,
        zone: str,
    ) -> None:
        repositories = new_storage().repositories
        repositories.ltv.record_orders(orders)
        repositories.retention.record_activity(events)
        settings = {"time_zone": zone}
        whole, shards = a_run(as_of), a_run(as_of, run_id="by shard", settings=settings)
        repositories.retention.open_scoring_run(whole)
        repositories.retention.build_lifecycle_counts(whole.run_id, as_of, zone)
        repositories.retention.finish_scoring_run(whole.run_id, 0)
        expected = {
            period: counted_on_paper(orders, events, as_of, zone, period) for period in GridPeriod
        }
        found = {period: repositories.retention.get_lifecycle_counts(period) for period in expected}
        assert found == expected

        repositories.retention.open_scoring_run(shards)
        for _ in range(2):  # doing it again changes nothing
            for shard in every_shard():
                repositories.retention.finish_shard(shards, shard, 0)
        repositories.retention.finish_scoring_run(shards.run_id, 0)

        found = {period: repositories.retention.get_lifecycle_counts(period) for period in expected}
        assert found == expected
