"""What repositories do with columns of the rows they get."""

from array import array
from collections.abc import Iterable

from succotash.domain.values import Money
from succotash.infrastructure.sqlite.columns import money
from succotash.infrastructure.sqlite.connection import Row


def integers(rows: Iterable[Row], column: str) -> array[int]:
    """A column of whole numbers."""
    return array("q", [int(row[column]) for row in rows])


def total(rows: Iterable[Row], column: str) -> Money | None:
    """The sum of a column of money; None where no row has any."""
    found: Money | None = None
    for row in rows:
        part = money(row[column], row["currency"])
        if part is not None:
            found = part if found is None else found + part
    return found
