"""What repositories do with columns of the rows they get."""

from array import array
from collections.abc import Iterable

from succotash.infrastructure.sqlite.connection import Row


def integers(rows: Iterable[Row], column: str) -> array[int]:
    """A column of whole numbers."""
    return array("q", [int(row[column]) for row in rows])
