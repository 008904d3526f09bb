"""Forecast receipts, of rows."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from succotash.domain.retention.receipts import ForecastReceipt, Measure, Tally, horizons_of
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
    receipts: Iterable[Row], days: Iterable[Row], tallies: Iterable[Row]
) -> list[ForecastReceipt]:
    """Receipts with their horizons, which the other rows hold."""
    graded = defaultdict[str, dict[int, datetime | None]](dict)
    for row in days:
        graded[row["run_id"]][row["days"]] = row.optional_instant("graded_as_of")
    kinds = defaultdict[tuple[str, str], list[Tally]](list)
    for row in tallies:
        kinds[row["run_id"], row["kind"]].append(_tally_of(row))
    return [
        replace(
            found,
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
