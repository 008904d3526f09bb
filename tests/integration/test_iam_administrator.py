"""Who sets a database up on RDS: lines of pg_hba.conf in RDS's order, tokens checked elsewhere.

RDS hands the passwords of members of rds_iam to PAM, which knows tokens only, before any line that
takes passwords. Here they go to a RADIUS server that knows one token; PostgreSQL has both built in
the same place of its authentication.
"""

import hashlib
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from succotash.infrastructure.postgres.connection_settings import (
    ConnectionSettings,
    SslMode,
    fixed_password,
    password_with_fallback,
)
from succotash.infrastructure.postgres.connector import Connector
from succotash.infrastructure.postgres.errors import ConnectError
from succotash.infrastructure.postgres.migrations import REVISION
from succotash.infrastructure.postgres.migrations.rights import Kind, role_of
from succotash.infrastructure.postgres.provisioning import SchemaMigration
from tests.servers import PostgresServer, embedded_postgres, folder_of_a_server

ADMINISTRATOR, PASSWORD, TOKEN = "administrator", "the-password", "the-token"
SHARED = b"shared"
REQUEST, ACCEPT, REJECT = 1, 2, 3
USER_PASSWORD = 2
OPTIONS = 'radiusservers="127.0.0.1" radiussecrets="shared" radiusports="{port}"'
LINES = """
local all all trust
host all postgres 127.0.0.1/32 scram-sha-256
host all +rds_iam 127.0.0.1/32 radius {options}
host all all 127.0.0.1/32 scram-sha-256
"""


