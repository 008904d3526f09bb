"""Set up PostgreSQL: `python -m local.setup_postgres_db [--admin-url URL]`.

Creates the database, the role that migrates, the role the functions use with only the rights they
need, and the schema. What is there already is brought up to date, so it can be run again.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from succotash.errors import StorageError, SuccotashError
from succotash.infrastructure.postgres.address import settings_of
from succotash.infrastructure.postgres.connection import Connection
from succotash.infrastructure.postgres.connection_settings import (
    ConnectionSettings,
    fixed_password,
    is_this_machine,
)
from succotash.infrastructure.postgres.connector import Connector
from succotash.infrastructure.postgres.errors import StatementError
from succotash.infrastructure.postgres.migrations import migrate, require_understood
from succotash.settings import LOCAL_PASSWORD, Settings

LOCAL_SERVER = Path(__file__).parent.parent / ".local" / "postgres.url"
"""Where `make run` leaves the address of the server it starts."""
OLDEST, NEWEST = 15, 18
NO_RIGHTS = "42501"

SERVER = """
SELECT
    version() LIKE 'PostgreSQL %', CAST(current_setting('server_version_num') AS integer) / 10000,
    pg_is_in_recovery() OR CAST(current_setting('transaction_read_only') AS boolean),
    rolsuper, rolcreaterole, rolcreatedb
FROM pg_roles
WHERE rolname = current_user
"""
LOCK = "SELECT pg_advisory_lock(hashtextextended('succotash set-up', 0))"
ROLE = "SELECT rolsuper OR rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname = :role"
DATABASE = """
SELECT pg_encoding_to_char(encoding), pg_has_role(current_user, datdba, 'MEMBER')
FROM pg_database
WHERE datname = :database
"""
# The server itself quotes the names and the password.
CREATE_ROLE = "SELECT format('CREATE ROLE %I', CAST(:role AS text))"
LET_LOG_IN = """
SELECT format('ALTER ROLE %I LOGIN PASSWORD %L', CAST(:role AS text), CAST(:password AS text))
"""
JOIN_ROLE = "SELECT format('GRANT %I TO %I', CAST(:role AS text), current_user)"
CREATE_DATABASE = """
SELECT format(
    'CREATE DATABASE %I OWNER %I ENCODING ''UTF8'' TEMPLATE template0',
    CAST(:database AS text), CAST(:owner AS text)
)
"""
CLOSE_DATABASE = "SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', CAST(:database AS text))"
OPEN_DATABASE = """
SELECT format('GRANT %s ON DATABASE %I TO %I', CAST(:rights AS text), CAST(:database AS text),
    CAST(:role AS text))
"""
CLOSE_SCHEMA = "REVOKE CREATE ON SCHEMA public FROM PUBLIC"
OPEN_SCHEMA = "SELECT format('GRANT USAGE, CREATE ON SCHEMA public TO %I', CAST(:role AS text))"
LIMIT = """
SELECT format('ALTER ROLE %I IN DATABASE %I SET %I = %L', CAST(:role AS text),
    CAST(:database AS text), CAST(:name AS text), CAST(:value AS text))
"""
LIMITS = {
    "statement_timeout": "25s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
}
"""What the functions' sessions are held to where they do not ask for other limits themselves."""


class SetUpError(Exception):
    """Why this server cannot be set up, in a sentence."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be there in the end."""

    database: str = "supreme_octosuccotash_db"
    user: str = "app_user"
    password: str = field(default=LOCAL_PASSWORD, repr=False)
    migrator: str = "succotash_migrator"


def set_up(admin_url: str, plan: Plan | None = None) -> ConnectionSettings:
    """Make it so, and say how the functions connect; SetUpError where it cannot be done."""
    plan = plan or Plan()
    try:
        admin = settings_of(admin_url)
        _refuse_known_password(admin, plan)
        with closing(Connector(admin).connect()) as server:
            is_superuser = _require_usable(server)
            server.run(LOCK, {})
            inside = replace(admin, database=plan.database)
            is_there = _has_database(server, plan)
            if is_there:
                require_understood(inside)
            _make_roles(server, plan, is_superuser=is_superuser)
            if not is_there:
                _tell(server, CREATE_DATABASE, database=plan.database, owner=plan.migrator)
            _give_rights(server, plan)
            _make_schema(inside, plan)
    except StatementError as error:
        if error.sqlstate == NO_RIGHTS:
            raise SetUpError("the administrator lacks the rights this takes") from None
        raise SetUpError(str(error)) from None
    except SuccotashError as error:
        raise SetUpError(str(error)) from None
    return replace(
        admin, database=plan.database, user=plan.user, password=fixed_password(plan.password)
    )


