"""What every RetentionRepository does with forecast receipts."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from succotash.domain.repositories.retention import RetentionRepository
from succotash.domain.retention.receipts import (
    DueGrading,
    DueWeeks,
    Measure,
    ReceiptGroup,
    ReceiptWeek,
)
from succotash.domain.values import SHARDS, RunId, Shard
from tests.builders import NOON, a_receipt, a_run, a_tally, a_week, an_event, days

MAY, JUNE, JULY = date(2024, 5, 1), date(2024, 6, 1), date(2024, 7, 1)
SECOND = timedelta(seconds=1)


def shard(index: int) -> Shard:
    return Shard(index, SHARDS)


def groups(
    retention: RetentionRepository, measure: Measure = Measure.PURCHASES, horizon: int = 0
) -> list[ReceiptGroup]:
    """Of the latest receipt."""
    [found] = retention.find_receipts(limit=1)
    return list(found.horizons[horizon].groups[measure])


class TestSealing:
    def test_a_receipt_comes_back_as_it_was_sealed(self, retention: RetentionRepository) -> None:
        receipt = a_receipt(is_backfilled=True, models={"größe": [1, 'a"b', None]})
        tallies = [
            a_tally(f"{number}.0001", days=length, measure=measure, decile=number)
            for length in (30, 365)
            for measure in Measure
            for number in (1, 2, 10)
        ]
        retention.save_forecast_tallies(receipt.run_id, None, tallies)

        assert retention.seal_receipt(receipt, [365, 30])

        [found] = retention.find_receipts(limit=9)
        assert replace(found, horizons=(), weeks=()) == receipt
        assert [each.days for each in found.horizons] == [30, 365]
        for horizon in found.horizons:
            assert horizon.graded_as_of is None
            assert set(horizon.groups) == set(Measure)
            for each in horizon.groups.values():
                assert each == [
                    ReceiptGroup(number, 7, Decimal(f"{number}.0001")) for number in (1, 2, 10)
                ]

    def test_nothing_is_seen_before_it_is_sealed(self, retention: RetentionRepository) -> None:
        retention.save_forecast_tallies(a_receipt().run_id, None, [a_tally()])

        assert retention.find_receipts(limit=9) == []
        assert not retention.has_receipt(MAY)

    def test_shards_are_added_up_and_one_saved_again_replaces_what_it_held(
        self, retention: RetentionRepository
    ) -> None:
        receipt = a_receipt()
        retention.save_forecast_tallies(receipt.run_id, None, [a_tally("1000")])
        for index in range(SHARDS):
            retention.save_forecast_tallies(receipt.run_id, shard(index), [a_tally("0.0001")])
        retention.save_forecast_tallies(receipt.run_id, shard(3), [a_tally("2", decile=4)])
        retention.seal_receipt(receipt, [30])

        assert groups(retention) == [
            ReceiptGroup(1, 7 * (SHARDS - 1), Decimal("0.0015")),
            ReceiptGroup(4, 7, Decimal(2)),
        ]

    def test_totals_beyond_64_bits_are_exact(self, retention: RetentionRepository) -> None:
        receipt, large = a_receipt(), "900000000000000.0001"
        for index in range(SHARDS):
            retention.save_forecast_tallies(receipt.run_id, shard(index), [a_tally(large)])
        retention.seal_receipt(receipt, [30])

        assert groups(retention)[0].foreseen == SHARDS * Decimal(large)

    def test_a_month_keeps_its_first_receipt(self, retention: RetentionRepository) -> None:
        first, second = a_receipt(), a_receipt(run_id="another")
        assert retention.seal_receipt(first, [30])
        retention.save_forecast_tallies(second.run_id, None, [a_tally()])

        assert not retention.seal_receipt(second, [30])

        assert [each.run_id for each in retention.find_receipts(limit=9)] == [first.run_id]
        assert retention.has_receipt(MAY)
        assert not retention.has_receipt(JUNE)

    def test_what_is_foreseen_for_a_run_that_broke_off_goes_and_a_running_ones_stays(
        self, retention: RetentionRepository
    ) -> None:
        running = a_run(NOON)
        retention.open_scoring_run(running)
        retention.save_forecast_tallies(running.run_id, None, [a_tally()])
        retention.save_forecast_tallies(RunId("broken off"), None, [a_tally()])

        retention.seal_receipt(a_receipt(JUNE), [30])
        retention.seal_receipt(a_receipt(MAY, run_id="broken off"), [30])
        retention.seal_receipt(a_receipt(JULY, run_id=running.run_id), [30])

        assert [
            len(each.horizons[0].groups[Measure.PURCHASES])
            for each in retention.find_receipts(limit=9)
        ] == [1, 0, 0]

    def test_a_receipt_stays_when_its_run_and_its_customers_are_gone(
        self, retention: RetentionRepository
    ) -> None:
        run = a_run(NOON)
        retention.record_activity([an_event()])
        retention.open_scoring_run(run)
        retention.save_forecast_tallies(run.run_id, None, [a_tally()])
        retention.seal_receipt(a_receipt(run_id=run.run_id), [30])
        retention.finish_scoring_run(run.run_id, 1)
        for number in (1, 2):
            later = a_run(NOON + days(number))
            retention.open_scoring_run(later)
            retention.finish_scoring_run(later.run_id, 1, keep=0)
        before = retention.find_receipts(limit=9)

        retention.forget_activity([an_event().customer_id])

        assert retention.find_receipts(limit=9) == before
        assert groups(retention) == [ReceiptGroup(1, 7, Decimal("12.5"))]


class TestGrading:
    def test_days_are_due_when_they_have_passed_and_until_they_are_graded(
        self, retention: RetentionRepository
    ) -> None:
        may, june = a_receipt(MAY), a_receipt(JUNE)
        for each in (june, may):
            retention.seal_receipt(each, [30, 90])
        due = [DueGrading(may, 30), DueGrading(may, 90), DueGrading(june, 30)]

        assert retention.get_due_gradings(may.ends_at(30) - SECOND) == []
        assert retention.get_due_gradings(may.ends_at(30)) == due[:1]
        assert retention.get_due_gradings(may.ends_at(90)) == due
        retention.mark_graded(may.run_id, 30, may.ends_at(30))
        assert retention.get_due_gradings(may.ends_at(90)) == due[1:]

    def test_what_came_is_seen_when_it_is_complete(self, retention: RetentionRepository) -> None:
        receipt = a_receipt()
        retention.save_forecast_tallies(receipt.run_id, None, [a_tally(), a_tally(days=90)])
        retention.seal_receipt(receipt, [30, 90])
        retention.save_outcome_tallies(receipt.run_id, 30, None, [a_tally("1000")])
        for index in range(SHARDS):
            came = [a_tally("2", customers=1), a_tally("3", customers=2, decile=2)]
            retention.save_outcome_tallies(receipt.run_id, 30, shard(index), came)
        assert groups(retention) == [ReceiptGroup(1, 7, Decimal("12.5"))]

        graded = receipt.ends_at(30) + days(1)
        retention.mark_graded(receipt.run_id, 30, graded)
        retention.mark_graded(receipt.run_id, 30, graded + days(1))

        [found] = retention.find_receipts(limit=1)
        assert [each.graded_as_of for each in found.horizons] == [graded, None]
        assert groups(retention) == [
            ReceiptGroup(1, 7, Decimal("12.5"), SHARDS, Decimal(2 * SHARDS)),
            ReceiptGroup(2, 0, Decimal(0), 2 * SHARDS, Decimal(3 * SHARDS)),
        ]
        assert groups(retention, horizon=1) == [ReceiptGroup(1, 7, Decimal("12.5"))]


class TestWeeks:
    def test_weeks_come_back_as_they_were_foreseen(self, retention: RetentionRepository) -> None:
        receipt = a_receipt()
        for index in range(SHARDS):
            retention.save_forecast_weeks(receipt.run_id, shard(index), [a_week(2), a_week(1)])
        retention.save_forecast_weeks(receipt.run_id, shard(3), [a_week(2, "0.0001", "-5")])
        retention.seal_receipt(receipt, [30])

        [found] = retention.find_receipts(limit=1)
        assert found.weeks == [
            ReceiptWeek(a_week(1, str(SHARDS * Decimal("3.5")), str(SHARDS * Decimal("70.0001")))),
            ReceiptWeek(
                a_week(
                    2,
                    str((SHARDS - 1) * Decimal("3.5") + Decimal("0.0001")),
                    str((SHARDS - 1) * Decimal("70.0001") - 5),
                )
            ),
        ]
        assert found.weeks_counted_as_of is None

    def test_revenue_beyond_64_bits_is_exact(self, retention: RetentionRepository) -> None:
        receipt, large = a_receipt(), "900000000000000.0001"
        for index in range(SHARDS):
            retention.save_forecast_weeks(receipt.run_id, shard(index), [a_week(revenue=large)])
        retention.seal_receipt(receipt, [30])

        [found] = retention.find_receipts(limit=1)
        assert found.weeks[0].foreseen.revenue == SHARDS * Decimal(large)

    def test_weeks_are_due_when_their_days_are_over_and_until_they_are_counted(
        self, retention: RetentionRepository
    ) -> None:
        may, june, none = a_receipt(MAY), a_receipt(JUNE), a_receipt(JULY)
        for each in (june, may, none):
            retention.seal_receipt(each, [30])
        for each in (june, may):
            weeks = [a_week(week) for week in range(1, 7)]
            retention.save_forecast_weeks(each.run_id, None, weeks)

        def due(as_of: datetime) -> list[DueWeeks]:
            return retention.get_due_weeks(as_of)

        midnight = timedelta(hours=3)
        assert due(may.ends_at(7) - midnight - SECOND) == []
        assert due(may.ends_at(7) - midnight) == [DueWeeks(may, 0, 1)]
        assert due(may.ends_at(21) - midnight - SECOND) == [DueWeeks(may, 0, 2)]
        retention.mark_weeks_counted(may.run_id, 2, may.ends_at(20))
        assert due(may.ends_at(20)) == []
        assert due(may.ends_at(365)) == [DueWeeks(may, 2, 6), DueWeeks(june, 0, 6)]

    @pytest.mark.parametrize("month", [3, 10])
    def test_a_week_in_which_clocks_change_is_over_at_its_last_midnight(
        self, retention: RetentionRepository, month: int
    ) -> None:
        zone = ZoneInfo("Europe/Berlin")
        receipt = replace(
            a_receipt(date(2024, month, 1)),
            as_of=datetime(2024, month, 25, tzinfo=zone),
            settings={"currency": "USD", "time_zone": "Europe/Berlin"},
        )
        retention.seal_receipt(receipt, [30])
        retention.save_forecast_weeks(receipt.run_id, None, [a_week(1)])
        last_midnight = (receipt.as_of + timedelta(days=7)).astimezone(UTC)

        assert retention.get_due_weeks(last_midnight - SECOND) == []
        assert retention.get_due_weeks(last_midnight) == [DueWeeks(receipt, 0, 1)]

    def test_what_came_is_seen_when_its_week_is_counted(
        self, retention: RetentionRepository
    ) -> None:
        receipt = a_receipt()
        foreseen = [a_week(1), a_week(2), a_week(3)]
        retention.save_forecast_weeks(receipt.run_id, None, foreseen)
        retention.seal_receipt(receipt, [30])
        retention.save_outcome_weeks(receipt.run_id, None, [a_week(1, "1000", "1000")])
        for index in range(SHARDS):
            came = [a_week(1, "2", "-0.0001"), a_week(2, "0", "0"), a_week(3, "1", "1")]
            retention.save_outcome_weeks(receipt.run_id, shard(index), came)
        [before] = retention.find_receipts(limit=1)
        assert before.weeks == [ReceiptWeek(each) for each in foreseen]

        counted = receipt.ends_at(14)
        retention.mark_weeks_counted(receipt.run_id, 2, counted)
        retention.mark_weeks_counted(receipt.run_id, 2, counted + days(1))
        retention.mark_weeks_counted(receipt.run_id, 1, counted + days(2))

        [found] = retention.find_receipts(limit=1)
        assert found.weeks_counted_as_of == counted
        assert found.weeks == [
            ReceiptWeek(foreseen[0], a_week(1, str(2 * SHARDS), str(SHARDS * Decimal("-0.0001")))),
            ReceiptWeek(foreseen[1], a_week(2, "0", "0")),
            ReceiptWeek(foreseen[2]),
        ]

    def test_weeks_of_a_run_that_sealed_no_receipt_go(self, retention: RetentionRepository) -> None:
        retention.save_forecast_weeks(RunId("broken off"), None, [a_week()])

        retention.seal_receipt(a_receipt(JUNE), [30])
        retention.seal_receipt(a_receipt(MAY, run_id="broken off"), [30])

        assert [each.weeks for each in retention.find_receipts(limit=9)] == [[], []]


@pytest.mark.parametrize("size", [1, 2, 5])
def test_receipts_page_by_month_the_latest_first(retention: RetentionRepository, size: int) -> None:
    for month in (JUNE, MAY, JULY):
        retention.seal_receipt(a_receipt(month), [30])
    found: list[date] = []
    while page := retention.find_receipts(limit=size, before=found[-1] if found else None):
        found += [each.month for each in page]

    assert found == [JULY, JUNE, MAY]
