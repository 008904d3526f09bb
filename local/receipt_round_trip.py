"""A round trip through forecast receipts, of a month before any shop's."""

from decimal import Decimal

from local.expectations import DAY, LONG_AGO, expect
from succotash.domain.repositories.retention import RetentionRepository
from succotash.domain.retention.receipts import (
    DueGrading,
    DueWeeks,
    ForecastReceipt,
    Measure,
    ReceiptWeek,
    Tally,
    WeekTally,
)
from succotash.domain.values import SHARDS, RunId, Shard

SHARD = Shard(0, SHARDS)


def check_receipts(to: RetentionRepository, run_id: RunId) -> None:
    """Seal one, where the month has none, grade it and count its week."""
    month = LONG_AGO.date().replace(day=1)
    tally = Tally(30, Measure.REVENUE, 10, 1, Decimal("0.0001"))
    week = WeekTally(1, tally.total, tally.total)
    receipt = ForecastReceipt(
        run_id,
        month,
        LONG_AGO,
        is_backfilled=True,
        settings={"größe": 1, "time_zone": "UTC"},
        models={},
    )
    to.save_forecast_tallies(run_id, SHARD, [tally])
    to.save_forecast_weeks(run_id, SHARD, [week])
    if to.has_receipt(month):
        return
    expect(that=to.seal_receipt(receipt, [30]))
    expect(that=DueGrading(receipt, 30) in to.get_due_gradings(LONG_AGO + 30 * DAY))
    to.save_outcome_tallies(run_id, 30, SHARD, [tally])
    to.mark_graded(run_id, 30, LONG_AGO + 30 * DAY)
    expect(that=DueWeeks(receipt, 0, 1) in to.get_due_weeks(LONG_AGO + 7 * DAY))
    to.save_outcome_weeks(run_id, SHARD, [week])
    to.mark_weeks_counted(run_id, 1, LONG_AGO + 7 * DAY)
    [found] = to.find_receipts(limit=1, before=month + 31 * DAY)
    [group] = found.horizons[0].groups[Measure.REVENUE]
    expect(that=(found.run_id, group.foreseen, group.came) == (run_id, *2 * (tally.total,)))
    expect(that=list(found.weeks) == [ReceiptWeek(week, week)])
