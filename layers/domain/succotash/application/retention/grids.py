"""Retention grids: from counts to rates, how sure those are, and which cells are mature."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TypedDict

from succotash.application.rounding import rounded, rounded_or_none
from succotash.application.scoring.run_views import RunView
from succotash.domain.retention.grids import (
    HOURS_LENGTHS,
    CohortAnchor,
    CohortMembership,
    GridRequest,
    GridWindows,
    period_start,
    require_order,
)
from succotash.domain.retention.proportions import wilson_interval
from succotash.domain.retention.retention import (
    BRACKETS,
    GRID_LENGTHS,
    GridCell,
    GridMode,
    GridPeriod,
)
from succotash.domain.values import Currency, Money


class GridMeasure(StrEnum):
    """The whole of which a rate is a share: the cohort's customers, or its first revenue."""

    CUSTOMERS = "customers"
    REVENUE = "revenue"


@dataclass(frozen=True, slots=True)
class GridQuestion:
    """The retention grid that is asked for.

    Days left open: cohorts of the last year, or, of the weeks and months that runs keep, all.
    """

    period: GridPeriod = GridPeriod.MONTH
    mode: GridMode = GridMode.NDAY
    origin: CohortAnchor = CohortAnchor.PURCHASE
    entry: CohortMembership = CohortMembership.FIRST_TIME
    windows: GridWindows = GridWindows.CALENDAR
    measure: GridMeasure = GridMeasure.CUSTOMERS
    brackets: tuple[tuple[int, int], ...] | None = None
    """None for BRACKETS."""
    start: date | None = None
    end: date | None = None

    def __post_init__(self) -> None:
        if self.start is not None and self.end is not None:
            require_order(self.start, self.end)

    @property
    def is_kept(self) -> bool:
        """Whether runs keep this grid, so that nothing need be counted."""
        return self.brackets is None and (
            (self.entry, self.windows, self.measure)
            == (CohortMembership.FIRST_TIME, GridWindows.CALENDAR, GridMeasure.CUSTOMERS)
        )

    def kept(self, cells: Sequence[GridCell], today: date) -> Sequence[GridCell]:
        """The cells asked for, among those of a grid that runs keep.

        By day no more than a year is shown: many years of days are too much for one answer.
        """
        if self.period is GridPeriod.DAY:
            request = self.request(today)
            first, last = request.first_day, request.last_day
        else:
            first = period_start(self.start or date.min, self.period)
            last = self.end or date.max
        return [cell for cell in cells if first <= cell.cohort_starts_on <= last]

    def request(self, today: date) -> GridRequest:
        """The request to count it, up to today if it has no end.

        Weeks and months that runs keep have no limit, so where they have to be counted all the
        same, the last year of those asked for is.
        """
        end = max(today, self.start or today) if self.end is None else self.end
        if self.is_kept and self.period is not GridPeriod.DAY:
            end = min(end, max(today, self.start or today))
            start = max(self.start or date.min, end - timedelta(days=YEAR - 1))
        else:
            start = end - timedelta(days=YEAR - 1) if self.start is None else self.start
        return GridRequest(
            start,
            end,
            self.period,
            self.mode,
            self.origin,
            self.entry,
            self.windows,
            self.brackets or BRACKETS,
        )


USUAL_GRID = GridQuestion()
"""The grid that is answered by default."""
YEAR = 365
"""Days of cohorts that are counted where no start is given."""


class GridCellView(TypedDict):
    """One period (or bracket) of one cohort's life."""

    offset: int
    """Periods since the one in which the cohort joined, or the place of the bracket; from 0."""
    active: int
    """Customers of the cohort active in this period; with mode=unbounded, in it or later."""
    revenue: Decimal | None
    """Net; None where only customers are kept."""
    rate: float | None
    """Share of the cohort that was active in this period, so long after joining, 0 to 1; with
    measure=revenue, the period's revenue per revenue at offset 0. None where that was nothing."""
    low: float | None
    """Lower end of the 95% interval (Wilson) of the rate; None for a share of revenue, and for the
    period of joining, in which everybody was active by definition."""
    high: float | None
    """Upper end of that interval."""
    mature: bool


class GridRow(TypedDict):
    """One cohort."""

    cohort_starts_on: date
    customers: int
    """Customers who joined in the cohort's period."""
    cells: list[GridCellView]


class GridColumn(TypedDict):
    """All cohorts together at one offset, mature ones only, weighted by customers or revenue."""

    offset: int
    """Periods since the one in which the cohorts joined, or the place of the bracket; from 0."""
    label: str
    """The period after joining, such as `month 3` or `days 8-30`; joining is at 0."""
    customers: int
    """Customers of the cohorts for which this period has passed."""
    rate: float | None
    """Share of these customers active in this period, so long after joining, 0 to 1; with
    measure=revenue, revenue per revenue at offset 0. None where no cohort is mature."""
    low: float | None
    """Lower end of the 95% interval (Wilson) of the rate; None where a cell has none."""
    high: float | None
    """Upper end of that interval."""


class GridView(TypedDict):
    """The share of each cohort that came back."""

    period: str
    mode: str
    origin: str
    entry: str
    windows: str
    measure: str
    currency: str
    """The currency of the revenue."""
    cohorts: list[GridRow]
    average: list[GridColumn]
    run: RunView | None


