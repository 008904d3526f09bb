"""An API on this machine, and a shell in which somebody uses the command."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = os.pathsep.join(str(ROOT / each) for each in (".", "layers/domain", "client"))


@dataclass(frozen=True, slots=True)
class Shell:
    """A folder as after `make run`, with the command on its path."""

    folder: Path
    url: str

    def run(self, command: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """What a line of a shell printed, and what it ended with."""
        environment = {
            "HOME": str(self.folder),
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": PYTHON,
            "COLUMNS": "160",
        }
        return subprocess.run(  # noqa: S603 - commands of tests and of the project's pages
            ["bash", "-euo", "pipefail", "-c", command],  # noqa: S607
            cwd=self.folder,
            env=environment | settings,
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )


@pytest.fixture(scope="session")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A shell beside an empty API."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "docs").symlink_to(ROOT / "docs")
    for path, text in (
        (folder / "bin" / "succotash", f'exec {sys.executable} -m succotash_client "$@"\n'),
        (folder / ".venv" / "bin" / "activate", ""),
    ):
        path.parent.mkdir(parents=True)
        path.write_text(f"#!/bin/sh\n{text}")
        path.chmod(0o755)
    with subprocess.Popen(  # noqa: S603 - this interpreter
        [sys.executable, "-m", "tests.client.serve", str(folder)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": PYTHON},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        assert url, "the API did not start"
        yield Shell(folder, url)
        server.stdin.close() if server.stdin else None
