"""Databases with the schema, for tests that want one of their own."""

from collections.abc import Iterator
from contextlib import contextmanager

from succotash.infrastructure.postgres.connection_settings import (
    ConnectionSettings,
    SslMode,
    fixed_password,
)
from succotash.infrastructure.postgres.migrations import migrate
from succotash.infrastructure.postgres.migrations.rights import EVERYTHING
from tests.servers import PostgresServer


@contextmanager
def migrated_database(server: PostgresServer) -> Iterator[ConnectionSettings]:
    """A database with its schema, used by a role that has the functions' rights and no others."""
    with server.new_user() as (user, password), server.new_database() as name:
        migrate(server.url(name), users={user: EVERYTHING})
        yield ConnectionSettings(
            host=server.host,
            port=server.port,
            database=name,
            user=user,
            password=fixed_password(password),
            sslmode=SslMode.DISABLE,
        )


def environment_of(settings: ConnectionSettings) -> dict[str, str]:
    """By which a function reaches this database, on a server of this machine without TLS."""
    return {
        "DB_HOST": settings.host,
        "DB_PORT": str(settings.port),
        "DB_NAME": settings.database,
        "DB_USER": settings.user,
        "DB_PASSWORD": settings.password(),
        "DB_SSLMODE": "disable",
    }
