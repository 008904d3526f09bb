"""Translates PostgreSQL's errors into the error tree; never with a driver's text.

A driver's error holds row values (its DETAIL), so it is replaced at once, and not chained.
"""

from succotash.errors import StorageError, StorageUnavailableError

PASSWORD_REFUSED = {"28P01", "28000"}
"""SQLSTATEs of a password that is wrong, or not what the user is to log in with."""


class StatementError(StorageError):
    """The database refused a statement, and would refuse it again."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(f"the database refused a statement (SQLSTATE {sqlstate})")
        self.sqlstate = sqlstate


class ConstraintError(StatementError):
    """A row breaks a constraint (SQLSTATE class 23): `constraint` is its name in the schema."""

    def __init__(self, constraint: str, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.constraint = constraint


class BusyError(StorageUnavailableError):
    """The database gave a statement up: a conflict, a limit, a resource; its SQLSTATE says which.

    The transaction is undone, the connection in step.
    """

    def __init__(self, sqlstate: str) -> None:
        super().__init__(f"it gave a statement up (SQLSTATE {sqlstate})")
        self.sqlstate = sqlstate


class StaleStatementError(StorageUnavailableError):
    """The schema changed under a statement prepared earlier; prepared again, it will do."""

    def __init__(self) -> None:
        super().__init__("its schema just changed")


class ConnectionLostError(StorageUnavailableError):
    """The connection ended before COMMIT was sent: nothing of the transaction is kept."""

    def __init__(self, sqlstate: str | None = None) -> None:
        super().__init__(
            "the connection was lost" + (f" (SQLSTATE {sqlstate})" if sqlstate else "")
        )


class OutcomeUnknownError(StorageUnavailableError):
    """The connection ended during COMMIT: the transaction is kept or undone, nobody knows which."""

    def __init__(self) -> None:
        super().__init__("the connection was lost during COMMIT, outcome unknown")


class ConnectError(StorageUnavailableError):
    """No connection could be opened; `passing` where the same attempt may soon succeed."""

    def __init__(self, reason: str, *, passing: bool) -> None:
        super().__init__(reason)
        self.passing = passing
