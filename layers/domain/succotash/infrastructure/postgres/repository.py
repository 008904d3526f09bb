"""The base of the PostgreSQL repositories: where their statements run."""

from collections.abc import Callable
from typing import Self

from succotash.infrastructure.postgres.connection_settings import (
    ConnectionSettings,
    SslMode,
    default_sslmode,
    fixed_password,
)
from succotash.infrastructure.postgres.database import Database
from succotash.infrastructure.postgres.pool import PoolLimits
from succotash.infrastructure.postgres.session import Row, Session, UnitOfWork


class PostgresRepository:
    """A repository with a pool of its own, or bound to a transaction or a shared pool."""

    def __init__(
        self,
        host: str = "localhost",
        port: int = 5432,
        database: str = "supreme_octosuccotash_db",
        user: str = "app_user",
        password: str = "app_password",  # noqa: S107 - the documented default of local runs
        *,
        min_connections: int = 0,
        max_connections: int = 4,
        sslmode: SslMode | None = None,
        work: UnitOfWork | None = None,
    ) -> None:
        """Opens nothing yet. A host that starts with "/" is the directory of a Unix socket.

        `sslmode` defaults to verify-full, and to disable on this machine. `work` takes the place
        of a pool of its own.
        """
        self._own: Database | None = None
        if work is None:
            self._own = work = Database(
                ConnectionSettings(
                    host=host,
                    port=port,
                    database=database,
                    user=user,
                    password=fixed_password(password),
                    sslmode=sslmode or default_sslmode(host),
                ),
                PoolLimits(minimum=min_connections, maximum=max_connections),
            )
        self._work = work

    @classmethod
    def within(cls, work: UnitOfWork) -> Self:
        """The repository whose statements run in an open transaction or on a shared pool."""
        return cls(work=work)

    def close(self) -> None:
        """Release the connections of its own pool; a bound repository has none."""
        if self._own is not None:
            self._own.close()

    def _run(self, statement: str, /, **parameters: object) -> list[Row]:
        return self._work.run(statement, **parameters)

    def _in_transaction[T](self, work: Callable[[Session], T]) -> T:
        return self._work.in_transaction(work)
