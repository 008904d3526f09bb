"""Rows as PostgreSQL gives them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast, override

from succotash.domain.values import Currency, Money
from succotash.infrastructure.postgres.statements import instant


class PostgresRow:
    """A row by column name; types are those of the driver, made ready when a connection opens."""

    __slots__ = ("_columns", "_values")

    def __init__(self, columns: Mapping[str, int], values: Sequence[Any]) -> None:
        self._columns = columns
        self._values = values

    def __getitem__(self, column: str, /) -> Any:  # noqa: ANN401 - text, a number, or NULL
        """The value as the driver gives it."""
        return self._values[self._columns[column]]

    def flag(self, column: str, /) -> bool:
        """A truth value."""
        return cast("bool", self[column])

    def instant(self, column: str, /) -> datetime:
        """An instant, in UTC."""
        return cast("datetime", self[column])

    def optional_instant(self, column: str, /) -> datetime | None:
        """An instant, or None where the column is NULL."""
        return cast("datetime | None", self[column])

    def day(self, column: str, /) -> date:
        """A calendar day."""
        return cast("date", self[column])

    def optional_day(self, column: str, /) -> date | None:
        """A calendar day, or None where the column is NULL."""
        return cast("date | None", self[column])

    def span(self, column: str, /) -> timedelta:
        """A length of time, selected in microseconds."""
        return timedelta(microseconds=self[column])

    def optional_span(self, column: str, /) -> timedelta | None:
        """A length of time, selected in microseconds, or None where the column is NULL."""
        return None if self[column] is None else self.span(column)

    def amount(self, column: str, /) -> Decimal:
        """An amount in the currency of the deployment."""
        return cast("Decimal", self[column])

    def money(self, column: str, /, currency: str = "currency") -> Money:
        """An amount, and its currency from the column of that name."""
        return Money(self[column], Currency(self[currency]))

    def optional_money(self, column: str, /, currency: str = "currency") -> Money | None:
        """An amount with its currency, or None where either column is NULL."""
        if self[column] is None or self[currency] is None:
            return None
        return self.money(column, currency)

    def json(self, column: str, /) -> Any:  # noqa: ANN401 - what JSON holds is known to its reader
        """The value in a column of JSON or an array."""
        return self[column]

    def optional_json(self, column: str, /) -> Any:  # noqa: ANN401 - as `json`
        """The value in a column of JSON or an array, or None where the column is NULL."""
        return self[column]

    def documents(self, column: str, /) -> "list[PostgresDocument]":
        """The rows in a column of JSON; NULL is none."""
        return [PostgresDocument(each) for each in self[column] or ()]


class PostgresDocument(PostgresRow):
    """A row within a column of JSON, where instants and amounts are texts."""

    __slots__ = ()

    def __init__(self, document: Mapping[str, object]) -> None:
        super().__init__({name: place for place, name in enumerate(document)}, [*document.values()])

    @override
    def instant(self, column: str, /) -> datetime:
        return instant(self[column])

    @override
    def optional_instant(self, column: str, /) -> datetime | None:
        return None if self[column] is None else self.instant(column)

    @override
    def money(self, column: str, /, currency: str = "currency") -> Money:
        return Money(Decimal(self[column]), Currency(self[currency]))
