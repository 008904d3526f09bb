"""Keyset cursors: opaque text that names the last row of a page."""

import base64
import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from succotash.domain.values import (
    ID_LIMIT,
    MONEY_UNIT,
    TOTAL_LIMIT,
    After,
    Currency,
    CustomerId,
    Money,
    is_printable,
)
from succotash.errors import InvalidInputError

MAX_PAGE = 200


def require_page(limit: int) -> int:
    """The limit, if a page may be that long; InvalidInputError otherwise."""
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidInputError.of("limit", "limit_out_of_range", f"Must be 1 to {MAX_PAGE}")
    return limit


def encode_cursor(*keys: str) -> str:
    """The cursor behind a row with these keys."""
    return base64.urlsafe_b64encode(json.dumps(keys).encode()).decode().rstrip("=")


def _decode[T](cursor: str, read: Callable[[str, str], T]) -> T:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        first, second = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if not (isinstance(first, str) and isinstance(second, str)):
            raise TypeError(cursor)
        if len(second) > ID_LIMIT or not is_printable(second):
            raise ValueError(cursor)
        return read(first, second)
    except (ValueError, TypeError, ArithmeticError, RecursionError, InvalidInputError):
        raise InvalidInputError.of("cursor", "cursor_invalid", "Invalid cursor") from None


def after_moment(cursor: str | None) -> After | None:
    """For lists ordered by instant and id."""

    def read(moment: str, row: str) -> After:
        instant = datetime.fromisoformat(moment)
        if instant.tzinfo is None:
            raise ValueError(moment)
        return After(instant.astimezone(UTC), row)

    return None if cursor is None else _decode(cursor, read)


def after_value(cursor: str | None, currency: Currency) -> tuple[Money, CustomerId] | None:
    """For lists ordered by an amount and id."""

    def read(amount: str, row: str) -> tuple[Money, CustomerId]:
        given = Money(Decimal(amount), currency).amount
        exact = given.quantize(MONEY_UNIT)
        if exact != given or abs(exact) >= TOTAL_LIMIT:
            raise ValueError(amount)
        return Money(exact, currency), CustomerId(row)

    return None if cursor is None else _decode(cursor, read)


def before_month(cursor: str | None) -> date | None:
    """For lists ordered by month, the latest first."""

    def read(month: str, _: str) -> date:
        return date.fromisoformat(month)

    return None if cursor is None else _decode(cursor, read)


def next_cursor[T](
    rows: Sequence[T], limit: int, keys: Callable[[T], tuple[str, str]]
) -> str | None:
    """The cursor of the next page; None where this page was not full."""
    return encode_cursor(*keys(rows[-1])) if len(rows) == limit else None
