"""Every sample event in a real container of its own, on the built artefacts.

One event of each function goes through `sam local invoke`, which reads SAM CLI and the template
for seconds before it starts a container; the others through one `sam local start-lambda`, which
starts a new container for each invocation too.
"""

import json
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Any
from urllib.request import Request, urlopen

import pytest

from local.containers import write_container_settings
from local.postgres import local_postgres
from local.setup_postgres_db import Plan, set_up
from tests.events import EVENTS
from tests.sample_answers import (
    EXPECTED,
    FIRST_EVENTS,
    logical_id_of,
    require_expected,
)
from tests.servers import free_port

pytestmark = pytest.mark.sam_local

ROOT = EVENTS.parent
OTHER_EVENTS = [event for event in EXPECTED if event not in FIRST_EVENTS.values()]
START, INVOCATION = 60, 120
"""Seconds within which SAM CLI listens and answers."""

type Invoke = Callable[[str], Any]


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


@pytest.mark.parametrize("event", FIRST_EVENTS.values())
def test_with_nothing_else_running_a_function_answers_its_event(event: str) -> None:
    require_expected(event, invoke(event))


@pytest.fixture(scope="session")
def through_service() -> Iterator[Invoke]:
    """Invokes functions as `sam local start-lambda` lets programs of this machine do."""
    port = free_port()
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(  # noqa: S603 - SAM CLI on this project's files
            ["sam", "local", "start-lambda", "--port", str(port)],  # noqa: S607 - from PATH
            cwd=ROOT,
            stdout=log,
            stderr=log,
        ) as service,
    ):
        try:
            require_listening(port, service, log)

            def invoke_through_service(event: str) -> Any:  # noqa: ANN401 - parsed JSON
                functions = f"http://127.0.0.1:{port}/2015-03-31/functions"
                request = Request(  # noqa: S310 - of this machine
                    f"{functions}/{logical_id_of(event)}/invocations",
                    data=(EVENTS / f"{event}.json").read_bytes(),
                    method="POST",
                )
                with urlopen(request, timeout=INVOCATION) as answer:  # noqa: S310 - as above
                    said = answer.read()
                assert "x-amz-function-error" not in answer.headers, said
                return json.loads(said)

            yield invoke_through_service
        finally:
            service.terminate()


def require_listening(port: int, service: subprocess.Popen[bytes], log: IO[str]) -> None:
    """Wait until the service listens; fail with what it printed where it does not."""
    deadline = time.monotonic() + START
    while True:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if service.poll() is not None or time.monotonic() > deadline:
            log.seek(0)
            pytest.fail(f"sam local start-lambda does not listen:\n{log.read()}")
        time.sleep(0.1)


@pytest.mark.parametrize("event", OTHER_EVENTS)
def test_through_the_local_service_a_function_answers_its_other_events(
    event: str, through_service: Invoke
) -> None:
    require_expected(event, through_service(event))


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
