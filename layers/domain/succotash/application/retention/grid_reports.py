"""Retention grids and lifecycle counts, read or counted."""

from collections.abc import Sequence
from dataclasses import replace

from succotash.application.retention.grids import (
    USUAL_GRID,
    GridQuestion,
    GridView,
    grid_average,
    grid_rows,
)
from succotash.application.retention.lifecycle_views import LifecycleView, lifecycle_periods
from succotash.application.scoring.run_views import (
    run_currency,
    run_day,
    run_or_none,
)
from succotash.domain.repositories.storage import Storage
from succotash.domain.retention.labels import Labelled
from succotash.domain.retention.retention import INITIAL_RUN, GridCell, GridPeriod
from succotash.domain.values import Currency


class GridReports:
    """Counts as of the current run."""

    def __init__(self, storage: Storage, currency: Currency) -> None:
        self._storage = storage
        self._currency = currency

    def get_retention_grid(self, question: GridQuestion = USUAL_GRID) -> GridView:
        """Cohorts, and how many of each came back when, as of the current run.

        What runs keep is answered at the same cost however long the ledgers are; other grids are
        counted from them, for cohorts of a year at most, as is one that the run of an earlier
        release did not keep. InvalidInputError where the question makes no sense.
        """
        read = self._read_cells(question)
        view = run_or_none(read.run)
        currency = run_currency(view, self._currency)
        rows = grid_rows(read.found, question, run_day(read.run), currency)
        return {
            "period": question.period,
            "mode": question.mode,
            "origin": question.origin,
            "entry": question.entry,
            "windows": question.windows,
            "measure": question.measure,
            "currency": currency,
            "cohorts": rows,
            "average": grid_average(rows, question),
            "run": view,
        }

    def _read_cells(self, question: GridQuestion) -> Labelled[Sequence[GridCell]]:
        """Read the cells that the run kept; otherwise count them as of it."""
        retention = self._storage.repositories.retention
        if question.is_kept:
            kept = retention.find_retention_grid(question.period, question.mode, question.origin)
            run = kept.run
            if kept.found:
                return Labelled(run, question.kept(kept.found, run_day(run)))
        else:
            run = retention.get_published_runs(limit=1)[0].run
        request = question.request(run_day(run))
        if run.run_id == INITIAL_RUN:
            return Labelled(run, [])
        cells = retention.count_retention(request, run.as_of, run.time_zone)
        if question.is_kept:
            cells = [replace(each, revenue=None) for each in cells]
        return Labelled(run, cells)

    def get_lifecycle(self, period: GridPeriod = GridPeriod.MONTH) -> LifecycleView:
        """New, retained, returning and lost customers, period by period, as of the current run."""
        read = self._storage.repositories.retention.find_lifecycle_counts(period)
        return {
            "period": period,
            "periods": lifecycle_periods(read.found, period, run_day(read.run)),
            "run": run_or_none(read.run),
        }
