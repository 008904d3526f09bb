"""The schema's history, and the way to its present.

Alembic and SQLAlchemy are imported only when migrating: the layer does not ship them.
"""

import math
import re
import ssl
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pg8000.dbapi
from pg8000.exceptions import InterfaceError

from succotash.errors import StorageError, StorageUnavailableError
from succotash.infrastructure.postgres.address import settings_of
from succotash.infrastructure.postgres.connection_settings import ConnectionSettings, SslMode
from succotash.infrastructure.postgres.errors import PASSWORD_REFUSED
from succotash.infrastructure.postgres.migrations.rights import Kind, grants, quoted
from succotash.infrastructure.postgres.sql import statements

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

REVISION = "0032"
"""The schema that this release works on."""
REVISION_TABLE = "succotash_revision"
"""Remembers which schema a database has; its presence says whose the database is."""

_LOCK_TIMEOUT = "10s"
_LOCK_NOT_AVAILABLE, _CANCELED = "55P03", "57014"
_TOO_LONG = "the migration took longer than it may"
_OURS = re.compile(r"[0-9]{4}")
"""The pattern of the revisions of every release."""
_SQL = statements("migrations")


def migrate(
    target: str | ConnectionSettings,
    *,
    role: str | None = None,
    users: Mapping[str, Collection[Kind]] | None = None,
    deadline: float | None = None,
    accepts_later: bool = False,
) -> str:
    """Bring the database to this release's schema; the revision it then has.

    `target` is where and as whom: settings, or a URL as `settings_of` reads it. `role` becomes
    the owner of what is made. Each of `users` gets the rights that its kinds of functions need,
    and loses others. It ends by `deadline`, in the seconds of time.monotonic(), where given. All
    of it happens, or nothing; two migrations wait for each other.

    With `accepts_later` the schema of a later release stays, and `users` get rights on it besides
    those that they have: the later release works on until this one, rolled back to, is there.

    StorageUnavailableError where the database does not answer, something holds the tables, or the
    time is over; StorageError where it holds tables of something else, or a schema that this
    release does not know.
    """
    from alembic import command

    with _transaction(target) as connection:
        run = connection.exec_driver_sql
        if deadline is None:
            # SET, here and below, is a command, which takes no parameters.
            run("SET LOCAL statement_timeout = 0")  # the server may have a limit of its own
        else:
            _limit(connection, deadline)
        if role is not None:
            run(f"SET LOCAL ROLE {quoted(role)}")
        run(_SQL["lock_migrations"])
        run(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
        later = _later(connection) if accepts_later else None
        if later is None:
            config = _config(connection)
            _require_understood(connection, config)
            command.upgrade(config, REVISION)
        others = None if later is None else run(_SQL["find_tables"]).scalars().all()
        for user, kinds in (users or {}).items():
            for statement in grants(user, kinds, others=others):
                run(statement)
    return later or REVISION


def seconds_left(deadline: float) -> float:
    """Until a migration's deadline; StorageUnavailableError where that is over."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise StorageUnavailableError(_TOO_LONG)
    return left


def require_understood(target: str | ConnectionSettings, *, accepts_later: bool = False) -> None:
    """StorageError where `migrate` would refuse the database for what it holds already."""
    with _transaction(target) as connection:
        if not (accepts_later and _later(connection)):
            _require_understood(connection, _config(connection))


@contextmanager
def _transaction(target: str | ConnectionSettings) -> Iterator["Connection"]:
    from alembic.util import CommandError
    from sqlalchemy import create_engine
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import NullPool

    settings = settings_of(target) if isinstance(target, str) else target
    engine = create_engine(
        "postgresql+pg8000://", creator=lambda: _connect(settings), poolclass=NullPool
    )
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        raise _refusal(error.orig) from None
    except CommandError:
        raise StorageError("the database has a schema that this release does not know") from None
    except (InterfaceError, OSError):
        raise StorageUnavailableError("the database cannot be reached") from None


def _limit(connection: "Connection", deadline: float) -> None:
    """Cancel the statement that runs when the time is over, and let none begin after it."""
    from sqlalchemy import event
    from sqlalchemy.engine.interfaces import DBAPICursor

    def limit(_: object, cursor: DBAPICursor, *__: object) -> None:
        milliseconds = math.ceil(seconds_left(deadline) * 1000)  # never 0, which would be no limit
        cursor.execute(f"SET LOCAL statement_timeout = {milliseconds}")

    event.listen(connection, "before_cursor_execute", limit)


def _config(connection: "Connection") -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _require_understood(connection: "Connection", config: "Config") -> None:
    from alembic.script import ScriptDirectory

    known = _revisions(connection)
    if known is not None:
        for revision in known:
            ScriptDirectory.from_config(config).get_revision(revision)
    elif connection.exec_driver_sql(_SQL["holds_tables"]).scalar_one():
        raise StorageError("the database holds tables of something else; give Succotash its own")


def _later(connection: "Connection") -> str | None:
    """The database's revision where it is one of a later release than this."""
    known = _revisions(connection) or ()
    return next((each for each in known if _OURS.fullmatch(each) and each > REVISION), None)


def _revisions(connection: "Connection") -> Sequence[str] | None:
    """The revisions that the database records; None if it is not ours."""
    run = connection.exec_driver_sql
    if not run(_SQL["is_ours"]).scalar_one():
        return None
    return run(_SQL["get_revisions"]).scalars().all()


def _connect(settings: ConnectionSettings) -> pg8000.dbapi.Connection:
    """A connection, with a new password once where the known one is refused."""
    try:
        return _open(settings, settings.password())
    except pg8000.dbapi.DatabaseError as error:
        match error.args:
            case ({"C": str(sqlstate)},) if sqlstate in PASSWORD_REFUSED:
                return _open(settings, settings.password(fresh=True))
            case _:
                raise


def _open(settings: ConnectionSettings, password: str) -> pg8000.dbapi.Connection:
    on_socket = settings.host.startswith("/")
    return pg8000.dbapi.connect(
        settings.user,
        database=settings.database,
        password=password,
        host=None if on_socket else settings.host,
        port=settings.port,
        unix_sock=f"{settings.host}/.s.PGSQL.{settings.port}" if on_socket else None,
        ssl_context=False if on_socket else _tls(settings),
        application_name="succotash migration",
    )


def _tls(settings: ConnectionSettings) -> ssl.SSLContext | bool:
    if settings.sslmode is SslMode.DISABLE:
        return False
    authorities = settings.sslrootcert
    context = ssl.create_default_context(cafile=authorities and str(authorities))
    if settings.sslmode is SslMode.REQUIRE:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _refusal(error: BaseException | None) -> StorageError | StorageUnavailableError:
    """The error without the driver's text, which may hold rows and names."""
    match error.args if error is not None else ():
        case ({"C": str(sqlstate)},):
            if sqlstate == _LOCK_NOT_AVAILABLE:
                return StorageUnavailableError("something else holds the tables; try again")
            if sqlstate == _CANCELED:
                return StorageUnavailableError(_TOO_LONG)
            return StorageError(f"the database refused the migration (SQLSTATE {sqlstate})")
        case _:
            return StorageUnavailableError("the database cannot be reached")