def grid_rows(
    cells: Sequence[GridCell], question: GridQuestion, as_of: date, currency: Currency
) -> list[GridRow]:
    """A row per cohort with every offset that has begun by `as_of`, empty ones included."""
    cohorts: dict[date, dict[int, GridCell]] = {}
    for cell in cells:
        cohorts.setdefault(cell.cohort_starts_on, {})[cell.offset] = cell
    rows: list[GridRow] = []
    for starts_on, by_offset in sorted(cohorts.items()):
        size = next(iter(by_offset.values())).cohort_size
        counts_revenue = any(cell.revenue is not None for cell in by_offset.values())
        revenue = 0 if counts_revenue else None
        first = by_offset.get(0, GridCell(starts_on, size, 0, 0, revenue))
        views: list[GridCellView] = []
        for offset in _offsets(question):
            if _start_of_cell(starts_on, question, offset) > as_of:
                break
            cell = by_offset.get(offset, GridCell(starts_on, size, offset, 0, revenue))
            rate, low, high = _share(cell, first, question)
            views.append(
                {
                    "offset": offset,
                    "active": cell.active,
                    "revenue": (
                        None
                        if cell.revenue is None
                        else Money.of_units(cell.revenue, currency).rounded()
                    ),
                    "rate": rate,
                    "low": low,
                    "high": high,
                    "mature": _end_of_cell(starts_on, question, offset) <= as_of,
                }
            )
        rows.append({"cohort_starts_on": starts_on, "customers": size, "cells": views})
    return rows


def grid_average(rows: Sequence[GridRow], question: GridQuestion) -> list[GridColumn]:
    """All cohorts together, offset by offset; cells that are not mature are left out."""
    columns: dict[int, tuple[int, Decimal, Decimal]] = {}
    by_revenue = question.measure is GridMeasure.REVENUE
    for row in rows:
        for cell in row["cells"]:
            customers, whole, part = columns.get(cell["offset"], (0, Decimal(0), Decimal(0)))
            if cell["mature"]:
                customers += row["customers"]
                if by_revenue:
                    whole += row["cells"][0]["revenue"] or 0
                    part += cell["revenue"] or 0
                else:
                    whole, part = Decimal(customers), part + cell["active"]
            columns[cell["offset"]] = (customers, whole, part)
    averages: list[GridColumn] = []
    for offset, (customers, whole, part) in sorted(columns.items()):
        low, high = None, None
        if whole and not by_revenue and not _holds_everybody(question, offset):
            low, high = map(rounded, wilson_interval(int(part), int(whole)))
        averages.append(
            {
                "offset": offset,
                "label": _label(offset, question),
                "customers": customers,
                "rate": rounded(float(part / whole)) if whole else None,
                "low": low,
                "high": high,
            }
        )
    return averages


def _share(
    cell: GridCell, first: GridCell, question: GridQuestion
) -> tuple[float | None, float | None, float | None]:
    if question.measure is GridMeasure.REVENUE:
        rate = (cell.revenue or 0) / first.revenue if first.revenue else None
        return rounded_or_none(rate), None, None
    rate = rounded(cell.active / cell.cohort_size)
    if _holds_everybody(question, cell.offset):
        return rate, None, None
    low, high = wilson_interval(cell.active, cell.cohort_size)
    return rate, rounded(low), rounded(high)


def _holds_everybody(question: GridQuestion, offset: int) -> bool:
    """Whether all of a cohort are active there by definition, so that no rate is uncertain."""
    if question.mode is not GridMode.BRACKETS:
        return offset == 0
    # Somebody joins by what counts as coming back, but for a form.
    first_day = _brackets(question)[offset][0]
    return first_day == 0 and question.origin is not CohortAnchor.FORM


def _offsets(question: GridQuestion) -> range:
    if question.mode is GridMode.BRACKETS:
        return range(len(_brackets(question)))
    return range(GRID_LENGTHS[question.period] + 1)


def _brackets(question: GridQuestion) -> tuple[tuple[int, int], ...]:
    return question.brackets or BRACKETS


def _add_periods(day: date, period: GridPeriod, count: int) -> date:
    match period:
        case GridPeriod.DAY:
            return day + timedelta(count)
        case GridPeriod.WEEK:
            return day + timedelta(7 * count)
        case GridPeriod.MONTH:
            year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
            return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _start_of_cell(starts_on: date, question: GridQuestion, offset: int) -> date:
    """The first day on which a cohort can have been in the cell."""
    if question.mode is GridMode.BRACKETS:
        return starts_on + timedelta(_brackets(question)[offset][0])
    if question.windows is GridWindows.HOURS:
        return starts_on + timedelta(HOURS_LENGTHS[question.period] * offset)
    return _add_periods(starts_on, question.period, offset)


def _end_of_cell(starts_on: date, question: GridQuestion, offset: int) -> date:
    """The first day after the cell has passed for the whole cohort."""
    cohort_end = _add_periods(starts_on, question.period, 1)
    # Members who joined at the end of the cohort's last day have windows that end a day later.
    late = timedelta(question.windows is GridWindows.HOURS)
    if question.mode is GridMode.BRACKETS:
        return cohort_end + timedelta(_brackets(question)[offset][1]) + late
    if question.windows is GridWindows.HOURS:
        return cohort_end + timedelta(HOURS_LENGTHS[question.period] * (offset + 1))
    return _add_periods(starts_on, question.period, offset + 1)


def _label(offset: int, question: GridQuestion) -> str:
    if question.mode is GridMode.BRACKETS:
        first, last = _brackets(question)[offset]
        return f"day {first}" if first == last else f"days {first}-{last}"
    return f"{question.period} {offset}"
