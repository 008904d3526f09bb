"""Looks, fixed when a campaign is activated."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from succotash.domain.campaigns.boundaries import ALPHA, obrien_fleming_spent
from succotash.domain.campaigns.looks import MOST_LOOKS, LookPlan
from succotash.errors import InvalidInputError

START = datetime(2026, 1, 1, tzinfo=UTC)
WINDOW = timedelta(days=30)


def after(*days: int) -> list[datetime]:
    return [START + timedelta(days=each) for each in days]


def test_looks_spend_by_the_calendar_from_the_first_close_of_a_window() -> None:
    plan = LookPlan.of(START, WINDOW, after(40, 60, 70))

    assert plan.opens_at == START + WINDOW
    assert [each.spent for each in plan.looks] == pytest.approx(
        [obrien_fleming_spent(0.25), obrien_fleming_spent(0.75), ALPHA]
    )


def test_boundaries_to_be_expected_are_those_of_an_even_pace() -> None:
    """As gsDesign and rpact have them for three looks."""
    plan = LookPlan.of(START, WINDOW, after(40, 50, 60))

    assert plan.expected_boundaries() == pytest.approx([3.7103, 2.5114, 1.9930], abs=1e-4)


def test_looks_are_reached_when_their_time_has_come() -> None:
    plan = LookPlan.of(START, WINDOW, after(40, 60))

    reached = [plan.reached(each) for each in after(39, 40, 59, 60, 900)]
    assert reached == [0, 1, 1, 2, 2]


@pytest.mark.parametrize(
    ("dates", "code"),
    [
        ([], "out_of_range"),
        (after(*range(31, 32 + MOST_LOOKS)), "out_of_range"),
        (after(40, 40), "not_ascending"),
        (after(50, 40), "not_ascending"),
        (after(30, 40), "too_early"),
    ],
)
def test_looks_without_sense_are_refused(dates: list[datetime], code: str) -> None:
    with pytest.raises(InvalidInputError) as error:
        LookPlan.of(START, WINDOW, dates)

    assert [each.code for each in error.value.violations] == [code]


def test_boundaries_fall_from_look_to_look_at_an_even_pace() -> None:
    limits = LookPlan.of(START, WINDOW, after(*range(31, 31 + MOST_LOOKS))).expected_boundaries()

    assert all(after < before for before, after in pairwise(limits))
