"""Retention grids: from the counts a run kept to rates, and which of them are mature."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TypedDict

from succotash.application.runs import RunView
from succotash.domain.retention import BRACKETS, GRID_LENGTHS, GridCell, GridMode, GridPeriod


class GridCellView(TypedDict):
    """One period (or bracket) of one cohort's life."""

    offset: int
    active: int
    rate: float
    mature: bool


class GridRow(TypedDict):
    """One cohort."""

    cohort_starts_on: date
    customers: int
    cells: list[GridCellView]


class GridColumn(TypedDict):
    """All cohorts together at one offset, mature ones only, weighted by customers."""

    offset: int
    label: str
    customers: int
    rate: float | None
    """None where no cohort is mature."""


class GridView(TypedDict):
    """How many of each cohort came back."""

    period: str
    mode: str
    cohorts: list[GridRow]
    average: list[GridColumn]
    run: RunView | None


def _add_months(day: date, months: int) -> date:
    month = day.year * 12 + day.month - 1 + months
    year, month = divmod(month, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _start_of_cell(starts_on: date, period: GridPeriod, mode: GridMode, offset: int) -> date:
    """The first day on which a cohort can have been in the cell."""
    if mode is GridMode.BRACKETS:
        return starts_on + timedelta(BRACKETS[offset][0])
    match period:
        case GridPeriod.DAY:
            return starts_on + timedelta(offset)
        case GridPeriod.WEEK:
            return starts_on + timedelta(7 * offset)
        case GridPeriod.MONTH:
            return _add_months(starts_on, offset)


def _end_of_cell(starts_on: date, period: GridPeriod, mode: GridMode, offset: int) -> date:
    """The first day after the cell has passed for the whole cohort."""
    if mode is GridMode.BRACKETS:
        cohort_end = _start_of_cell(starts_on, period, GridMode.NDAY, 1)
        return cohort_end + timedelta(BRACKETS[offset][1])
    return _start_of_cell(starts_on, period, mode, offset + 1)


def grid_rows(
    cells: Sequence[GridCell], period: GridPeriod, mode: GridMode, as_of: date
) -> list[GridRow]:
    """A row per cohort with every offset that has begun by `as_of`, empty ones included."""
    cohorts: dict[date, dict[int, GridCell]] = {}
    for cell in cells:
        cohorts.setdefault(cell.cohort_starts_on, {})[cell.offset] = cell
    offsets = range(len(BRACKETS) if mode is GridMode.BRACKETS else GRID_LENGTHS[period] + 1)
    rows: list[GridRow] = []
    for starts_on, by_offset in sorted(cohorts.items()):
        size = by_offset[0].cohort_size
        views: list[GridCellView] = []
        for offset in offsets:
            if _start_of_cell(starts_on, period, mode, offset) > as_of:
                break
            active = by_offset[offset].active if offset in by_offset else 0
            views.append(
                {
                    "offset": offset,
                    "active": active,
                    "rate": active / size,
                    "mature": _end_of_cell(starts_on, period, mode, offset) <= as_of,
                }
            )
        rows.append({"cohort_starts_on": starts_on, "customers": size, "cells": views})
    return rows


def grid_average(rows: Sequence[GridRow], period: GridPeriod, mode: GridMode) -> list[GridColumn]:
    """All cohorts together, offset by offset; cells that are not mature are left out."""
    columns: dict[int, tuple[int, int]] = {}
    for row in rows:
        for cell in row["cells"]:
            customers, active = columns.get(cell["offset"], (0, 0))
            if cell["mature"]:
                customers, active = customers + row["customers"], active + cell["active"]
            columns[cell["offset"]] = (customers, active)
    return [
        {
            "offset": offset,
            "label": _label(offset, period, mode),
            "customers": customers,
            "rate": active / customers if customers else None,
        }
        for offset, (customers, active) in sorted(columns.items())
    ]


def _label(offset: int, period: GridPeriod, mode: GridMode) -> str:
    if mode is GridMode.BRACKETS:
        first, last = BRACKETS[offset]
        return f"day {first}" if first == last else f"days {first}-{last}"
    return f"{period} {offset}"
