"""The base of the SQLite repositories: the unit of work."""

from pathlib import Path

from succotash.infrastructure.sqlite.connection import MEMORY, Database, UnitOfWork


class SQLiteRepository:
    """A repository on a database of its own, or `within` a unit of work that somebody else ends."""

    def __init__(self, path: str | Path = MEMORY, *, within: UnitOfWork | None = None) -> None:
        self._unit = within or Database(path)

    def close(self) -> None:
        """Release the connections; the repository may be used again and opens them again."""
        self._unit.close()
