"""What the README shows, done as it says, on the demo data."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = re.findall(
    r"^```python\n(.*?)^```",
    (ROOT / "README.md").read_text(encoding="utf-8"),
    re.MULTILINE | re.DOTALL,
)


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
    assert re.match(r"(low|medium|high) \['silent for \d+ days; usual gap \d+'", risk)
    assert re.fullmatch(r"[0-9a-f-]{36}", lead_id)
    assert int(submissions) > 1


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
    assert said == "there is no such customer\n"


def test_the_repositories_are_made_as_written() -> None:
    python("-c", EXAMPLES[1])
