"""What README and tutorial say to type, in a copy of the project without an environment."""

import csv
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import Request, urlopen

import pytest

from local.demo import CDNOW, CUSTOMER_123

pytestmark = pytest.mark.e2e

PROJECT = Path(__file__).resolve().parents[2]
DEFAULT_URL = "http://127.0.0.1:3000"
FIRST_START, EMPTY_START, SECOND_START = 600, 300, 120
"""Seconds, on a machine that does other things too; the first makes the environment."""


@dataclass(frozen=True, slots=True)
class Run:
    """A `make run` that is ready."""

    clone: Path
    output: str

    @property
    def url(self) -> str:
        found = re.search(r"http://127\.0\.0\.1:\d+", self.output)
        assert found, self.output
        return found[0]

    @property
    def seconds(self) -> float:
        found = re.search(r"Ready after ([\d.]+) s", self.output)
        assert found, self.output
        return float(found[1])

    @property
    def commands(self) -> list[str]:
        """What it prints as worth trying."""
        text = self.output.partition("from this folder:")[2].partition("A form to fill in")[0]
        return [each for each in text.strip().split("\n\n") if each.strip()]

    def get(self, path: str) -> Any:  # noqa: ANN401 - parsed JSON
        token = (self.clone / ".local" / "token").read_text()
        request = Request(self.url + path, headers={"Authorization": f"Bearer {token}"})  # noqa: S310
        with urlopen(request, timeout=30) as answer:  # noqa: S310 - http on this machine
            return json.load(answer)


def environment() -> dict[str, str]:
    """This one without what a developer's shell may have set for the project's own checkout."""
    own = str(PROJECT / ".venv" / "bin")
    path = ":".join(each for each in os.environ["PATH"].split(":") if each != own)
    dropped = {"VIRTUAL_ENV", "PYTHONPATH", "SUCCOTASH_STORAGE", "MAKEFLAGS", "MAKELEVEL"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return kept | {"PATH": path, "PORT": "0"}


@pytest.fixture(scope="module")
def clone() -> Iterator[Path]:
    """What git would hand to somebody else, the latest changes included.

    Not in pytest's own folder, which every session of pytest closes to other users: as root,
    PostgreSQL runs as one of those.
    """
    with TemporaryDirectory(prefix="succotash-clone-") as place:
        folder = Path(place)
        for name in shell("git ls-files -co --exclude-standard", PROJECT).splitlines():
            source = PROJECT / name
            if source.exists():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, folder / name)
        yield folder


@contextmanager
def make_run(clone: Path, limit: float, **settings: str) -> Iterator[Run]:
    """From the command until Ctrl-C has stopped everything."""
    log = clone / "make-run.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            ["make", "run"],  # noqa: S607
            cwd=clone,
            env=environment() | settings,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + limit
        while "Ready after" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        yield Run(clone, log.read_text())
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(30)


