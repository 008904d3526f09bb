"""What repositories do with the rows they get."""

from array import array
from collections.abc import Iterable, Sequence

from succotash.errors import NotFoundError, StorageError
from succotash.infrastructure.postgres.connection import Row


def only(kind: str, rows: Sequence[Row]) -> Row:
    """The one row; NotFoundError of this kind where there is none."""
    if not rows:
        raise NotFoundError(kind)
    return rows[0]


def whole(values: Iterable[str]) -> array[int]:
    """A column of whole numbers; StorageError for one beyond 64 bits."""
    try:
        return array("q", map(int, values))
    except OverflowError:
        raise StorageError("a total is larger than 64 bits hold") from None