class Tokens:
    """Accepts the token, as RFC 2865 has it, and nothing else."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            packet, client = self._socket.recvfrom(4096)
            if not packet:
                return
            code = ACCEPT if _password(packet) == TOKEN else REJECT
            head = bytes([code, packet[1]]) + (20).to_bytes(2)
            digest = hashlib.md5(head + packet[4:20] + SHARED).digest()  # noqa: S324 - RADIUS's
            self._socket.sendto(head + digest, client)


def _password(packet: bytes) -> str:
    """What a request asks about."""
    authenticator, attributes = packet[4:20], packet[20:]
    while attributes:
        kind, length = attributes[0], attributes[1]
        if kind == USER_PASSWORD:
            hidden, plain, before = attributes[2:length], b"", authenticator
            for start in range(0, len(hidden), 16):
                block = hidden[start : start + 16]
                mask = hashlib.md5(SHARED + before).digest()  # noqa: S324 - RADIUS's
                plain += bytes(one ^ other for one, other in zip(block, mask, strict=True))
                before = block
            return plain.rstrip(b"\0").decode()
        attributes = attributes[length:]
    raise AssertionError(packet)


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """PostgreSQL as RDS configures it, with an administrator that is no superuser."""
    tokens = Tokens()
    with folder_of_a_server() as folder, embedded_postgres(folder / "data") as made:
        options = OPTIONS.format(port=tokens.port)
        (folder / "data" / "pg_hba.conf").write_text(LINES.format(options=options))
        with made.connect() as connection:
            connection.run("SELECT pg_reload_conf()")
            connection.run("CREATE ROLE rds_iam")
            connection.run(
                f"CREATE ROLE {ADMINISTRATOR} LOGIN CREATEROLE CREATEDB PASSWORD '{PASSWORD}'"
            )
        yield made
    tokens.close()


@pytest.fixture
def by_password(server: PostgresServer) -> ConnectionSettings:
    return ConnectionSettings(
        host=server.host,
        port=server.port,
        database=f"shop_{secrets.token_hex(4)}",
        user=ADMINISTRATOR,
        password=fixed_password(PASSWORD),
        sslmode=SslMode.DISABLE,
    )


@pytest.fixture
def by_token(by_password: ConnectionSettings) -> ConnectionSettings:
    source = password_with_fallback(fixed_password(TOKEN), fixed_password(PASSWORD))
    return replace(by_password, password=source)


def set_up(admin: ConnectionSettings, *, by_iam: bool) -> str:
    passwords: dict[str, Callable[[], str]] = (
        {} if by_iam else {kind: lambda: "a-password" for kind in Kind}
    )
    return SchemaMigration(admin, "app", passwords).run(REVISION, time.monotonic() + 300)


def test_an_administrator_whose_roles_hold_rds_iam_is_refused_its_password_but_not_its_token(
    server: PostgresServer, by_password: ConnectionSettings, by_token: ConnectionSettings
) -> None:
    # The password lets it in, and where a token is tried before, PostgreSQL takes that for a wrong
    # password and asks again.
    assert set_up(by_password, by_iam=False) == REVISION
    assert set_up(by_token, by_iam=False) == REVISION

    with server.connect() as connection:
        connection.run(f"GRANT rds_iam TO {role_of('app', Kind.INTAKE)}")

    with pytest.raises(ConnectError, match="28000"):
        Connector(replace(by_password, database="postgres")).connect()
    assert set_up(by_token, by_iam=False) == REVISION


def test_taking_the_membership_back_does_not_let_the_password_in(
    server: PostgresServer, by_password: ConnectionSettings
) -> None:
    set_up(by_password, by_iam=False)
    role = role_of("app", Kind.INTAKE)
    with server.connect() as connection:
        connection.run(f"GRANT rds_iam TO {role}")
        connection.run(f"SET ROLE {ADMINISTRATOR}")
        connection.run(f"REVOKE {role} FROM {ADMINISTRATOR}")
    with pytest.raises(ConnectError, match="28000"):
        Connector(replace(by_password, database="postgres")).connect()


def test_roles_by_iam_are_set_up_and_kept_by_token(
    server: PostgresServer, by_token: ConnectionSettings
) -> None:
    with server.connect() as connection:
        connection.run(f"GRANT rds_iam TO {ADMINISTRATOR} WITH ADMIN OPTION")
    for _ in range(2):
        assert set_up(by_token, by_iam=True) == REVISION


HOLD_MIGRATIONS = "SELECT pg_advisory_lock(hashtextextended('succotash migration', 0))"
LET_GO = "SELECT pg_advisory_unlock_all()"
IS_SET_UP_LOCKED = f"""
SELECT count(*)
FROM pg_locks AS lock INNER JOIN pg_stat_activity AS session ON session.pid = lock.pid
WHERE lock.locktype = 'advisory' AND lock.granted
AND session.datname = 'postgres' AND session.usename = '{ADMINISTRATOR}'
"""  # noqa: S608 - a constant


def test_a_set_up_keeps_others_out_although_the_server_ends_idle_sessions(
    server: PostgresServer, by_password: ConnectionSettings
) -> None:
    """Its session waits while another one migrates, for longer than sessions may be idle."""
    set_up(by_password, by_iam=False)
    with (
        server.connect(by_password.database) as observer,
        ThreadPoolExecutor() as pool,
    ):
        observer.run(f"ALTER ROLE {ADMINISTRATOR} SET idle_session_timeout = '100ms'")
        observer.run(HOLD_MIGRATIONS)
        setting_up = pool.submit(set_up, by_password, by_iam=False)
        while observer.run(IS_SET_UP_LOCKED) == [[0]]:
            assert not setting_up.done()
        time.sleep(1)
        still_locked = observer.run(IS_SET_UP_LOCKED)
        observer.run(LET_GO)
        assert setting_up.result() == REVISION
    assert still_locked == [[1]]


def test_an_administrator_who_logs_in_by_iam_from_the_beginning_needs_no_password(
    server: PostgresServer, by_token: ConnectionSettings
) -> None:
    """As RDS makes one with `MasterUserAuthenticationType: iam-db-auth`."""
    with server.connect() as connection:
        connection.run(f"GRANT rds_iam TO {ADMINISTRATOR} WITH ADMIN OPTION")
        connection.run(f"ALTER ROLE {ADMINISTRATOR} PASSWORD NULL")
    by_token_alone = replace(by_token, password=fixed_password(TOKEN))

    for _ in range(2):
        assert set_up(by_token_alone, by_iam=True) == REVISION
