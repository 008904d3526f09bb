"""Money: what may be kept, and how it is shown."""

from decimal import Decimal

import pytest

from succotash.domain.values import Currency, Money, amount_violation


def money(amount: str, currency: str = "USD") -> Money:
    return Money(Decimal(amount), Currency(currency))


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("10", "USD", "10.00"),
        ("1.005", "EUR", "1.00"),
        ("1.015", "EUR", "1.02"),
        ("1234.5", "JPY", "1234"),
        ("1235.5", "JPY", "1236"),
        ("1.2345", "KWD", "1.234"),
        ("1.2355", "TND", "1.236"),
        ("1.2345", "CLF", "1.2345"),
        ("123456789012345678.125", "USD", "123456789012345678.12"),
    ],
)
def test_a_total_is_shown_to_the_minor_unit_of_its_currency(
    amount: str, currency: str, shown: str
) -> None:
    assert f"{money(amount, currency).rounded()}" == shown


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("10.0000", "USD", "10.00"),
        ("1.2345", "USD", "1.2345"),
        ("1.2340", "USD", "1.234"),
        ("100", "JPY", "100"),
        ("100.5", "JPY", "100.5"),
        ("-1.2", "KWD", "-1.200"),
    ],
)
def test_a_recorded_amount_is_shown_exactly(amount: str, currency: str, shown: str) -> None:
    assert f"{money(amount, currency).exact()}" == shown


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("999999999999.9999", None),
        ("-999999999999.9999", None),
        ("1000000000000", "amount_out_of_range"),
        ("-1000000000000", "amount_out_of_range"),
        ("1e300", "amount_out_of_range"),
        ("0.00001", "too_precise"),
    ],
)
def test_a_single_amount_has_limits(amount: str, code: str | None) -> None:
    found = amount_violation("amount", Decimal(amount))
    assert (found and found.code) == code


def test_a_total_may_be_larger_than_any_single_amount() -> None:
    total = money("0")
    for _ in range(400):
        total += money("999999999999.9999")
    assert total == money("399999999999999.9600")
