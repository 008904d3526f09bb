"""Calendars, shards and means as SQL asks for them, and values as columns hold them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.domain.values import Currency, Money, Shard
from succotash.errors import CurrencyMismatchError, StorageError
from succotash.infrastructure.sqlite.columns import (
    address_text,
    currency_of,
    instant,
    instant_text,
    micros,
    micros_of_text,
    money,
)
from succotash.infrastructure.sqlite.functions import (
    ExactSum,
    day_of,
    days_of,
    exact_add,
    local_day,
    mean,
    month_number,
    shard_of,
    shard_parameters,
)

ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"])
INSTANTS = st.datetimes(datetime(1901, 1, 1), datetime(2200, 1, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=UTC)
)
DAYS = st.dates(date(1901, 1, 1), date(2200, 1, 1)).map(days_of)


@given(INSTANTS)
def test_an_instant_survives_its_column_to_the_microsecond(moment: datetime) -> None:
    assert instant(micros(moment)) == moment
    assert micros_of_text(instant_text(micros(moment))) == micros(moment)


@given(INSTANTS, ZONES)
def test_a_local_day_is_the_date_on_the_zones_wall(moment: datetime, zone: str) -> None:
    expected = moment.astimezone(ZoneInfo(zone)).date()
    assert day_of(local_day(micros(moment), zone)) == expected


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2024-03-30T22:59:59.999999+00:00", date(2024, 3, 30)),  # Berlin is one hour ahead
        ("2024-03-30T23:00:00+00:00", date(2024, 3, 31)),
        ("2024-03-31T21:59:59.999999+00:00", date(2024, 3, 31)),  # and two since that morning
        ("2024-03-31T22:00:00+00:00", date(2024, 4, 1)),
    ],
)
def test_the_day_the_clocks_change_is_an_hour_shorter(moment: str, day: date) -> None:
    assert day_of(local_day(micros_of_text(moment), "Europe/Berlin")) == day


@given(DAYS)
def test_months_are_numbered_one_by_one(day: int) -> None:
    last = day_of(day).replace(day=1) - timedelta(days=1)
    assert month_number(day) == month_number(days_of(day_of(day).replace(day=1)))
    assert month_number(day) == month_number(days_of(last)) + 1


@given(st.text(max_size=20), st.integers(1, 32))
def test_every_customer_belongs_to_one_shard(customer_id: str, count: int) -> None:
    shard = shard_of(customer_id, count)
    assert shard_parameters(Shard(shard, count)) == {"shard": shard, "shards": count}


@pytest.mark.parametrize(
    ("total", "count", "expected"),
    [(3, 2, 2), (5, 2, 2), (7, 2, 4), (-3, 2, -2), (2**62 + 1, 2, 2**61), (10, 3, 3)],
)
def test_a_mean_is_rounded_half_to_even_without_floats(
    total: int, count: int, expected: int
) -> None:
    assert mean(total, count) == expected


@pytest.mark.parametrize(
    ("given_text", "kept"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
        (None, None),
    ],
)
def test_an_address_is_kept_in_its_canonical_notation(
    given_text: str | None, kept: str | None
) -> None:
    assert address_text(given_text) == kept


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(StorageError):
        address_text("localhost")


def test_money_needs_both_of_its_columns() -> None:
    assert money(12345, "EUR") == Money(Decimal("1.2345"), Currency("EUR"))
    assert money(None, "EUR") is None
    assert money(12345, None) is None


def test_amounts_in_two_currencies_cannot_share_a_column() -> None:
    euro, dollar = (Money(Decimal(1), Currency(each)) for each in ("EUR", "USD"))
    assert currency_of(euro, euro) == "EUR"
    with pytest.raises(CurrencyMismatchError):
        currency_of(euro, euro, dollar)


@given(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), max_size=30))
def test_exact_sums_are_those_of_unbounded_numbers_and_add_up_their_own(
    numbers: list[int | None],
) -> None:
    def total(values: Sequence[int | str | None]) -> str | None:
        aggregate = ExactSum()
        for each in values:
            aggregate.step(each)
        return aggregate.finalize()

    known = [each for each in numbers if each is not None]
    half = len(numbers) // 2
    together = total(numbers)
    assert together == (str(sum(known)) if known else None)
    assert total([total(numbers[:half]), total(numbers[half:])]) == together
    assert exact_add(together, total([1])) == (str(sum(known) + 1) if known else None)
