"""Days of a zone as ranges of time."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.application.days import TimeRange, days_of, range_of, start_of_day
from succotash.errors import InvalidInputError
from tests.builders import NOON, at
from tests.strategies import zones

BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("day", "zone", "starts", "hours"),
    [
        ("2024-03-31", BERLIN, "2024-03-30T23:00:00Z", 23),
        ("2024-10-27", BERLIN, "2024-10-26T22:00:00Z", 25),
        # In São Paulo clocks jumped from midnight to one, and back from midnight to eleven.
        ("2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00Z", 23),
        ("2018-02-17", "America/Sao_Paulo", "2018-02-17T02:00:00Z", 25),
        ("2024-05-06", "Asia/Kolkata", "2024-05-05T18:30:00Z", 24),
        ("2024-05-06", "UTC", "2024-05-06T00:00:00Z", 24),
    ],
)
def test_a_day_begins_at_its_first_instant_and_ends_where_the_next_begins(
    day: str, zone: str, starts: str, hours: int
) -> None:
    given_day = date.fromisoformat(day)
    start = start_of_day(given_day, zone)
    assert start == at(starts)
    assert start_of_day(given_day + timedelta(days=1), zone) - start == timedelta(hours=hours)


def test_both_days_of_a_range_are_included() -> None:
    found = range_of(date(2024, 3, 30), date(2024, 3, 31), BERLIN)
    assert found == TimeRange(at("2024-03-29T23:00:00Z"), at("2024-03-31T22:00:00Z"))


def test_an_instant_at_the_end_is_excluded_and_one_day_may_be_mixed_with_it() -> None:
    assert range_of(date(2024, 5, 6), NOON, "UTC") == TimeRange(at("2024-05-06T00:00:00Z"), NOON)


@pytest.mark.parametrize(
    ("start", "end"),
    [(date(2024, 5, 7), date(2024, 5, 5)), (NOON, NOON - timedelta(microseconds=1))],
)
def test_a_range_does_not_end_before_it_starts(start: date, end: date) -> None:
    with pytest.raises(InvalidInputError):
        range_of(start, end, "UTC")


def test_the_days_of_a_range_are_those_that_have_a_part_in_it() -> None:
    instants = range_of(at("2024-05-06T22:30:00Z"), at("2024-05-07T22:00:00Z"), BERLIN)
    assert days_of(instants, BERLIN, at_most=9) == [date(2024, 5, 7)]
    assert days_of(instants, "UTC", at_most=9) == [date(2024, 5, 6), date(2024, 5, 7)]


def test_an_open_range_and_a_long_one_are_not_shown_by_day() -> None:
    assert days_of(range_of(None, NOON, "UTC"), "UTC", at_most=9) is None
    assert days_of(range_of(date(2024, 1, 1), NOON, "UTC"), "UTC", at_most=9) is None
    assert days_of(TimeRange(NOON, NOON), "UTC", at_most=9) == []


@given(day=st.dates(date(1971, 1, 1), date(2035, 1, 1)), zone=zones, count=st.integers(0, 40))
def test_the_days_of_a_range_of_days_are_these(day: date, zone: str, count: int) -> None:
    last = day + timedelta(days=count)
    found = days_of(range_of(day, last, zone), zone, at_most=99)
    assert found == [day + timedelta(days=each) for each in range(count + 1)]
