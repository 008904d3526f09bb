"""How long each built function takes to import, with and without the bytecode it ships.

Run from the project's root after `make build`: `python -m benchmarks.import_times`. Every import is
a process of its own, as every cold start is; times are the median of nine.
"""

import shutil
import tempfile
from pathlib import Path
from statistics import median

from tests.events import EVENTS
from tests.sample_answers import logical_id_of
from tests.smoke.built import BUILD, LAYER, run_built, size_of

RUNS = 9


def seconds(function: str, build: Path) -> float:
    """The median time to import a function of this build."""
    run_built(function, build=build)  # the first one reads the disk
    return median(run_built(function, build=build).import_seconds for _ in range(RUNS))


def without_bytecode(build: Path, folder: Path) -> Path:
    """A copy that cannot be written to, like Lambda's mounts, and has to be compiled each time."""
    copied = shutil.copytree(build, folder / "build", ignore=shutil.ignore_patterns("__pycache__"))
    return Path(copied)


def main() -> None:
    """Print one line for each function."""
    functions = sorted({path.name.partition(".")[0] for path in EVENTS.iterdir()})
    print(f"layer: {size_of(LAYER) / 1e6:.1f} MB")
    print(f"{'function':<20} {'MB':>6} {'import ms':>10} {'without bytecode ms':>20}")
    with tempfile.TemporaryDirectory() as folder:
        bare = without_bytecode(BUILD, Path(folder))
        for function in functions:
            with_it = seconds(function, BUILD) * 1000
            without = seconds(function, bare) * 1000
            size = size_of(BUILD / logical_id_of(function)) / 1e6
            print(f"{function:<20} {size:>6.1f} {with_it:>10.0f} {without:>20.0f}")


if __name__ == "__main__":
    main()
