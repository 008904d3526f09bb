"""Amounts as systems write them: decimal text in files, whole minor units in Stripe's events."""

from decimal import Decimal
from functools import lru_cache

from succotash.domain.values import Currency, Money
from succotash.errors import InvalidInputError

STRIPE_MINOR_UNITS = {
    code: places
    for places, codes in {
        0: "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF",
        3: "BHD JOD KWD OMR TND",
    }.items()
    for code in codes.split()
}
"""Decimal places of Stripe's API where they are other than two.

They are not those of ISO 4217: MGA has none here, and ISK and UGX have two that are always 00.
https://docs.stripe.com/currencies#zero-decimal
"""
_USUAL_PLACES = 2


def money_of_stripe(minor_units: int, currency: str) -> Money:
    """The amount of whole minor units, as Stripe's API counts them; its currency in any case."""
    code = Currency(currency.upper())
    places = STRIPE_MINOR_UNITS.get(code, _USUAL_PLACES)
    return Money(Decimal(minor_units).scaleb(-places), code)


@lru_cache(4096)  # prices repeat
def amount_of_text(text: str, decimal_sign: str = ".") -> Decimal:
    """The amount that a cell says; InvalidInputError for what could be read in two ways.

    Digits with one decimal sign and a sign in front; no currency, and nothing between thousands.
    """
    plain = text.strip()
    digits = plain.removeprefix("-").removeprefix("+")
    whole, found, fraction = digits.partition(decimal_sign)
    is_number = (whole + fraction).isascii() and (whole + fraction).isdigit()
    if not is_number or (found and not fraction) or not whole:
        raise InvalidInputError.of("amount", "not_an_amount", "Must be an amount such as 49.90")
    return Decimal(plain.replace(decimal_sign, "."))
