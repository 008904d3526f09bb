"""How people read the API's numbers: the rule of `dashboard/src/format.ts`, written once more."""

from decimal import ROUND_HALF_UP, Decimal

WHOLE_FROM = 100
"""Amounts from here on are shown without cents."""
SMALL_SHARE = Decimal("0.0995")
"""Shares below are shown with a decimal."""
SYMBOLS = {"USD": "$"}
MINUS = "-"
MOST_DIGITS = 4


def is_rounded(exact: str, text: str, currency: str = "USD") -> bool:
    """Whether a text is how people read this value: as money, a share or a number."""
    value = Decimal(repr(float(exact)))  # the shortest text of what a browser has of it
    plain = text.replace("−", MINUS).lstrip("+")  # noqa: RUF001 - a minus of mathematics
    symbol = SYMBOLS[currency]
    if symbol in plain:
        digits = 0 if abs(value) >= WHOLE_FROM else 2
        return plain.replace(symbol, "") == grouped(value, digits)
    if plain.endswith("%"):
        digits = 1 if abs(value) < SMALL_SHARE else 0
        as_share = trimmed(value * 100, digits)
        return plain[:-1] in {as_share, trimmed(value, 1)}  # or a difference in percent
    return plain in {trimmed(value, digits) for digits in range(MOST_DIGITS)}


def grouped(value: Decimal, digits: int) -> str:
    """With commas and as many digits, halves away from zero."""
    rounded = value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return f"{rounded:,}"


def trimmed(value: Decimal, digits: int) -> str:
    """The same without zeros at the end."""
    text = grouped(value, digits)
    return text.rstrip("0").rstrip(".") if "." in text else text
