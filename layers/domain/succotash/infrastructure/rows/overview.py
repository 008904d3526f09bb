"""The figures of a period, of a row."""

from collections.abc import Sequence

from succotash.domain.retention.labels import Labelled
from succotash.domain.scoring.overview import EarlierRun, OverviewFigures
from succotash.domain.value.revenue import RevenueDay
from succotash.infrastructure.rows.labels import run_label_of
from succotash.infrastructure.rows.leads import period_counts_of
from succotash.infrastructure.rows.row import Prefixed, Row
from succotash.infrastructure.rows.scoring import run_progress_of


def overview_of(row: Row, revenue: Sequence[RevenueDay]) -> Labelled[OverviewFigures]:
    """All figures and the current run."""
    latest = Prefixed(row, "latest_")
    return Labelled(
        run_label_of(row),
        OverviewFigures(
            now=period_counts_of(row, "now"),
            before=period_counts_of(row, "before"),
            revenue=revenue,
            summary=row.json("summary"),
            earlier_run=_earlier_run(Prefixed(row, "earlier_")),
            quarantined=row["quarantined"],
            dead_lettered=row["dead_lettered"],
            uncertain=row["uncertain"],
            failed_imports=row["failed_imports"],
            latest=None if latest["run_id"] is None else run_progress_of(latest),
        ),
    )


def _earlier_run(row: Row) -> EarlierRun | None:
    if row["run_id"] is None:
        return None
    return EarlierRun(row["run_id"], row.instant("as_of"), row.json("summary"))
