"""The tests once more, on PostgreSQL 15 where Debian's packages have put it.

`python -m tests.older_postgres [arguments of pytest]`; where it is not installed, that is said
and nothing fails: PostgreSQL 18 is always tested.
"""

import os
import pwd
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import TEST_POSTGRES_URL
from tests.servers import THROWAWAY, free_port

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
OWNER = "postgres"
"""The user that Debian's package makes; the server refuses to run as root."""


@contextmanager
def postgres_15(folder: Path) -> Iterator[str]:
    """A throwaway server on a free port of 127.0.0.1; the administrator's URL."""
    owner = OWNER if os.geteuid() == 0 else None
    if owner:
        shutil.chown(folder, owner, pwd.getpwnam(owner).pw_gid)
    data, password, port = folder / "data", secrets.token_hex(8), free_port()
    secret = folder / "password"
    secret.write_text(password)
    secret.chmod(0o644)  # in a folder that only its owner enters

    def execute(program: str, *arguments: str) -> None:
        command = [str(PROGRAMS / program), "-D", str(data), *arguments]
        subprocess.run(  # noqa: S603 - PostgreSQL's own programs
            command, check=True, user=owner, cwd=folder, stdout=subprocess.DEVNULL
        )

    secured = ("--auth=scram-sha-256", "-U", "postgres", f"--pwfile={secret}")
    execute("initdb", "--encoding=utf8", *secured)
    options = f"-h 127.0.0.1 -p {port} -k '' {THROWAWAY}"
    execute("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
    finally:
        execute("pg_ctl", "-w", "-m", "immediate", "stop")


def main(arguments: Sequence[str]) -> int:
    """What pytest says on PostgreSQL 15."""
    if not PROGRAMS.exists():
        sys.stdout.write("PostgreSQL 15 is not installed here; nothing is repeated on it.\n")
        return 0
    with (
        tempfile.TemporaryDirectory(prefix="postgres-15-") as folder,
        postgres_15(Path(folder)) as url,
    ):
        sys.stdout.write("The same on PostgreSQL 15:\n")
        sys.stdout.flush()
        environment = os.environ | {TEST_POSTGRES_URL: url}
        command = [sys.executable, "-m", "pytest", *arguments]
        return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
