"""Amounts as shop systems write them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.domain.people.email_addresses import canonical_email, validated_email
from succotash.domain.shops.amounts import amount_of_text, money_of_stripe
from succotash.errors import InvalidInputError


@pytest.mark.parametrize(
    ("minor_units", "currency", "amount"),
    [
        (4990, "usd", "49.90"),
        (1200, "jpy", "1200"),
        (5120, "kwd", "5.12"),
        (500, "isk", "5"),
        (500, "ugx", "5"),
        (500, "mga", "500"),
    ],
)
def test_minor_units_are_those_of_stripes_own_table(
    minor_units: int, currency: str, amount: str
) -> None:
    money = money_of_stripe(minor_units, currency)
    assert (money.amount, money.currency) == (Decimal(amount), currency.upper())


@pytest.mark.parametrize(
    ("text", "sign", "amount"),
    [("49.90", ".", "49.90"), ("49,90", ",", "49.90"), ("-5", ".", "-5"), (" 7 ", ".", "7")],
)
def test_amounts_are_read_exactly(text: str, sign: str, amount: str) -> None:
    assert amount_of_text(text, sign) == Decimal(amount)


@pytest.mark.parametrize("text", ["1,234.00", "1.234,00", "5.", ".5", "", "1e3", "٣", "$5", "NaN"])
def test_what_could_be_read_in_two_ways_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        amount_of_text(text)


@given(
    local=st.text("abcXYZ019._+-\"' ü", min_size=1, max_size=70),
    domain=st.sampled_from(
        ["example.com", "Example.COM", "bücher.example.com", "-.com", "localhost", "test", "a..b"]
    ),
)
def test_plain_addresses_are_read_as_all_others_are(local: str, domain: str) -> None:
    address = f"{local}@{domain}".strip()

    def read(by: object) -> str | None:
        assert callable(by)
        try:
            return str(by(address))
        except InvalidInputError:
            return None

    assert read(canonical_email) == read(validated_email)
