"""Settings of connections: the server, the role, and how long anything may take."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from succotash.errors import SettingsError
from succotash.hosts import is_this_machine

MILLISECOND = 0.001


class PasswordSource(Protocol):
    """Gives the password to connect with."""

    def __call__(self, *, fresh: bool = False) -> str:
        """The password; `fresh` where the one given before was refused."""


def fixed_password(password: str) -> PasswordSource:
    """The source of a password that never changes."""

    def source(*, fresh: bool = False) -> str:  # noqa: ARG001 - there is no other to fetch
        return password

    return source


def password_with_fallback(first: PasswordSource, second: PasswordSource) -> PasswordSource:
    """The source of the first password, and of the second one where that was refused."""

    def source(*, fresh: bool = False) -> str:
        return second(fresh=True) if fresh else first()

    return source


class SslMode(StrEnum):
    """The modes of libpq: `require` encrypts but believes any server, so it stops no attacker."""

    DISABLE = "disable"
    REQUIRE = "require"
    VERIFY_FULL = "verify-full"


def default_sslmode(host: str) -> SslMode:
    """The mode for a server on this host, by default."""
    return SslMode.DISABLE if is_this_machine(host) else SslMode.VERIFY_FULL


RDS_AUTHORITIES = Path(__file__).with_name("rds.pem")
"""The certificates of the authorities of Amazon RDS."""


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """Settings of connections: the server, the role, and how long anything may take (in seconds).

    A host that starts with "/" is the directory of a Unix socket, which has no TLS. `proxied`
    says that RDS Proxy or PgBouncer shares out the sessions: then nothing is left in them, no
    prepared statements and no limits, which belong to the role (`ALTER ROLE ... SET`) instead.
    """

    host: str
    port: int
    database: str
    user: str
    password: PasswordSource = field(repr=False)
    sslmode: SslMode = SslMode.VERIFY_FULL
    sslrootcert: Path | None = None
    application_name: str = "succotash"
    connect_timeout: float = 20.0
    """Long enough for a paused Aurora Serverless v2 cluster to wake up (about 15 s)."""
    statement_timeout: float = 15.0
    lock_timeout: float = 3.0
    idle_in_transaction_timeout: float = 30.0
    network_allowance: float = 5.0
    """The time by which the server's answer may be later than its own limits."""
    proxied: bool = False
    statements_kept: int = 200
    """Prepared statements of one connection; the longest unused gives way."""

    def __post_init__(self) -> None:
        times = (
            self.connect_timeout,
            self.statement_timeout,
            self.lock_timeout,
            self.idle_in_transaction_timeout,
        )
        if min(times) < MILLISECOND:
            raise SettingsError("every time limit of a database connection must be greater than 0")

    @property
    def read_timeout(self) -> float:
        """The time to wait for an answer; by then the server has given up."""
        return self.statement_timeout + self.network_allowance

    def startup_parameters(self) -> dict[str, str]:
        """The parameters that a session starts with; they cost no round trip."""
        if self.proxied:
            return {"client_encoding": "UTF8"}
        return {
            "client_encoding": "UTF8",
            "TimeZone": "UTC",
            "DateStyle": "ISO",
            "statement_timeout": _milliseconds(self.statement_timeout),
            "lock_timeout": _milliseconds(self.lock_timeout),
            "idle_in_transaction_session_timeout": _milliseconds(self.idle_in_transaction_timeout),
        }


def _milliseconds(seconds: float) -> str:
    return str(round(seconds / MILLISECOND))
