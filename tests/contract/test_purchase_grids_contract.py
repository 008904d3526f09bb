"""Retention grids of purchases as runs keep them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from succotash.domain.repositories.retention import RetentionRepository
from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.grids import CohortAnchor
from succotash.domain.retention.retention import (
    BRACKETS,
    GRID_LENGTHS,
    GridCell,
    GridMode,
    GridPeriod,
)
from succotash.domain.value.ledgers import Order
from succotash.domain.values import SHARDS
from tests.builders import (
    NOON,
    a_run,
    an_order,
    days,
)
from tests.contract.conftest import NewStorage
from tests.contract.on_paper import period_start, purchases_on_paper
from tests.contract.shards import every_shard
from tests.strategies import MODEST, instants, ledgers, zones


def offset(cohort: date, day: date, period: GridPeriod) -> int:
    match period:
        case GridPeriod.DAY:
            return (day - cohort).days
        case GridPeriod.WEEK:
            return (period_start(day, period) - cohort).days // 7
        case GridPeriod.MONTH:
            return (day.year - cohort.year) * 12 + day.month - cohort.month


def is_active(
    life: Sequence[date], cohort: date, place: int, period: GridPeriod, mode: GridMode
) -> bool:
    match mode:
        case GridMode.NDAY:
            return any(offset(cohort, day, period) == place for day in life)
        case GridMode.UNBOUNDED:
            return any(offset(cohort, day, period) >= place for day in life)
        case GridMode.BRACKETS:
            first, last = BRACKETS[place]
            return any(first <= (day - life[0]).days <= last for day in life)


def grid_on_paper(
    orders: Sequence[Order], as_of: datetime, time_zone: str, period: GridPeriod, mode: GridMode
) -> list[GridCell]:
    cohorts: dict[date, list[list[date]]] = defaultdict(list)
    for customer_id in {order.customer_id for order in orders}:
        own = [order for order in orders if order.customer_id == customer_id]
        bought_on = [
            moment.astimezone(ZoneInfo(time_zone)).date()
            for moment, _ in purchases_on_paper(own, as_of)
        ]
        if bought_on:
            cohorts[period_start(bought_on[0], period)].append(bought_on)
    count = len(BRACKETS) if mode is GridMode.BRACKETS else GRID_LENGTHS[period] + 1
    cells = []
    for cohort, lives in sorted(cohorts.items()):
        for place in range(count):
            active = sum(is_active(life, cohort, place, period, mode) for life in lives)
            if active:
                cells.append(GridCell(cohort, len(lives), place, active))
    return cells


class TestRetentionGrids:
    def test_there_is_no_grid_before_the_first_run(self, retention: RetentionRepository) -> None:
        for period in GridPeriod:
            for mode in GridMode:
                for origin in CohortAnchor:
                    assert retention.get_retention_grid(period, mode, origin) == []

    @pytest.mark.parametrize(
        ("mode", "percent"),
        [
            (GridMode.NDAY, {1: 33.33, 2: 0, 3: 0, 4: 0, 5: 33.33, 6: 0}),
            (GridMode.UNBOUNDED, {1: 66.67, 2: 33.33, 3: 33.33, 4: 33.33, 5: 33.33, 6: 0}),
        ],
    )
    def test_three_users_of_whom_one_returns_on_day_1_one_on_day_5_and_one_never(
        self, repositories: Repositories, mode: GridMode, percent: dict[int, float]
    ) -> None:
        """The worked case behind the definitions that analytics products publish.

        N-day retention counts those active on that day, unbounded those active on it or after it.
        """
        run = a_run(NOON + days(20))
        repositories.ltv.record_orders(
            [
                *[an_order("0", customer_id=each) for each in ("one", "two", "three")],
                an_order("1", customer_id="one", ordered_at=NOON + days(1)),
                an_order("1", customer_id="two", ordered_at=NOON + days(5)),
            ]
        )
        repositories.retention.open_scoring_run(run)
        repositories.retention.build_retention_grids(run.run_id, run.as_of, "UTC")
        repositories.retention.finish_scoring_run(run.run_id, 3)
        cells = repositories.retention.get_retention_grid(GridPeriod.DAY, mode)
        assert cells[0] == GridCell(NOON.date(), 3, 0, 3)
        active = {cell.offset: cell.active / cell.cohort_size * 100 for cell in cells}
        assert {day: active.get(day, 0) for day in percent} == pytest.approx(percent, abs=0.005)

    def test_a_grid_is_seen_with_its_run_and_building_it_again_changes_nothing(
        self, repositories: Repositories
    ) -> None:
        retention, run = repositories.retention, a_run()
        repositories.ltv.record_orders([an_order()])
        retention.open_scoring_run(run)
        for _ in range(2):
            retention.build_retention_grids(run.run_id, NOON, "UTC")
        assert retention.get_retention_grid(GridPeriod.DAY, GridMode.NDAY) == []
        retention.finish_scoring_run(run.run_id, 1)
        starts = {
            GridPeriod.DAY: date(2024, 5, 6),
            GridPeriod.WEEK: date(2024, 5, 6),
            GridPeriod.MONTH: date(2024, 5, 1),
        }
        for period, start in starts.items():
            for mode in GridMode:
                cells = retention.get_retention_grid(period, mode)
                assert cells == [GridCell(start, 1, 0, 1)]

    @pytest.mark.parametrize("finished", [1, SHARDS])
    def test_what_an_attempt_counted_that_broke_off_is_not_added_up(
        self, repositories: Repositories, finished: int
    ) -> None:
        retention, run = repositories.retention, a_run()
        repositories.ltv.record_orders(
            [an_order(str(number), customer_id=f"c{number}") for number in range(20)]
        )
        retention.open_scoring_run(run)
        for shard in every_shard()[:finished]:
            retention.finish_shard(run, shard, 0)

        retention.open_scoring_run(run)
        retention.build_retention_grids(run.run_id, run.as_of, "UTC")
        retention.finish_scoring_run(run.run_id, 20)

        cells = retention.get_retention_grid(GridPeriod.DAY, GridMode.NDAY)
        assert cells == [GridCell(NOON.date(), 20, 0, 20)]

    def test_a_grid_ends_with_its_length_and_unbounded_looks_beyond(
        self, repositories: Repositories
    ) -> None:
        retention, run = repositories.retention, a_run(NOON + days(800))
        repositories.ltv.record_orders(
            [an_order("first"), an_order("last", ordered_at=NOON + days(790))]
        )
        retention.open_scoring_run(run)
        retention.build_retention_grids(run.run_id, run.as_of, "UTC")
        retention.finish_scoring_run(run.run_id, 1)
        for period, length in GRID_LENGTHS.items():
            nday = retention.get_retention_grid(period, GridMode.NDAY)
            assert [cell.offset for cell in nday] == [0]
            unbounded = retention.get_retention_grid(period, GridMode.UNBOUNDED)
            assert [cell.offset for cell in unbounded] == list(range(length + 1))
            brackets = retention.get_retention_grid(period, GridMode.BRACKETS)
            assert [cell.offset for cell in brackets] == [0]

    @MODEST
    @given(orders=ledgers(), as_of=instants, zone=zones)
    def test_grids_agree_with_counting_on_paper(
        self, new_storage: NewStorage, orders: Sequence[Order], as_of: datetime, zone: str
    ) -> None:
        repositories = new_storage().repositories
        repositories.ltv.record_orders(orders)
        run = a_run(as_of)
        repositories.retention.open_scoring_run(run)
        repositories.retention.build_retention_grids(run.run_id, as_of, zone)
        repositories.retention.finish_scoring_run(run.run_id, 0)
        for period in GridPeriod:
            for mode in GridMode:
                cells = repositories.retention.get_retention_grid(period, mode)
                assert cells == grid_on_paper(orders, as_of, zone, period, mode)
