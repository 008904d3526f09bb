"""What `make build` left in .aws-sam/build, and an interpreter that knows nothing else."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.events import EVENTS
from tests.sample_answers import function_of, logical_id_of

BUILD = Path(__file__).resolve().parents[2] / ".aws-sam" / "build"
LAYER = BUILD / "DomainLayer"
SEED = BUILD / "SeedLayer" / "seed" / "succotash.db"
SCRIPT = Path(__file__).with_name("invoke_built.py")
INTERPRETER = Path(sys.base_prefix) / "bin" / "python3.13"


@dataclass(frozen=True, slots=True)
class Invocation:
    """What came of running a built function once."""

    import_seconds: float
    imported: Mapping[str, str | None]
    """Modules and their files."""
    answer: Any


def run_built(
    function: str,
    event: str | None = None,
    environment: Mapping[str, str] | None = None,
    build: Path = BUILD,
    interpreter: Path = INTERPRETER,
) -> Invocation:
    """Import a built function in a process of its own and, where one is named, send it an event."""
    folder = build / logical_id_of(function)
    done = subprocess.run(  # noqa: S603 - this repository's own artefacts
        [interpreter, "-I", "-S", "-B", SCRIPT, folder, build / LAYER.name, f"{function}.handler"],
        input=(EVENTS / f"{event}.json").read_bytes() if event else b"",
        env={"PATH": os.defpath, "POWERTOOLS_SERVICE_NAME": "succotash", **(environment or {})},
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode(errors="replace"))
    return Invocation(**json.loads(done.stdout))


def answer_of(event: str, environment: Mapping[str, str]) -> Any:  # noqa: ANN401 - parsed JSON
    """What the built function answers to its sample event."""
    return run_built(function_of(event), event, environment).answer


def size_of(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
