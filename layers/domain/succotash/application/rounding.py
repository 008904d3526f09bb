"""Rounds computed numbers to the digits that mean something."""

PLACES = 4
"""The decimals of probabilities, rates and expected counts: models know no more."""


def rounded(number: float) -> float:
    """A probability, rate, score or expected count as answers show it."""
    return round(number, PLACES)


def rounded_or_none(number: float | None) -> float | None:
    """The same; None where there is no number."""
    return None if number is None else rounded(number)
