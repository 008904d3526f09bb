"""Provisions a server for the functions: database, roles, rights, schema."""

from base64 import b64encode
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

from scramp import ScramMechanism

from succotash.errors import StorageError, SuccotashError
from succotash.infrastructure.postgres.connection import Connection
from succotash.infrastructure.postgres.connection_settings import ConnectionSettings
from succotash.infrastructure.postgres.connector import Connector
from succotash.infrastructure.postgres.errors import StatementError
from succotash.infrastructure.postgres.migrations import (
    REVISION,
    migrate,
    require_understood,
    seconds_left,
)
from succotash.infrastructure.postgres.migrations.rights import TABLES_OF_THEIR_OWN, Kind, role_of
from succotash.infrastructure.postgres.sql import statements

OLDEST, NEWEST = 15, 18
NO_RIGHTS = "42501"
MIGRATOR = "succotash_migrator"
"""The role that owns the schema, unless told otherwise."""
MAINTENANCE = "postgres"
"""The database that every server has, to begin from."""

_SQL = statements("provisioning")
LIMITS = {
    "statement_timeout": "25s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
}
"""The limits of functions' sessions where they do not ask for other limits themselves."""


class SetUpError(SuccotashError):
    """Why this server cannot be set up, in a sentence."""


@dataclass(frozen=True, slots=True)
class Login:
    """A role that logs in, and for which kinds of functions it has the rights."""

    role: str
    kinds: Collection[Kind]
    password: str | None = field(repr=False)
    """None for IAM authentication, which only servers of RDS know."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The database, roles and schema to provision."""

    database: str
    migrator: str
    """The role that owns the schema; nobody logs in as it."""
    logins: Sequence[Login]


class SchemaMigration:
    """Sets a deployment's database up: a role for each kind of function, and the schema."""

    def __init__(
        self,
        admin: ConnectionSettings,
        user: str,
        passwords: Mapping[str, Callable[[], str]],
        migrator: str = MIGRATOR,
    ) -> None:
        """`admin` names the deployment's database, `user` begins the name of every role.

        `passwords` are by kind; without any, all roles log in by IAM.
        """
        self._admin = admin
        self._user = user
        self._passwords = passwords
        self._migrator = migrator

    def run(self, wanted: str | None, deadline: float) -> str:
        """The revision that the database has in the end.

        Where that is a later one than this release's, the schema stays: the release works on it,
        being rolled back to. `deadline` as `set_up` takes it. SetUpError where `wanted` is later
        than this release's, or the server cannot be set up; storage errors.
        """
        if wanted is not None and wanted > REVISION:
            raise SetUpError(f"this release knows the schema up to {REVISION}, not {wanted}")
        if wanted is not None and wanted < REVISION:
            return wanted  # the release before, which a rollback brings back, works on its own
        inside = self._admin
        logins = [
            Login(
                role_of(self._user, kind),
                (kind,),
                self._passwords[kind]() if self._passwords else None,
            )
            for kind in Kind
        ]
        plan = Plan(inside.database, self._migrator, logins)
        server = replace(inside, database=MAINTENANCE)
        return set_up(server, plan, deadline=deadline, accepts_later=True)


def set_up(
    admin: ConnectionSettings,
    plan: Plan,
    *,
    deadline: float | None = None,
    accepts_later: bool = False,
) -> str:
    """Make it so, as an administrator; the schema's revision. SetUpError where it cannot be done.

    What is there already is brought up to date. `deadline` and `accepts_later` as `migrate` takes
    them; where the time is over before another set-up has ended, nothing is changed.
    """
    try:
        with closing(Connector(admin).connect()) as server:
            is_superuser = _require_usable(server)
            server.run(_SQL["lock_set_up"], {})
            if deadline is not None:
                seconds_left(deadline)  # waiting may have taken all of it
            inside = replace(admin, database=plan.database)
            is_there = _has_database(server, plan)
            if is_there:
                require_understood(inside, accepts_later=accepts_later)
            _make_roles(server, plan, is_superuser=is_superuser)
            if not is_there:
                _tell(server, _SQL["create_database"], database=plan.database, owner=plan.migrator)
            _give_rights(server, plan)
            return _make_schema(inside, plan, deadline, accepts_later=accepts_later)
    except StatementError as error:
        if error.sqlstate == NO_RIGHTS:
            raise SetUpError("the administrator lacks the rights this takes") from None
        raise SetUpError(str(error)) from None