def _refuse_known_password(admin: ConnectionSettings, plan: Plan) -> None:
    if plan.password == LOCAL_PASSWORD and not is_this_machine(admin.host):
        raise SetUpError("the server is another machine: set DB_PASSWORD, the default is public")


def _require_usable(server: Connection) -> bool:
    """Whether the administrator is a superuser; SetUpError where the server will not do."""
    try:
        [[is_postgres, version, is_read_only, is_superuser, *may]] = server.run(SERVER, {})
    except StorageError:
        raise SetUpError("the server answers, but not as PostgreSQL does") from None
    if not is_postgres or not OLDEST <= version <= NEWEST:
        raise SetUpError(f"the server is not PostgreSQL {OLDEST} to {NEWEST}")
    if is_read_only:
        raise SetUpError("the server is a read-only standby; name the one that can write")
    if not (is_superuser or all(may)):
        raise SetUpError("the administrator may not create roles and databases")
    return bool(is_superuser)


def _make_roles(server: Connection, plan: Plan, *, is_superuser: bool) -> None:
    if plan.user == plan.migrator:
        raise SetUpError("the role that migrates and the one of the functions must be two")
    for role in (plan.migrator, plan.user):
        known = server.run(ROLE, {"role": role})
        if not known:
            _tell(server, CREATE_ROLE, role=role)
        elif known[0][0]:
            raise SetUpError("a role that the functions or migrations would use administers")
    _tell(server, LET_LOG_IN, role=plan.user, password=plan.password)
    if not is_superuser:
        _tell(server, JOIN_ROLE, role=plan.migrator)


def _has_database(server: Connection, plan: Plan) -> bool:
    known = server.run(DATABASE, {"database": plan.database})
    if known and known[0] != ["UTF8", True]:
        raise SetUpError("the database is there, but not UTF8 or not the administrator's")
    return bool(known)


def _give_rights(server: Connection, plan: Plan) -> None:
    _tell(server, CLOSE_DATABASE, database=plan.database)
    for role, rights in ((plan.migrator, "CONNECT, CREATE"), (plan.user, "CONNECT, TEMPORARY")):
        _tell(server, OPEN_DATABASE, database=plan.database, role=role, rights=rights)
    for name, value in LIMITS.items():
        _tell(server, LIMIT, role=plan.user, database=plan.database, name=name, value=value)


def _make_schema(admin: ConnectionSettings, plan: Plan) -> None:
    with closing(Connector(admin).connect()) as database:
        database.run(CLOSE_SCHEMA, {})
        _tell(database, OPEN_SCHEMA, role=plan.migrator)
    migrate(admin, role=plan.migrator, app_user=plan.user)


def _tell(server: Connection, statement: str, **names: str) -> None:
    [[command]] = server.run(statement, names)
    server.run(command, {})


def administrator_url() -> str:
    """The server of `make run` if there is one, else the one a developer's machine often has."""
    if url := os.environ.get("POSTGRES_ADMIN_URL"):
        return url
    return local_server_url() or "postgresql://postgres@localhost:5432/postgres"


def local_server_url() -> str | None:
    """An administrator's URL of the server of `make run`, if it has been run."""
    return LOCAL_SERVER.read_text("utf-8").strip() if LOCAL_SERVER.exists() else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Set up as asked; 1 and a sentence where it cannot be done."""
    parser = argparse.ArgumentParser(
        prog="python -m local.setup_postgres_db",
        description="Create database, roles and schema, or bring them up to date.",
        epilog="Database, user and password are those of DB_NAME, DB_USER and DB_PASSWORD.",
    )
    parser.add_argument("--admin-url", help="an administrator's URL (or POSTGRES_ADMIN_URL)")
    parser.add_argument("--migrator", default=Plan().migrator, help="the role that migrates")
    options = parser.parse_args(arguments)
    try:
        settings = Settings.from_environment({**os.environ, "SUCCOTASH_STORAGE": "memory"})
        made = set_up(
            options.admin_url or administrator_url(),
            Plan(
                database=settings.db_name,
                user=settings.db_user,
                password=settings.db_password or LOCAL_PASSWORD,
                migrator=options.migrator,
            ),
        )
    except (SetUpError, SuccotashError) as error:
        print(f"PostgreSQL was not set up: {error}.", file=sys.stderr)
        return 1
    print(f"The database {made.database} on {made.host}:{made.port} is ready for {made.user}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
