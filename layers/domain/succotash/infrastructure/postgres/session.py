"""Units of work: one open transaction, or a pool that makes one per call."""

from collections.abc import Callable, Iterable
from typing import Protocol, override

from succotash.errors import StorageError
from succotash.infrastructure.postgres.connection import Connection, Row
from succotash.infrastructure.postgres.statements import Jsonb

__all__ = ["Jsonb", "Row", "Session", "UnitOfWork"]


class UnitOfWork(Protocol):
    """A unit of work, in which statements of a repository run."""

    def run(self, statement: str, /, **parameters: object) -> list[Row]:
        """The rows of one statement; what it did is kept or undone as a whole."""

    def run_for_values(self, statement: str, /, **parameters: object) -> list[Row]:
        """The same as `run`, planned for these values each time.

        For statements whose values, such as a range of time, say how much is read: planning takes
        milliseconds, and a plan for any values may take three times as long to run.
        """

    def in_transaction[T](self, work: Callable[["Session"], T], /) -> T:
        """Do `work` in one transaction and return its result; it may be called several times."""


class Session(UnitOfWork):
    """One connection inside one transaction.

    Statements are constants with parameters named `:like_this`; a parameter's type is known from
    where it stands, or by CAST. Text goes in as str, JSONB as dict or `Jsonb`, arrays as list,
    instants aware; instants come back in UTC, numeric as Decimal, INET as str, JSONB loaded.

    Rows are read by column name, so each column of a statement needs a name of its own.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection: Connection | None = connection
        self._failed = False

    @override
    def run(self, statement: str, /, **parameters: object) -> list[Row]:
        return self._watched(lambda connection: connection.run(statement, parameters))

    @override
    def run_for_values(self, statement: str, /, **parameters: object) -> list[Row]:
        return self._watched(
            lambda connection: connection.run(statement, parameters, for_values=True)
        )

    @override
    def in_transaction[T](self, work: Callable[["Session"], T], /) -> T:
        return work(self)

    def copy_in(self, statement: str, chunks: Iterable[bytes]) -> int:
        """COPY ... FROM STDIN; how many rows. A source that raises ends the connection.

        Chunks of about 1,000 rows are quickest.
        """
        return self._watched(lambda connection: connection.copy_in(statement, chunks))

    def copy_out(self, statement: str) -> bytes:
        """All that COPY (...) TO STDOUT gives.

        It takes no parameters: `set_config('succotash.name', :value, true)` before it, and
        `current_setting` in it, carry them.
        """
        return self._watched(lambda connection: connection.copy_out(statement))

    def end(self) -> bool:
        """Refuse whatever is still asked of this session; whether all of its statements worked."""
        self._connection = None
        return not self._failed

    def _watched[T](self, call: Callable[[Connection], T]) -> T:
        if self._connection is None:
            raise StorageError("the transaction of this repository is over")
        failed, self._failed = self._failed, True
        result = call(self._connection)
        self._failed = failed
        return result
