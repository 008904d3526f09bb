"""The locked requirements: written again from pyproject.toml, or checked to be what it asks for.

`python -m local.locks` takes newer versions where there are some; `--check` keeps those that are
locked as long as they fit, and fails where pyproject.toml now asks for something else.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

ROOT = Path(__file__).resolve().parents[1]
DEVELOPMENT = "requirements-dev.txt"


@dataclass(frozen=True, slots=True)
class Lock:
    """A file of versions and hashes, and what it is made from."""

    path: str
    sources: Sequence[str]

    def compile(self, output: Path, *options: str) -> None:
        """Write it to `output`, preferring the versions that stand there already."""
        command = ("pip", "compile", "--quiet", "--generate-hashes", "--no-header")
        subprocess.run(  # noqa: S603 - uv, with arguments from this file
            [find_uv_bin(), *command, *options, *self.sources, "--output-file", str(output)],
            cwd=ROOT,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def is_current(self) -> bool:
        """Whether compiling it again changes nothing."""
        kept = (ROOT / self.path).read_bytes()
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(shutil.copy(ROOT / self.path, folder))
            self.compile(copy)
            return copy.read_bytes() == kept


# What is shipped is tested: the shipped lists take the development list's versions.
LOCKS = (
    Lock(DEVELOPMENT, ("--group", "dev", "pyproject.toml")),
    Lock("layers/domain/requirements.txt", ("--constraints", DEVELOPMENT, "pyproject.toml")),
    Lock(
        "functions/churn_scoring/requirements.txt",
        ("--constraints", DEVELOPMENT, "--group", "scoring"),
    ),
    Lock(
        "functions/schema_migration/requirements.txt",
        ("--constraints", DEVELOPMENT, "--group", "migrations"),
    ),
)


def main() -> int:
    """1 where a lock is checked and not what pyproject.toml asks for."""
    parser = argparse.ArgumentParser(description="Write or check the locked requirements.")
    parser.add_argument("--check", action="store_true", help="write nothing")
    if not parser.parse_args().check:
        for lock in LOCKS:
            lock.compile(ROOT / lock.path, "--upgrade")
        return 0
    stale = [lock.path for lock in LOCKS if not lock.is_current()]
    for path in stale:
        print(f"{path} is not what pyproject.toml asks for: run make lock", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
