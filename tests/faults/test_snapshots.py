"""What happens around a snapshot of a function's memory, by the hooks that Lambda runs."""

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import snapshot_restore_py
from aws_lambda_powertools.utilities.typing import LambdaContext
from awslambdaric.lambda_runtime_hooks_runner import run_after_restore, run_before_snapshot

import form_intake
from succotash.container import Container
from succotash.domain.intake.spam import TOKEN_PURPOSE
from succotash.errors import SettingsError
from succotash.http.snapshots import FROM_SNAPSHOTS, survive_snapshots
from succotash.infrastructure.postgres.connection_settings import ConnectionSettings
from succotash.infrastructure.postgres.database import Database
from succotash.infrastructure.postgres.pool import PoolLimits
from tests.databases import environment_of, migrated_database
from tests.events import sample
from tests.sample_answers import function_of
from tests.servers import PostgresServer

IN_LAMBDA = {"AWS_LAMBDA_INITIALIZATION_TYPE": FROM_SNAPSHOTS}
REDELIVERY = 10.0
FUNCTIONS = Path(__file__).resolve().parents[2] / "functions"
NOW = datetime(2026, 1, 5, tzinfo=UTC)
SESSIONS = """
SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture(scope="module")
def settings(postgres_server: PostgresServer) -> Iterator[ConnectionSettings]:
    """How a function reaches its database."""
    with migrated_database(postgres_server) as settings:
        yield settings


@pytest.fixture
def parts(settings: ConnectionSettings) -> Iterator[Container]:
    """Those of a function which is started from snapshots."""
    container = Container(environment_of(settings))
    survive_snapshots(container, IN_LAMBDA)
    yield container
    container.close()


@pytest.fixture(autouse=True)
def no_hooks_of_others() -> Iterator[None]:
    """What is registered belongs to one test."""
    yield
    snapshot_restore_py.get_before_snapshot().clear()
    snapshot_restore_py.get_after_restore().clear()


def status_of(parts: Container) -> object:
    return form_intake.intake(parts)(sample("form_intake.health"), LambdaContext())["statusCode"]


@pytest.fixture
def sessions(settings: ConnectionSettings) -> Iterator[Database]:
    """Somebody who sees the sessions of the same user."""
    database = Database(settings, PoolLimits())
    yield database
    database.close()


def settled(sessions: Database, count: int) -> list[object]:
    """The processes of others' sessions; the server takes a moment to end those that left."""
    ends = time.monotonic() + REDELIVERY
    while len(found := sessions.run(SESSIONS)) != count and time.monotonic() < ends:
        time.sleep(0.05)
    assert len(found) == count
    return [row["pid"] for row in found]


def test_no_connection_is_open_in_a_snapshot_and_each_copy_opens_its_own(
    parts: Container, sessions: Database
) -> None:
    assert status_of(parts) == 200
    before = settled(sessions, 1)

    run_before_snapshot()
    settled(sessions, 0)

    run_after_restore()
    assert status_of(parts) == 200
    assert settled(sessions, 1) != before


def test_a_connection_that_a_snapshot_kept_is_not_used_again(
    parts: Container, sessions: Database
) -> None:
    """As where something connected after the hook before the snapshot."""
    run_before_snapshot()
    assert status_of(parts) == 200
    kept = settled(sessions, 1)

    run_after_restore()

    assert status_of(parts) == 200
    assert settled(sessions, 1) != kept


def test_copies_of_one_snapshot_have_random_numbers_and_keys_of_their_own(
    parts: Container,
) -> None:
    run_before_snapshot()
    snapshot = random.getstate()
    drawn, signed = set(), set()
    for _ in range(3):
        random.setstate(snapshot)
        run_after_restore()
        drawn.add(random.getstate())
        signed.add(parts.signer(TOKEN_PURPOSE).sign("default", NOW))

    assert len(drawn) == 3
    assert len(signed) == 3


def test_a_wrong_setting_fails_the_snapshot_and_with_it_the_deployment() -> None:
    survive_snapshots(Container({"CURRENCY": "dollar"}), IN_LAMBDA)

    with pytest.raises(SettingsError, match="CURRENCY"):
        run_before_snapshot()


@pytest.mark.parametrize("how", ["on-demand", "provisioned-concurrency"])
def test_nothing_is_registered_where_there_are_no_snapshots(how: str) -> None:
    survive_snapshots(Container({}), {"AWS_LAMBDA_INITIALIZATION_TYPE": how})

    assert not snapshot_restore_py.get_before_snapshot()


IMPORTED = """
import importlib, json, sys
from aws_lambda_powertools.utilities.typing import LambdaContext
from succotash.container import container
function, event = sys.argv[1], json.load(sys.stdin)
handler = importlib.import_module(function).handler
container.prepare()
container.renew()
known = set(sys.modules)
assert handler(event, LambdaContext())["statusCode"] < 300
print(*sorted(set(sys.modules) - known))
"""


@pytest.mark.parametrize(
    "event",
    [
        "form_intake.submission",
        "lead_queries.leads",
        "event_intake.orders",
        "ltv_queries.segments",
        "retention_analysis.campaigns",
    ],
)
def test_a_request_imports_nothing_that_the_snapshot_could_hold(
    event: str, settings: ConnectionSettings
) -> None:
    function = function_of(event)
    done = subprocess.run(  # noqa: S603 - this test's own program
        [sys.executable, "-c", IMPORTED, function],
        env=environment_of(settings) | {"PYTHONPATH": str(FUNCTIONS / function)},
        input=json.dumps(sample(event)),
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines()[-1] == ""
