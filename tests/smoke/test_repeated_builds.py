"""Builds made anew: the same bytes wherever and whenever, and each architecture's own wheels."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.events import EVENTS
from tests.smoke.built import LAYER, run_built

pytestmark = pytest.mark.smoke

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("functions", "layers", "statemachines", "local/data")
ELF = b"\x7fELF"
MACHINES = {"x86_64": 62, "arm64": 183}
"""What stands for a processor in the head of an ELF file, by Lambda's name for it."""
MACHINE = slice(18, 20)
THIS_MACHINE = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())

type Build = Callable[..., Path]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """What `sam build` makes of a copy of the sources, each time in another place."""

    @cache
    def built(architecture: str, hash_seed: str = "0") -> Path:
        place = tmp_path_factory.mktemp(f"{architecture}-{hash_seed}")
        for each in SOURCES:
            without = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / each, place / each, ignore=without)
        shutil.copy(ROOT / "template.yaml", place)
        # What running the tests leaves behind belongs into no build.
        left_behind = place / "functions" / "form_intake" / "__pycache__" / f"{hash_seed}.pyc"
        left_behind.parent.mkdir()
        left_behind.write_bytes(b"")
        done = subprocess.run(
            ["sam", "build"],  # noqa: S607 - that of the project's environment
            cwd=place,
            env=os.environ
            | {
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "ARCHITECTURE": architecture,
                "PYTHONHASHSEED": hash_seed,
                "SAM_CLI_TELEMETRY": "0",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return place / ".aws-sam" / "build"

    return built


def files_of(build: Path) -> dict[str, tuple[int, bytes]]:
    """Permissions and content of everything that is deployed, by its place."""
    return {
        str(path.relative_to(build)): (path.stat().st_mode, path.read_bytes())
        for path in build.rglob("*")
        if path.is_file()
    }


def test_a_second_build_is_the_first_to_the_byte(build: Build) -> None:
    """So that a deployment of what did not change uploads and replaces nothing."""
    one, other = (files_of(build("x86_64", seed)) for seed in ("0", "1"))

    assert one.keys() == other.keys()
    assert [name for name, file in one.items() if other[name] != file] == []
    assert any(name.endswith(".pyc") for name in one)


@pytest.mark.parametrize("architecture", MACHINES)
def test_compiled_code_is_for_the_architecture(build: Build, architecture: str) -> None:
    found = {
        name: int.from_bytes(content[MACHINE], "little")
        for name, (_, content) in files_of(build(architecture)).items()
        if content.startswith(ELF)
    }

    assert {name.partition("/")[0] for name in found} == {
        "ChurnScoring",
        "DomainLayer",
        "SchemaMigration",
    }
    assert set(found.values()) == {MACHINES[architecture]}


def test_both_architectures_ship_the_same_releases(build: Build) -> None:
    one, other = (
        {
            name.partition("/METADATA")[0]
            for name in files_of(build(architecture))
            if name.endswith(".dist-info/METADATA")
        }
        for architecture in MACHINES
    )

    assert one == other


@pytest.mark.skipif(THIS_MACHINE not in MACHINES, reason="Lambda has no such processor")
def test_the_wheels_of_this_machines_architecture_run(build: Build) -> None:
    functions = {path.name.partition(".")[0] for path in EVENTS.iterdir()}
    for function in sorted(functions - {"token_scopes"}):  # it has no layer
        imported = run_built(function, build=build(THIS_MACHINE)).imported
        core = Path(str(imported["pydantic_core._pydantic_core"]))
        assert core.is_relative_to(build(THIS_MACHINE) / LAYER.name)