def shell(command: str, folder: Path, **settings: str) -> str:
    done = subprocess.run(  # noqa: S603 - commands of this file and of the project
        ["bash", "-euo", "pipefail", "-c", command],  # noqa: S607
        cwd=folder,
        env=environment() | settings,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def local_settings(clone: Path) -> Mapping[str, str]:
    lines = (clone / ".local" / "env").read_text().splitlines()
    return {name: shlex.split(value)[0] for name, _, value in (x.partition("=") for x in lines)}


@pytest.fixture(scope="class")
def first(clone: Path) -> Iterator[Run]:
    started = time.monotonic()
    with make_run(clone, FIRST_START) as run:
        print(f"make run, clone to ready: {time.monotonic() - started:.1f} s")  # noqa: T201
        yield run


class TestFirstRun:
    """While it runs."""

    def test_the_printed_commands_answer_with_true_numbers(self, first: Run) -> None:
        value, risk, receipt = (json.loads(shell(each, first.clone)) for each in first.commands)

        assert Decimal(value["actual_clv"]) == sum(Decimal(amount) for _, amount in CUSTOMER_123)
        assert value["order_count"] == len(CUSTOMER_123)
        assert Decimal(value["predicted_clv"]) > Decimal(value["actual_clv"])
        assert risk["churn_risk"]["risk_level"] == "high"
        submission = first.get(f"/submissions/{receipt['submission_id']}")
        lead = first.get(f"/leads/{submission['lead_id']}")
        assert lead["email"] == "ada@example.com"
        assert lead["score"]["total"] > 0

    def test_the_printed_address_opens_weeks_with_revenue_and_leads(self, first: Run) -> None:
        [place] = re.findall(rf"The dashboard: {re.escape(first.url)}/#/(\S+)", first.output)

        overview = first.get(f"/overview{place}")

        assert Decimal(overview["revenue"]["by_currency"][0]["now"]) > 0
        assert overview["new_leads"]["now"] > 0
        assert Decimal(overview["risk"]["value_before"]) > 0

    def test_the_purchases_are_those_of_the_file(self, first: Run) -> None:
        with CDNOW.open(newline="") as file:
            rows = list(csv.DictReader(file))
        mine = [Decimal(row["amount"]) for row in rows if row["customer_id"] == "0001"]

        value = first.get("/ltv/customers/cdnow-0001")

        assert (value["order_count"], Decimal(value["actual_clv"])) == (len(mine), sum(mine))
        assert first.get("/ltv/analysis")["total_customers"] == 2357 + 2

    def test_the_python_of_the_guide_works_in_a_shell_with_the_local_settings(
        self, first: Run
    ) -> None:
        guide = (first.clone / "docs" / "how-to" / "use-from-python.md").read_text()
        [usage, *_] = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
        assert "from succotash.container import container" in usage
        (first.clone / "usage.py").write_text(usage)

        printed = shell("set -a; . .local/env; set +a; .venv/bin/python usage.py", first.clone)

        assert len(printed.splitlines()) == usage.count("print(")

    @pytest.mark.parametrize(
        "page",
        [
            "tutorial/first-steps",
            "how-to/define-a-form",
            "how-to/score-and-export-leads",
            "how-to/load-orders",
        ],
    )
    def test_the_commands_of_a_page_succeed(self, first: Run, page: str) -> None:
        text = (first.clone / "docs" / f"{page}.md").read_text()
        blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
        commands = [each for each in blocks if each != "make run\n"]
        (first.clone / ".local" / ".curlrc").write_text("fail-with-body\n")

        shell(
            ". .venv/bin/activate\n" + "".join(commands).replace(DEFAULT_URL, first.url),
            first.clone,
            API=first.url,
            AUTHORIZATION=f"Authorization: Bearer {(first.clone / '.local/token').read_text()}",
            CURL_HOME=str(first.clone / ".local"),
        )

        assert commands

    def test_a_second_run_at_the_same_time_says_so(self, first: Run) -> None:
        found = subprocess.run(
            ["make", "run"],  # noqa: S607
            cwd=first.clone,
            env=environment(),
            check=False,
            capture_output=True,
            text=True,
        )

        assert found.returncode != 0
        assert "another `make run` is using .local/" in found.stderr
        assert "Traceback" not in found.stderr

    def test_make_test_runs(self, first: Run) -> None:
        few = "tests/contract/test_transactions_contract.py"
        # Options of the command come after those of the environment, so its -k would win there.
        command = f"make test REPEATED='-k postgres {few}'"

        shell(command, first.clone, PYTEST_ADDOPTS="-q -k transactions_contract")


def test_ctrl_c_stops_everything_and_the_second_start_loads_nothing_twice(clone: Path) -> None:
    with make_run(clone, SECOND_START) as before:
        submissions = before.get("/forms/analytics")["submission_metrics"]["total_submissions"]
        port = int(local_settings(clone)["DB_PORT"])
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    assert "Stopped." in (clone / "make-run.log").read_text()

    with make_run(clone, SECOND_START) as again:
        print(f"make run, second start: {again.seconds} s")  # noqa: T201
        assert "The demo data was there already." in again.output
        metrics = again.get("/forms/analytics")["submission_metrics"]
        assert metrics["total_submissions"] == submissions
        assert again.get("/ltv/customers/customer_123")["order_count"] == len(CUSTOMER_123)


@pytest.mark.parametrize("storage", ["sqlite", "memory"])
def test_the_same_runs_on_the_other_storages(clone: Path, storage: str) -> None:
    with make_run(clone, EMPTY_START, SUCCOTASH_STORAGE=storage) as run:
        assert run.get("/health") == {"status": "ok", "storage": storage}
        assert run.get("/ltv/customers/customer_123")["order_count"] == len(CUSTOMER_123)