def _require_usable(server: Connection) -> bool:
    """Whether the administrator is a superuser; SetUpError where the server will not do."""
    try:
        [found] = server.run(_SQL["get_server"], {})
    except StorageError:
        raise SetUpError("the server answers, but not as PostgreSQL does") from None
    if not found["is_postgres"] or not OLDEST <= found["major_version"] <= NEWEST:
        raise SetUpError(f"the server is not PostgreSQL {OLDEST} to {NEWEST}")
    if found["is_read_only"]:
        raise SetUpError("the server is a read-only standby; name the one that can write")
    if not found["may_set_up"]:
        raise SetUpError("the administrator may not create roles and databases")
    return bool(found["is_superuser"])


def _make_roles(server: Connection, plan: Plan, *, is_superuser: bool) -> None:
    roles = [each.role for each in plan.logins]
    if plan.migrator in roles:
        raise SetUpError("the role that migrates and the one of the functions must be two")
    for role in (plan.migrator, *roles):
        known = server.run(_SQL["get_role"], {"role": role})
        if not known:
            _tell(server, _SQL["create_role"], role=role)
        elif known[0]["administers"]:
            raise SetUpError("a role of the functions or migrations is an administrator")
    for each in plan.logins:
        if each.password is None:
            if not server.run(_SQL["get_iam_role"], {}):
                raise SetUpError(
                    "the server does not support IAM authentication: it has no role rds_iam"
                )
            _tell(server, _SQL["let_log_in_by_iam"], role=each.role)
            _tell(server, _SQL["grant_iam"], role=each.role)
        else:
            _tell(
                server, _SQL["let_log_in"], role=each.role, verifier=scram_verifier(each.password)
            )
    if not is_superuser:
        _tell(server, _SQL["join_role"], role=plan.migrator)


def _has_database(server: Connection, plan: Plan) -> bool:
    known = server.run(_SQL["get_database"], {"database": plan.database})
    if any(each["encoding"] != "UTF8" or not each["is_own"] for each in known):
        raise SetUpError("the database is there, but not UTF8 or not the administrator's")
    return bool(known)


def _give_rights(server: Connection, plan: Plan) -> None:
    _tell(server, _SQL["close_database"], database=plan.database)
    _tell(
        server,
        _SQL["open_database"],
        database=plan.database,
        role=plan.migrator,
        rights="CONNECT, CREATE",
    )
    for each in plan.logins:
        makes_tables = TABLES_OF_THEIR_OWN.intersection(each.kinds)
        rights = "CONNECT, TEMPORARY" if makes_tables else "CONNECT"
        _tell(server, _SQL["open_database"], database=plan.database, role=each.role, rights=rights)
        for name, value in LIMITS.items():
            _tell(
                server,
                _SQL["limit_sessions"],
                role=each.role,
                database=plan.database,
                name=name,
                value=value,
            )


def _make_schema(
    admin: ConnectionSettings, plan: Plan, deadline: float | None, *, accepts_later: bool
) -> str:
    with closing(Connector(admin).connect()) as database:
        database.run(_SQL["close_schema"], {})
        _tell(database, _SQL["open_schema"], role=plan.migrator)
    users: Mapping[str, Collection[Kind]] = {each.role: each.kinds for each in plan.logins}
    return migrate(
        admin, role=plan.migrator, users=users, deadline=deadline, accepts_later=accepts_later
    )


def scram_verifier(password: str) -> str:
    """The verifier that PostgreSQL stores of a password (RFC 5803), so that no log holds itself."""
    salt, stored, server, iterations = ScramMechanism("SCRAM-SHA-256").make_auth_info(password)
    salt, stored, server = (b64encode(each).decode() for each in (salt, stored, server))
    return f"SCRAM-SHA-256${iterations}:{salt}${stored}:{server}"


def _tell(server: Connection, statement: str, **names: str) -> None:
    [row] = server.run(statement, names)
    server.run(row["command"], {})
