"""What README and the guide to Python show, done as they say, on the demo data."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
TOLERANCE = 0.01
"""How far a calculated number may lie from the one shown, which another processor rounds apart."""


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


EXAMPLES = blocks("docs/how-to/use-from-python.md", "python")
[ANSWER] = map(json.loads, blocks("README.md", "json"))


def python(*arguments: str, **settings: str) -> str:
    done = subprocess.run(  # noqa: S603 - this project's own code
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | settings,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("readme") / "demo.db"
    python("-m", "local.seed", str(path))
    return path


def test_the_usage_lines_answer_on_the_demo_data(demo: Path) -> None:
    said = python("-c", EXAMPLES[0], SUCCOTASH_STORAGE="sqlite", SQLITE_PATH=str(demo))
    average, customer, campaigns, risk, lead_id, submissions = said.splitlines()
    assert re.fullmatch(r"1\d\d\.\d\d USD", average)
    assert re.fullmatch(r"(low_value|medium_value|high_value|vip) \d+\.\d\d", customer)
    assert int(campaigns) > 0
    assert re.match(r"(low|medium|high) \['silent for \d+ days?; usual gap \d+ days?'", risk)
    assert re.fullmatch(r"[0-9a-f-]{36}", lead_id)
    assert int(submissions) > 1


def is_shown(shown: object, found: object) -> bool:
    """Whether an answer holds what is shown of it; calculated numbers may differ a little."""
    match shown, found:
        case dict(), dict():
            return all(name in found and is_shown(shown[name], found[name]) for name in shown)
        case str(), str() if re.fullmatch(r"\d+\.\d\d", shown):
            return float(found) == pytest.approx(float(shown), rel=TOLERANCE)
        case float(), float():
            return found == pytest.approx(shown, rel=TOLERANCE)
        case _:
            return shown == found


def test_the_answer_in_the_readme_is_one_of_the_demo_data(demo: Path) -> None:
    asked = """
from pydantic_core import to_json
from succotash.container import container
print(to_json(container.get_ltv_handler().get_customer_ltv_details("customer_123")).decode())
"""
    found = json.loads(python("-c", asked, SUCCOTASH_STORAGE="sqlite", SQLITE_PATH=str(demo)))

    assert is_shown(ANSWER, found), found
    assert not is_shown(ANSWER | {"order_count": 15}, found)


def test_an_unknown_customer_raises_a_not_found_error(demo: Path) -> None:
    asked = """
from succotash.container import container
from succotash.errors import NotFoundError
try:
    container.get_ltv_handler().get_customer_ltv_details("nobody")
except NotFoundError as error:
    print(error)
"""
    said = python("-c", asked, SUCCOTASH_STORAGE="sqlite", SQLITE_PATH=str(demo))
    assert said == "customer not found\n"


def test_the_repositories_are_made_as_written() -> None:
    python("-c", EXAMPLES[1])
