"""One row of a result, alike for both SQL adapters."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from succotash.domain.values import Money
from succotash.errors import NotFoundError


class Row(Protocol):
    """A row, read by column name; a name that the statement does not select raises.

    How an instant, a date, money or JSON stands in a column is each adapter's own affair.
    """

    def __getitem__(self, column: str, /) -> Any:  # noqa: ANN401 - text, a number, or NULL
        """The value as the driver gives it: a text, a number, None."""

    def flag(self, column: str, /) -> bool:
        """A truth value."""

    def instant(self, column: str, /) -> datetime:
        """An instant, in UTC."""

    def optional_instant(self, column: str, /) -> datetime | None:
        """An instant, or None where the column is NULL."""

    def day(self, column: str, /) -> date:
        """A calendar day."""

    def optional_day(self, column: str, /) -> date | None:
        """A calendar day, or None where the column is NULL."""

    def span(self, column: str, /) -> timedelta:
        """A length of time."""

    def optional_span(self, column: str, /) -> timedelta | None:
        """A length of time, or None where the column is NULL."""

    def amount(self, column: str, /) -> Decimal:
        """An amount in the currency of the deployment."""

    def money(self, column: str, /, currency: str = "currency") -> Money:
        """An amount, and its currency from the column of that name."""

    def optional_money(self, column: str, /, currency: str = "currency") -> Money | None:
        """An amount with its currency, or None where either column is NULL."""

    def json(self, column: str, /) -> Any:  # noqa: ANN401 - what JSON holds is known to its reader
        """The value in a column of JSON or an array."""

    def optional_json(self, column: str, /) -> Any:  # noqa: ANN401 - as `json`
        """The value in a column of JSON or an array, or None where the column is NULL."""


class Prefixed:
    """A row of several things, read as that whose columns begin with a prefix."""

    def __init__(self, row: Row, prefix: str) -> None:
        self._row = row
        self._prefix = prefix

    def __getitem__(self, column: str, /) -> Any:  # noqa: ANN401 - as of a row
        """The value as the driver gives it."""
        return self._row[self._prefix + column]

    def flag(self, column: str, /) -> bool:
        """A truth value."""
        return self._row.flag(self._prefix + column)

    def instant(self, column: str, /) -> datetime:
        """An instant, in UTC."""
        return self._row.instant(self._prefix + column)

    def optional_instant(self, column: str, /) -> datetime | None:
        """An instant, or None where the column is NULL."""
        return self._row.optional_instant(self._prefix + column)

    def day(self, column: str, /) -> date:
        """A calendar day."""
        return self._row.day(self._prefix + column)

    def optional_day(self, column: str, /) -> date | None:
        """A calendar day, or None where the column is NULL."""
        return self._row.optional_day(self._prefix + column)

    def span(self, column: str, /) -> timedelta:
        """A length of time."""
        return self._row.span(self._prefix + column)

    def optional_span(self, column: str, /) -> timedelta | None:
        """A length of time, or None where the column is NULL."""
        return self._row.optional_span(self._prefix + column)

    def amount(self, column: str, /) -> Decimal:
        """An amount in the currency of the deployment."""
        return self._row.amount(self._prefix + column)

    def money(self, column: str, /, currency: str = "currency") -> Money:
        """An amount, and its currency from the column of that name."""
        return self._row.money(self._prefix + column, self._prefix + currency)

    def optional_money(self, column: str, /, currency: str = "currency") -> Money | None:
        """An amount with its currency, or None where either column is NULL."""
        return self._row.optional_money(self._prefix + column, self._prefix + currency)

    def json(self, column: str, /) -> Any:  # noqa: ANN401 - as of a row
        """The value in a column of JSON or an array."""
        return self._row.json(self._prefix + column)

    def optional_json(self, column: str, /) -> Any:  # noqa: ANN401 - as of a row
        """The value in a column of JSON or an array, or None where the column is NULL."""
        return self._row.optional_json(self._prefix + column)


def only[T](kind: str, found: Sequence[T]) -> T:
    """The one that was found; NotFoundError of this kind where nothing was."""
    if not found:
        raise NotFoundError(kind)
    return found[0]
