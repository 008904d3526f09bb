"""Cohorts by month and quarter: what adds up, and what has passed."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.application.value.cohort_views import average_periods, cohort_periods, cohort_view
from succotash.domain.value.cohorts import CohortSpan, by_quarter
from succotash.domain.value.ltv import Cohort, CohortPeriod
from succotash.domain.values import CohortId
from tests.builders import usd

MONTH, QUARTER = CohortSpan.MONTH, CohortSpan.QUARTER


def cohort(
    month: str, customers: int, periods: Sequence[tuple[int, int, int]], average: int = 100
) -> Cohort:
    """Periods as number, active customers, revenue."""
    return Cohort(
        CohortId(month),
        date.fromisoformat(f"{month}-01"),
        customers,
        usd(sum(revenue for _, _, revenue in periods)),
        usd(average),
        tuple(CohortPeriod(number, active, Decimal(earned)) for number, active, earned in periods),
    )


JANUARY = cohort("1997-01", 10, [(0, 10, 100), (1, 4, 40), (3, 1, 60)])
FEBRUARY = cohort("1997-02", 30, [(0, 30, 300), (1, 6, 120)], average=200)


def test_a_quarter_is_its_months_added_up_by_the_customers_own_months() -> None:
    [quarter] = by_quarter([FEBRUARY, JANUARY])

    assert (quarter.cohort_id, quarter.starts_on) == ("1997-Q1", date(1997, 1, 1))
    assert (quarter.customers, quarter.revenue) == (40, usd(620))
    assert quarter.average_ltv == usd(175), "weighted by customers"
    assert quarter.periods == (
        CohortPeriod(0, 40, Decimal(400)),
        CohortPeriod(1, 10, Decimal(160)),
        CohortPeriod(3, 1, Decimal(60)),
    )


@pytest.mark.parametrize(
    ("month", "quarter", "starts_on"),
    [
        ("1997-03", "1997-Q1", date(1997, 1, 1)),
        ("1997-04", "1997-Q2", date(1997, 4, 1)),
        ("1999-12", "1999-Q4", date(1999, 10, 1)),
    ],
)
def test_a_quarter_begins_with_its_first_month(month: str, quarter: str, starts_on: date) -> None:
    [found] = by_quarter([cohort(month, 1, [(0, 1, 5)])])

    assert (found.cohort_id, found.starts_on) == (quarter, starts_on)


@given(
    st.lists(
        st.tuples(st.integers(1, 24), st.integers(1, 50), st.integers(0, 900)),
        unique_by=lambda each: each[0],
        max_size=12,
    )
)
def test_quarters_hold_everybody_and_every_amount(months: list[tuple[int, int, int]]) -> None:
    cohorts = [
        cohort(f"{1996 + (number - 1) // 12}-{(number - 1) % 12 + 1:02}", size, [(0, size, earned)])
        for number, size, earned in months
    ]
    quarters = by_quarter(cohorts)

    assert sum(each.customers for each in quarters) == sum(each.customers for each in cohorts)
    assert sum(each.revenue.amount for each in quarters) == sum(
        each.revenue.amount for each in cohorts
    )
    assert [each.starts_on for each in quarters] == sorted({each.starts_on for each in quarters})


def test_a_month_of_life_has_passed_when_it_has_for_everybody() -> None:
    today = date(1997, 4, 10)
    [quarter] = by_quarter([JANUARY, FEBRUARY])

    monthly = cohort_periods(JANUARY, MONTH, today)
    quarterly = cohort_periods(quarter, QUARTER, today)

    assert [each["mature"] for each in monthly] == [True, True, True, False]
    assert [each["mature"] for each in quarterly] == [True, False, False, False], (
        "who came in March is in month 1"
    )


def test_revenue_per_customer_adds_up_over_months_without_any() -> None:
    found = cohort_periods(JANUARY, MONTH, date(1997, 4, 10))

    assert [each["cumulative_revenue_per_customer"] for each in found] == [
        Decimal("10.00"),
        Decimal("14.00"),
        Decimal("14.00"),
        Decimal("20.00"),
    ]
    assert [each["retention"] for each in found] == [1.0, 0.4, 0.0, 0.1]


def test_a_cohorts_curve_says_how_many_of_its_months_have_passed_for_everybody() -> None:
    view = cohort_view(JANUARY, MONTH, date(1997, 4, 10))

    assert view["cumulative_revenue_per_customer"] == [
        Decimal("10.00"),
        Decimal("14.00"),
        Decimal("14.00"),
        Decimal("20.00"),
    ]
    assert view["mature_periods"] == 3


def test_averages_leave_out_what_has_not_passed_and_weigh_by_customers() -> None:
    found = average_periods([JANUARY, FEBRUARY], MONTH, date(1997, 3, 20))

    assert [(each["period"], each["customers"]) for each in found] == [(0, 40), (1, 10)]
    assert [each["retention"] for each in found] == [1.0, 0.4]
    assert [each["cumulative_revenue_per_customer"] for each in found] == [
        Decimal("10.00"),
        Decimal("14.00"),
    ]


def test_milestones_that_have_not_begun_are_none() -> None:
    view = cohort_view(JANUARY, MONTH, date(1997, 4, 10))

    assert view["milestones"]["6m"] is None
    three = view["milestones"]["3m"]
    assert three is not None
    assert (three["retention"], three["mature"]) == (0.1, False)


def test_without_cohorts_there_are_no_averages() -> None:
    assert average_periods([], MONTH, date(1997, 4, 10)) == []
    assert by_quarter([]) == []
