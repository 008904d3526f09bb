"""Reads cells of shops' files: instants, amounts, currencies, addresses, ids."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter

from succotash.domain.people.email_addresses import canonical_email
from succotash.domain.shops.amounts import amount_of_text
from succotash.domain.values import ID_LIMIT, Currency, amount_violation, is_printable
from succotash.errors import InvalidInputError

REMEMBERED = 50_000
"""Days, prices and addresses repeat, and reading them is dear."""
_CURRENCY = re.compile(r"[A-Za-z]{3}")
_SPREADSHEET_NUMBER = re.compile(r"\d(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)
_FIRST_YEAR, _LAST_YEAR = 1901, 2998


class Columns:
    """The cells of some columns of a row, by place; an absent column's cell is empty."""

    def __init__(self, header: Sequence[str], wanted: Sequence[str]) -> None:
        # One cell more than a row has stands for every absent column.
        places = [header.index(each) if each in header else len(header) for each in wanted]
        self._pick: Callable[[Sequence[str]], tuple[str, ...]] = itemgetter(*places)

    def of(self, cells: list[str]) -> tuple[str, ...]:
        """The wanted cells, in the order in which they were asked for."""
        cells.append("")
        try:
            return self._pick(cells)
        finally:
            cells.pop()


def instant(column: str, text: str, zone: tzinfo | None = None) -> datetime:
    """The instant in UTC; one without offset is in the zone, or refused without one."""
    try:
        # As in `2026-03-01 10:00:05 +0100`.
        found = datetime.fromisoformat(text[:19] + text[19:].lstrip())
    except ValueError:
        raise InvalidInputError.of(column, "not_an_instant", _INSTANT_EXPECTED) from None
    if found.tzinfo is None:
        if zone is None:
            raise InvalidInputError.of(
                column,
                "timezone_missing",
                "Must have an offset such as +0100; a spreadsheet may have removed it",
            )
        return instant_in(column, found, zone)
    return instant_in(column, found)


def instant_in(column: str, found: datetime, zone: tzinfo = UTC) -> datetime:
    """The instant in UTC; a wall clock shows the zone's time, of two instants the first."""
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise InvalidInputError.of(column, "not_an_instant", "Must lie between 1901 and 2998")
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


_INSTANT_EXPECTED = "Must be a date and time such as 2026-03-01 10:00:05"


@lru_cache(REMEMBERED)
def amount(column: str, text: str, decimal_sign: str = ".") -> Decimal:
    """The amount; an empty cell is zero."""
    if not text or text.isspace():
        return Decimal(0)
    try:
        found = amount_of_text(text, decimal_sign)
    except InvalidInputError as error:
        [violation] = error.violations
        raise InvalidInputError.of(column, violation.code, violation.message) from None
    if (unfit := amount_violation(column, found)) is not None:
        raise InvalidInputError([unfit])
    return found


def total(column: str, text: str, decimal_sign: str = ".") -> Decimal:
    """The amount of an order, which has to be there."""
    if not text.strip():
        raise InvalidInputError.of(column, "required", "Must not be empty")
    return amount(column, text, decimal_sign)


def given_back(column: str, text: str, decimal_sign: str = ".") -> Decimal:
    """The amount that was given back; an empty cell is zero."""
    found = amount(column, text, decimal_sign)
    if found < 0:
        raise InvalidInputError.of(column, "negative_refund", "Must not be negative")
    return found


@lru_cache(REMEMBERED)
def currency(column: str, text: str) -> Currency:
    """The currency, in capital letters."""
    if not _CURRENCY.fullmatch(text):
        raise InvalidInputError.of(
            column, "unknown_currency", "Unknown currency: must be three letters such as EUR"
        )
    return Currency(text.upper())


@lru_cache(REMEMBERED)
def email(column: str, text: str) -> str | None:
    """The canonical address; None for an empty cell."""
    if not text or text.isspace():
        return None
    try:
        return canonical_email(text)
    except InvalidInputError as error:
        [violation] = error.violations
        raise InvalidInputError.of(column, violation.code, violation.message) from None


def system_id(column: str, text: str) -> str | None:
    """An id that a system gave; None for an empty cell."""
    found = text.strip()
    if not found:
        return None
    if _SPREADSHEET_NUMBER.fullmatch(found):
        raise InvalidInputError.of(
            column, "rounded_id", "Changed by a spreadsheet; import the file as it was exported"
        )
    if len(found) > ID_LIMIT // 2 or not is_printable(found):
        raise InvalidInputError.of(
            column, "invalid_id", f"Must be printable, of at most {ID_LIMIT // 2} characters"
        )
    return found


def decimal_sign_of(texts: Sequence[str]) -> str:
    """The decimal sign of a file: a comma only where each comma is followed by two last digits."""
    with_comma = [each for each in texts if "," in each]
    is_comma = with_comma and not any("." in each for each in texts)
    return "," if is_comma and all(re.search(r",\d\d$", each) for each in with_comma) else "."
