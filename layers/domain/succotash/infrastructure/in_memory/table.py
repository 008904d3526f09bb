"""A table in memory: rows by key, found by what they share, and every change logged."""

import functools
from collections.abc import Callable, Iterable

from succotash.errors import NotFoundError

type Undo = Callable[[], None]


class Index[G, K, V]:
    """The rows of a table by something they share; rows for which that is None are not in it."""

    def __init__(self, group_of: Callable[[V], G | None]) -> None:
        self._group_of = group_of
        self._groups: dict[G, dict[K, V]] = {}

    def __getitem__(self, group: G) -> Iterable[V]:
        return self._groups.get(group, {}).values()

    def keys(self, group: G) -> Iterable[K]:
        """Keys of the group's rows."""
        return self._groups.get(group, {}).keys()

    def groups(self) -> Iterable[G]:
        """Groups that have rows."""
        return self._groups.keys()

    def enter(self, key: K, row: V) -> None:
        """Take note of a row that the table now has."""
        if (group := self._group_of(row)) is not None:
            self._groups.setdefault(group, {})[key] = row

    def leave(self, key: K, row: V) -> None:
        """Take note of a row that the table no longer has."""
        if (group := self._group_of(row)) is not None:
            rows = self._groups[group]
            del rows[key]
            if not rows:
                del self._groups[group]


class Table[K, V]:
    """Rows by key. Every change is logged with its reverse."""

    def __init__(self, kind: str, log: list[Undo]) -> None:
        self._kind = kind
        self._log = log
        self._rows: dict[K, V] = {}
        self._indexes: list[Index[object, K, V]] = []

    def index[G](self, group_of: Callable[[V], G | None]) -> Index[G, K, V]:
        """A further way to the rows, kept current."""
        index = Index[G, K, V](group_of)
        self._indexes.append(index)  # type: ignore[arg-type]  # only enter and leave are called
        return index

    def __contains__(self, key: K) -> bool:
        return key in self._rows

    def __getitem__(self, key: K) -> V:
        try:
            return self._rows[key]
        except KeyError:
            raise NotFoundError(self._kind) from None

    def get(self, key: K) -> V | None:
        """The row, or None."""
        return self._rows.get(key)

    def items(self) -> Iterable[tuple[K, V]]:
        """All rows with their keys."""
        return self._rows.items()

    def keys(self) -> Iterable[K]:
        """The keys of all rows."""
        return self._rows.keys()

    def values(self) -> Iterable[V]:
        """All rows."""
        return self._rows.values()

    def __setitem__(self, key: K, row: V) -> None:
        if (replaced := self._rows.get(key)) is not None:
            self._log.append(functools.partial(self._put, key, replaced))
        else:
            self._log.append(functools.partial(self._drop, key))
        self._put(key, row)

    def discard(self, keys: Iterable[K]) -> int:
        """Delete rows; how many of them there were."""
        gone = [key for key in keys if key in self._rows]
        for key in gone:
            self._log.append(functools.partial(self._put, key, self._rows[key]))
            self._drop(key)
        return len(gone)

    def _put(self, key: K, row: V) -> None:
        replaced = self._rows.get(key)
        self._rows[key] = row
        for index in self._indexes:
            if replaced is not None:
                index.leave(key, replaced)
            index.enter(key, row)

    def _drop(self, key: K) -> None:
        row = self._rows.pop(key)
        for index in self._indexes:
            index.leave(key, row)
