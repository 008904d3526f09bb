"""PostgreSQL by settings: for functions, and for setting the database up."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from succotash.errors import SettingsError
from succotash.infrastructure.aws.passwords import IamToken, SecretPassword
from succotash.infrastructure.postgres.connection_settings import (
    RDS_AUTHORITIES,
    ConnectionSettings,
    PasswordSource,
    SslMode,
    default_sslmode,
    fixed_password,
    password_with_fallback,
)
from succotash.infrastructure.postgres.pool import PoolLimits
from succotash.infrastructure.postgres.storage import PostgresStorage
from succotash.settings import LOCAL_PASSWORD, Settings

if TYPE_CHECKING:
    from succotash.infrastructure.postgres.provisioning import SchemaMigration

ANOTHER_SET_UP_SECONDS = 120.0
"""The time to wait for another set-up of the same server, which a rollback may follow."""


def postgres_storage(settings: Settings) -> PostgresStorage:
    """The storage that functions use, as their role."""
    limits = PoolLimits(maximum=settings.db_max_connections)
    return PostgresStorage(connection_settings(settings), limits)


def schema_migration(settings: Settings) -> "SchemaMigration":
    """The migration that sets the database up, as the administrator; SettingsError without one."""
    from succotash.infrastructure.postgres.provisioning import SchemaMigration

    user, password = _administrator(settings)
    return SchemaMigration(
        replace(
            connection_settings(settings),
            user=user,
            password=password,
            lock_timeout=ANOTHER_SET_UP_SECONDS,
        ),
        settings.db_user,
        {kind: SecretPassword(arn) for kind, arn in (settings.db_role_secret_arns or {}).items()},
    )


def _administrator(settings: Settings) -> tuple[str, PasswordSource]:
    """The administrator's name and password: a token before it, where roles log in by IAM.

    From PostgreSQL 16 on, who creates a role is a member of it. With the first role that holds
    rds_iam, RDS asks its creator for a token too, in the middle of a set-up already. Before that, a
    token is an ordinary wrong password. So the token goes first: the password is read and sent
    only until the first set-up has made the roles. An administrator who logs in by IAM from the
    beginning has no secret.
    """
    user = settings.db_admin_user
    if settings.db_admin_secret_arn is None:
        if user is None or not settings.db_iam_auth:
            raise SettingsError("DB_ADMIN_SECRET_ARN must be set, or DB_IAM_AUTH and DB_ADMIN_USER")
        return user, IamToken(settings.db_host, settings.db_port, user)
    secret = SecretPassword(settings.db_admin_secret_arn)
    user = user or secret.user()
    if not settings.db_iam_auth:
        return user, secret
    token = IamToken(settings.db_host, settings.db_port, user)
    return user, password_with_fallback(token, secret)


def connection_settings(settings: Settings) -> ConnectionSettings:
    """The address of the database, and how functions log in."""
    return ConnectionSettings(
        host=settings.db_host,
        port=settings.db_port,
        database=settings.db_name,
        user=settings.db_user,
        password=_password_source(settings),
        sslmode=(
            default_sslmode(settings.db_host)
            if settings.db_sslmode is None
            else SslMode(settings.db_sslmode)
        ),
        sslrootcert=_authorities(settings),
        connect_timeout=settings.db_connect_timeout,
        statement_timeout=settings.db_statement_timeout,
        lock_timeout=settings.db_lock_timeout,
        proxied=settings.db_proxy,
    )


def _authorities(settings: Settings) -> Path | None:
    if settings.db_sslrootcert is None:
        return None
    return RDS_AUTHORITIES if settings.db_sslrootcert == "rds" else Path(settings.db_sslrootcert)


def _password_source(settings: Settings) -> PasswordSource:
    if settings.db_secret_arn is not None:
        return SecretPassword(settings.db_secret_arn)
    if settings.db_iam_auth:
        return IamToken(settings.db_host, settings.db_port, settings.db_user)
    return fixed_password(settings.db_password or LOCAL_PASSWORD)
