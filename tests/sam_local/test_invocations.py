"""Every sample event through `sam local invoke`: real containers, the built artefacts."""

import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.containers import write_container_settings
from local.postgres import local_postgres
from local.setup_postgres_db import Plan, set_up
from tests.events import EVENTS
from tests.sample_answers import EXPECTED, logical_id_of, require_expected

pytestmark = pytest.mark.sam_local

ROOT = EVENTS.parent


def invoke(event: str, *options: str) -> Any:  # noqa: ANN401 - parsed JSON
    """What a function answers to its sample event, in a container of its own."""
    command = ["sam", "local", "invoke", *options, logical_id_of(event), "-e"]
    done = subprocess.run(  # noqa: S603 - SAM CLI on this project's files
        [*command, str(EVENTS / f"{event}.json")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="session", autouse=True)
def ready() -> None:
    """Say what is missing, rather than fail at each event."""
    if not (ROOT / ".aws-sam" / "build" / "template.yaml").is_file():
        pytest.fail("there is no build: make build")
    asked = subprocess.run(["docker", "info"], capture_output=True, check=False)  # noqa: S607
    if asked.returncode != 0:
        pytest.fail("Docker does not answer: local/lambda_image.sh")


@pytest.mark.parametrize("event", EXPECTED)
def test_with_nothing_else_running_a_function_answers_its_event(event: str) -> None:
    require_expected(event, invoke(event))


@pytest.fixture
def on_postgres() -> Iterator[tuple[str, ...]]:
    """The options by which functions reach a server that was just set up on this machine."""
    with tempfile.TemporaryDirectory(prefix="succotash-postgres-") as folder:
        place = Path(folder)
        place.chmod(0o755)  # root's server runs as another user
        with local_postgres(place / "data", place / "url") as admin_url:
            plan = Plan()
            made = set_up(admin_url, plan)
            settings = {
                "DB_PORT": str(made.port),
                "DB_NAME": made.database,
                "DB_USER": made.user,
                "DB_PASSWORD": plan.password,
            }
            write_container_settings(place / "containers.json", settings)
            yield "--config-env", "postgres", "--env-vars", str(place / "containers.json")


def test_on_postgresql_what_one_invocation_stores_the_next_one_finds(
    on_postgres: tuple[str, ...],
) -> None:
    health = invoke("form_intake.health", *on_postgres)
    assert json.loads(health["body"]) == {"status": "ok", "storage": "postgres"}
    first = json.loads(invoke("event_intake.orders", *on_postgres)["body"])
    assert (first["recorded"], first["unchanged"]) == (3, 0)
    again = json.loads(invoke("event_intake.orders", *on_postgres)["body"])
    assert (again["recorded"], again["unchanged"]) == (0, 3)
