"""Retention grids: what is asked, how sure the answer is, and what is mature."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from succotash.application.retention.grids import (
    GridMeasure,
    GridQuestion,
    GridRow,
    grid_average,
    grid_rows,
)
from succotash.domain.retention.grids import (
    LONGEST_RANGE_DAYS,
    CohortAnchor,
    GridRequest,
    GridWindows,
)
from succotash.domain.retention.proportions import wilson_interval
from succotash.domain.retention.retention import GridCell, GridMode, GridPeriod
from succotash.domain.values import Currency
from succotash.errors import InvalidInputError
from tests.builders import USD

MAY = date(2024, 5, 1)
DAILY = GridQuestion(GridPeriod.DAY)


def rows(*cells: GridCell, as_of: date, question: GridQuestion = DAILY) -> list[GridRow]:
    return grid_rows(cells, question, as_of, USD)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_wilsons_as_scipy_has_it(counts: tuple[int, int]) -> None:
    successes, trials = counts
    expected = binomtest(successes, trials).proportion_ci(method="wilson")

    low, high = wilson_interval(successes, trials)

    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert 0 <= low <= successes / trials <= high <= 1


def test_cells_that_have_not_passed_for_the_whole_cohort_are_immature_and_not_averaged() -> None:
    found = rows(
        GridCell(MAY, 10, 0, 10),
        GridCell(MAY, 10, 1, 4),
        GridCell(MAY + timedelta(1), 30, 0, 30),
        GridCell(MAY + timedelta(1), 30, 1, 30),
        as_of=MAY + timedelta(2),
    )

    assert [[cell["mature"] for cell in row["cells"]] for row in found] == [
        [True, True, False],
        [True, False],
    ]
    [zero, one, two] = grid_average(found, DAILY)
    assert (zero["customers"], zero["rate"]) == (40, 1.0)
    assert (one["customers"], one["rate"]) == (10, 0.4)
    assert (one["low"], one["high"]) == pytest.approx(wilson_interval(4, 10), abs=5e-5)
    assert (two["customers"], two["rate"], two["low"]) == (0, None, None)


def test_averages_are_weighted_by_customers() -> None:
    found = rows(
        GridCell(MAY, 10, 0, 10),
        GridCell(MAY, 10, 1, 10),
        GridCell(MAY + timedelta(1), 30, 0, 30),
        as_of=MAY + timedelta(9),
    )

    assert grid_average(found, DAILY)[1]["rate"] == 0.25


def test_own_windows_of_24_hours_mature_a_day_later_than_calendar_days() -> None:
    question = GridQuestion(
        GridPeriod.DAY, GridMode.BRACKETS, windows=GridWindows.HOURS, brackets=((0, 1),)
    )
    cell = GridCell(MAY, 1, 0, 1, 0)

    [on_the_third] = rows(cell, as_of=MAY + timedelta(2), question=question)
    [on_the_fourth] = rows(cell, as_of=MAY + timedelta(3), question=question)

    assert on_the_third["cells"][0]["mature"] is False
    assert on_the_fourth["cells"][0]["mature"] is True


def test_revenue_is_a_share_of_the_revenue_at_first() -> None:
    question = GridQuestion(GridPeriod.DAY, measure=GridMeasure.REVENUE)
    found = rows(
        GridCell(MAY, 2, 0, 2, 400_000),
        GridCell(MAY, 2, 1, 1, 100_000),
        as_of=MAY + timedelta(3),
        question=question,
    )

    [_, second, third, _] = found[0]["cells"]
    assert (second["rate"], second["revenue"], second["low"]) == (0.25, Decimal("10.00"), None)
    assert (third["rate"], third["revenue"]) == (0.0, Decimal(0))
    assert [each["rate"] for each in grid_average(found, question)] == [1.0, 0.25, 0.0, None]


def test_a_cohort_that_brought_in_nothing_at_first_has_no_rate_of_revenue() -> None:
    question = GridQuestion(GridPeriod.DAY, measure=GridMeasure.REVENUE)
    [row] = grid_rows([GridCell(MAY, 1, 0, 1, 0)], question, MAY, Currency("EUR"))

    assert row["cells"][0]["rate"] is None


@pytest.mark.parametrize(
    ("brackets", "code"),
    [
        ((), "bracket_count"),
        (tuple((day, day) for day in range(21)), "bracket_count"),
        (((5, 4),), "bracket"),
        (((-1, 4),), "bracket"),
        (((0, 1096),), "bracket_too_late"),
        (((0, 7), (7, 14)), "brackets_overlap"),
        (((8, 14), (0, 7)), "brackets_overlap"),
    ],
)
def test_brackets_that_make_no_sense_are_refused(
    brackets: tuple[tuple[int, int], ...], code: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        GridRequest(MAY, MAY, mode=GridMode.BRACKETS, brackets=brackets)

    assert [each.code for each in refused.value.violations] == [code]


def test_a_range_longer_than_a_year_is_not_counted() -> None:
    GridRequest(MAY, MAY + timedelta(LONGEST_RANGE_DAYS - 1))

    with pytest.raises(InvalidInputError, match="less than 366 days"):
        GridRequest(MAY, MAY + timedelta(LONGEST_RANGE_DAYS))


def test_a_range_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="before the start"):
        GridQuestion(start=MAY, end=MAY - timedelta(1))


def test_cohorts_of_the_last_year_are_counted_where_no_days_are_given() -> None:
    request = GridQuestion(origin=CohortAnchor.FORM).request(date(2024, 12, 31))

    assert (request.first_day, request.last_day) == (date(2024, 1, 1), date(2024, 12, 31))


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        (GridPeriod.DAY, date(2024, 2, 14), date(2024, 2, 28)),
        (GridPeriod.WEEK, date(2024, 2, 12), date(2024, 3, 3)),
        (GridPeriod.MONTH, date(2024, 2, 1), date(2024, 2, 29)),
    ],
)
def test_cohorts_are_counted_whole(period: GridPeriod, first: date, last: date) -> None:
    request = GridRequest(date(2024, 2, 14), date(2024, 2, 28), period)

    assert (request.first_day, request.last_day) == (first, last)


def test_of_the_days_that_runs_keep_the_last_year_is_shown() -> None:
    cells = [GridCell(MAY - timedelta(days), 1, 0, 1) for days in (400, 365, 364, 0)]

    assert DAILY.kept(cells, MAY) == cells[2:]
    assert GridQuestion(GridPeriod.DAY, end=MAY - timedelta(1)).kept(cells, MAY) == cells[1:3]
    assert GridQuestion(GridPeriod.MONTH).kept(cells, MAY) == cells


def test_kept_cohorts_are_shown_from_the_one_that_the_first_day_lies_in() -> None:
    cells = [GridCell(date(2024, month, 1), 1, 0, 1) for month in (1, 2, 3, 4)]
    question = GridQuestion(start=date(2024, 2, 20), end=date(2024, 3, 1))

    assert question.kept(cells, MAY) == cells[1:3]


@pytest.mark.parametrize("mode", [GridMode.NDAY, GridMode.UNBOUNDED])
def test_the_period_of_joining_has_no_interval(mode: GridMode) -> None:
    """Everybody was active in it by definition: its rate of 1 is no estimate."""
    question = GridQuestion(GridPeriod.DAY, mode)
    found = rows(
        GridCell(MAY, 10, 0, 10),
        GridCell(MAY, 10, 1, 4),
        as_of=MAY + timedelta(3),
        question=question,
    )

    [joined, later] = [(cell["rate"], cell["low"], cell["high"]) for cell in found[0]["cells"][:2]]
    assert joined == (1, None, None)
    assert later[1] is not None
    [first, second] = grid_average(found, question)[:2]
    assert (first["rate"], first["low"], first["high"]) == (1, None, None)
    assert second["low"] is not None


@pytest.mark.parametrize(
    ("origin", "brackets", "has_interval"),
    [
        (CohortAnchor.PURCHASE, ((0, 0), (1, 7)), False),
        (CohortAnchor.ACTIVITY, ((0, 6),), False),
        (CohortAnchor.PURCHASE, ((1, 7),), True),
        (CohortAnchor.FORM, ((0, 0), (1, 7)), True),
    ],
)
def test_a_first_bracket_has_an_interval_unless_everybody_is_in_it(
    origin: CohortAnchor, brackets: tuple[tuple[int, int], ...], *, has_interval: bool
) -> None:
    question = GridQuestion(GridPeriod.DAY, GridMode.BRACKETS, origin, brackets=brackets)
    found = rows(GridCell(MAY, 10, 0, 10), as_of=MAY + timedelta(9), question=question)

    first = found[0]["cells"][0]
    assert first["rate"] == 1
    assert (first["low"] is not None) is has_interval
    assert (first["high"] is not None) is has_interval
