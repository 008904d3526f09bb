"""What was built for arm64, run by an arm64 interpreter: in an emulator where need be."""

from pathlib import Path

import pytest

from tests.sample_answers import FIRST_EVENTS, logical_id_of, require_expected
from tests.smoke.built import run_built

LOCAL = Path(__file__).resolve().parents[2] / ".local" / "arm64"
INTERPRETER = LOCAL / "python"
BUILD = LOCAL / "build"
SEED = BUILD / "SeedLayer" / "seed" / "succotash.db"
FUNCTIONS = ("churn_scoring", "form_intake", "schema_migration")
"""Those that ship compiled code of their own, and one for the layer's: emulation is slow."""

pytestmark = pytest.mark.smoke


@pytest.fixture(scope="session", autouse=True)
def build() -> None:
    if not (BUILD / "template.yaml").is_file():
        pytest.fail("there is no build for arm64: make smoke-arm64")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_built_for_arm64_answers(function: str, tmp_path: Path) -> None:
    event = FIRST_EVENTS[function]
    environment = {
        "SUCCOTASH_STORAGE": "sqlite",
        "SQLITE_PATH": str(tmp_path / "succotash.db"),
        "SQLITE_SEED": str(SEED),
    }

    done = run_built(function, event, environment, BUILD, INTERPRETER)

    compiled = {
        str(file) for file in done.imported.values() if file and file.startswith(str(BUILD))
    }
    assert any("aarch64-linux-gnu.so" in file for file in compiled)
    assert Path(str(done.imported[function])).parent == BUILD / logical_id_of(function)
    require_expected(event, done.answer)
