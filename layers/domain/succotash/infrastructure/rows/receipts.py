"""Forecast receipts, of rows."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

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


def receipts_of(rows: Iterable[Row], instant: Callable[[Any], datetime]) -> list[ForecastReceipt]:
    """Receipts with their horizons and weeks, which stand in arrays; `instant` reads one there."""
    return [_whole_receipt_of(row, instant) for row in rows]


def _whole_receipt_of(row: Row, instant: Callable[[Any], datetime]) -> ForecastReceipt:
    graded = {
        days: None if at is None else instant(at)
        for days, at in row.optional_json("horizons") or ()
    }
    tallies = _by_kind(row.optional_json("tallies"), _tally_of)
    weeks = _by_kind(row.optional_json("weeks"), _week_of)
    return replace(
        receipt_of(row),
        horizons=horizons_of(tallies[FORESEEN], tallies[CAME], graded),
        weeks=weeks_of(weeks[FORESEEN], weeks[CAME], row["counted"] or 0),
        weeks_counted_as_of=row.optional_instant("counted_as_of"),
    )


def _by_kind[T](array: Sequence[Sequence[Any]] | None, of: Callable[..., T]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {FORESEEN: [], CAME: []}
    for kind, *values in array or ():
        found[kind].append(of(*values))
    return found


def _tally_of(days: int, measure: str, decile: int, customers: int, units: int | str) -> Tally:
    return Tally(days, Measure(measure), decile, customers, _amount(units))


def _week_of(week: int, purchases: int | str, revenue: int | str) -> WeekTally:
    return WeekTally(week, _amount(purchases), _amount(revenue))


def _amount(units: int | str) -> Decimal:
    return Decimal(int(units)).scaleb(-MONEY_PLACES)


def due_weeks_of(rows: Iterable[Row], as_of: datetime) -> list[DueWeeks]:
    """Receipts with weeks that are to be counted as of then, in the rows' order."""
    found = (DueWeeks.of(receipt_of(row), row["foreseen"], row["counted"], as_of) for row in rows)
    return [each for each in found if each is not None]
