"""Rows as SQLite gives them."""

import json
import sqlite3
from array import array
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

from succotash.domain.value.ledgers import Histories
from succotash.domain.values import Money
from succotash.infrastructure.sqlite import columns


class SQLiteRow(sqlite3.Row):
    """A row by column name: instants and spans in microseconds, money in ten-thousandths."""

    def flag(self, column: str, /) -> bool:
        """A truth value, of 0 or 1."""
        return bool(self[column])

    def instant(self, column: str, /) -> datetime:
        """An instant, in UTC."""
        return columns.instant(self[column])

    def optional_instant(self, column: str, /) -> datetime | None:
        """An instant, or None where the column is NULL."""
        return columns.optional_instant(self[column])

    def day(self, column: str, /) -> date:
        """A calendar day."""
        return date.fromisoformat(self[column])

    def optional_day(self, column: str, /) -> date | None:
        """A calendar day, or None where the column is NULL."""
        text = self[column]
        return None if text is None else date.fromisoformat(text)

    def span(self, column: str, /) -> timedelta:
        """A length of time."""
        return timedelta(microseconds=self[column])

    def optional_span(self, column: str, /) -> timedelta | None:
        """A length of time, or None where the column is NULL."""
        microseconds = self[column]
        return None if microseconds is None else timedelta(microseconds=microseconds)

    def amount(self, column: str, /) -> Decimal:
        """An amount in the currency of the deployment."""
        return columns.amount(self[column])

    def money(self, column: str, /, currency: str = "currency") -> Money:
        """An amount, and its currency from the column of that name."""
        return cast("Money", columns.money(self[column], self[currency]))

    def optional_money(self, column: str, /, currency: str = "currency") -> Money | None:
        """An amount with its currency, or None where either column is NULL."""
        return columns.money(self[column], self[currency])

    def json(self, column: str, /) -> Any:  # noqa: ANN401 - what JSON holds is known to its reader
        """The value in a column of JSON."""
        return json.loads(self[column])

    def optional_json(self, column: str, /) -> Any:  # noqa: ANN401 - as `json`
        """The value in a column of JSON, or None where the column is NULL."""
        return None if self[column] is None else self.json(column)


def integers(rows: Sequence[SQLiteRow], column: str) -> array[int]:
    """The whole numbers in a column of these rows."""
    return array("q", [int(row[column]) for row in rows])


def histories_of(rows: Sequence[SQLiteRow], today: int) -> Histories:
    """The days on which customers did something, one row each; `today` closes their age."""
    return Histories(
        customer_ids=[row["customer_id"] for row in rows],
        first_day=integers(rows, "first_day"),
        frequency=integers(rows, "frequency"),
        recency=integers(rows, "recency"),
        age=array("q", [today - row["first_day"] for row in rows]),
        holdout=integers(rows, "holdout"),
    )
