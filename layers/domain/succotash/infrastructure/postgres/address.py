"""Addresses of databases as people write them."""

from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from succotash.errors import SettingsError
from succotash.infrastructure.postgres.connection_settings import (
    ConnectionSettings,
    SslMode,
    default_sslmode,
    fixed_password,
)


def settings_of(url: str) -> ConnectionSettings:
    """Read the settings in `postgresql://user:password@host:port/database`.

    In the query, `host` and `port` name another place, such as a Unix socket's directory, and
    `sslmode` and `sslrootcert` mean what they mean in libpq. SettingsError where it is no such
    address; it is not repeated, as it may hold a password.
    """
    try:
        parts = urlsplit(url)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        host = query.get("host") or unquote(parts.hostname or "localhost")
        port = int(query.get("port") or parts.port or 5432)
        sslmode = SslMode(query["sslmode"]) if "sslmode" in query else default_sslmode(host)
    except ValueError:
        raise SettingsError("the database's address cannot be read") from None
    if parts.scheme not in {"postgresql", "postgres"}:
        raise SettingsError("the database's address must begin with postgresql://")
    user = unquote(parts.username or "postgres")
    return ConnectionSettings(
        host=host,
        port=port,
        database=unquote(parts.path.removeprefix("/")) or user,
        user=user,
        password=fixed_password(unquote(parts.password or "")),
        sslmode=sslmode,
        sslrootcert=Path(query["sslrootcert"]) if "sslrootcert" in query else None,
    )
