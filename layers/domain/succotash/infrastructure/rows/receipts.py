"""Forecast receipts, of rows."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from succotash.domain.retention.receipts import (
    DueWeeks,
    ForecastReceipt,
    Measure,
    Tally,
    WeekTally,
    horizons_of,
    weeks_of,
)
from succotash.domain.values import MONEY_PLACES, RunId
from succotash.infrastructure.rows.row import Row

FORESEEN, CAME = "foreseen", "came"
"""Kinds of tallies, as they are stored."""


def receipt_of(row: Row) -> ForecastReceipt:
    """A receipt, without its horizons."""
    return ForecastReceipt(
        run_id=RunId(row["run_id"]),
        month=row.day("month"),
        as_of=row.instant("as_of"),
        is_backfilled=row.flag("is_backfilled"),
        settings=row.json("settings"),
        models=row.json("models"),
    )


def receipts_of(
    receipts: Iterable[Row], days: Iterable[Row], tallies: Iterable[Row], weeks: Iterable[Row]
) -> list[ForecastReceipt]:
    """Receipts with their horizons and weeks, which the other rows hold."""
    graded = defaultdict[str, dict[int, datetime | None]](dict)
    for row in days:
        graded[row["run_id"]][row["days"]] = row.optional_instant("graded_as_of")
    kinds = defaultdict[tuple[str, str], list[Tally]](list)
    for row in tallies:
        kinds[row["run_id"], row["kind"]].append(_tally_of(row))
    by_week = defaultdict[tuple[str, str], list[WeekTally]](list)
    counted: dict[str, tuple[int, datetime | None]] = {}
    for row in weeks:
        by_week[row["run_id"], row["kind"]].append(_week_of(row))
        counted[row["run_id"]] = row["counted"] or 0, row.optional_instant("counted_as_of")
    none_counted = 0, None
    return [
        replace(
            found,
            weeks=weeks_of(
                by_week[found.run_id, FORESEEN],
                by_week[found.run_id, CAME],
                counted.get(found.run_id, none_counted)[0],
            ),
            weeks_counted_as_of=counted.get(found.run_id, none_counted)[1],
            horizons=horizons_of(
                kinds[found.run_id, FORESEEN], kinds[found.run_id, CAME], graded[found.run_id]
            ),
        )
        for found in map(receipt_of, receipts)
    ]


def _tally_of(row: Row) -> Tally:
    return Tally(
        days=row["days"],
        measure=Measure(row["measure"]),
        decile=row["decile"],
        customers=int(row["customers"]),
        total=Decimal(int(row["units"])).scaleb(-MONEY_PLACES),
    )


def due_weeks_of(rows: Iterable[Row], as_of: datetime) -> list[DueWeeks]:
    """Receipts with weeks that are to be counted as of then, in the rows' order."""
    found = (DueWeeks.of(receipt_of(row), row["foreseen"], row["counted"], as_of) for row in rows)
    return [each for each in found if each is not None]


def _week_of(row: Row) -> WeekTally:
    return WeekTally(
        week=row["week"],
        purchases=Decimal(int(row["purchases_units"])).scaleb(-MONEY_PLACES),
        revenue=Decimal(int(row["revenue_units"])).scaleb(-MONEY_PLACES),
    )
