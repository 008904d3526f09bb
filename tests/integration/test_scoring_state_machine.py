"""The state machine of a scoring run, executed: the real definition, handlers and PostgreSQL."""

import json
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from moto import mock_aws
from moto.awslambda.models import LambdaFunction
from ruamel.yaml import YAML

from churn_scoring import scoring
from succotash.container import Container
from succotash.domain.retention.retention import INITIAL_RUN
from succotash.errors import StorageUnavailableError
from tests.builders import an_event, an_order, at
from tests.databases import environment_of, migrated_database
from tests.servers import PostgresServer

pytestmark = pytest.mark.long

type Event = Mapping[str, Any]
type Fault = Callable[[Event], None]

DEFINITION = Path(__file__).parents[2] / "statemachines" / "scoring_run.asl.yaml"
TIME = "2024-06-30T03:15:00Z"
RUN_ID = "2024-06-30T03:15:00Z"
REGION = "us-east-1"
ROLE = "arn:aws:iam::123456789012:role/anything"
CONFIG: Any = {"stepfunctions": {"execute_state_machine": True}}
WAIT_SECONDS = 120.0


def no_fault(_: Event) -> None:
    """Let everything pass."""


class Machine:
    """The machine, and the function that it calls, which may be told to fail."""

    def __init__(self, container: Container) -> None:
        self.container = container
        self.fault: Fault = no_fault
        self.events: list[Event] = []
        self._handler = scoring(container)
        self._client = boto3.client("stepfunctions", region_name=REGION)
        text = DEFINITION.read_text("utf-8")
        given = {
            "Function": "arn:aws:lambda:us-east-1:123456789012:function:churn_scoring",
            "Partition": "aws",
            "Concurrency": "2",
            "RetrySeconds": "1",
        }
        text = re.sub(r"\$\{(\w+)\}", lambda name: given[name[1]], text)
        self._arn = self._client.create_state_machine(
            name="scoring",
            definition=json.dumps(YAML(typ="safe").load(text)),
            roleArn=ROLE,
        )["stateMachineArn"]

    def invoke(self, event: str | Event) -> tuple[str, bool, str]:
        """What Lambda would answer: the payload, whether it is an error, the log."""
        asked: Event = json.loads(event) if isinstance(event, str) else event
        self.events.append(asked)
        try:
            self.fault(asked)
            return json.dumps(self._handler(asked, LambdaContext())), False, ""
        except Exception as error:  # noqa: BLE001 - as Lambda's runtime does
            message = {"errorMessage": str(error), "errorType": type(error).__name__}
            return json.dumps(message), True, ""

    def start(self, moment: str = TIME) -> str:
        """Begin an execution as the schedule does."""
        started = self._client.start_execution(
            stateMachineArn=self._arn,
            name=str(uuid.uuid4()),
            input=json.dumps({"time": moment}),
        )
        return started["executionArn"]

    def wait(self, execution: str) -> tuple[str, Any]:
        """How it ended, and with what: the output, or the cause of the failure."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            found = self._client.describe_execution(executionArn=execution)
            if found["status"] != "RUNNING":
                output = found.get("output")
                return found["status"], found.get("cause") if output is None else json.loads(output)
            time.sleep(0.05)
        raise TimeoutError(execution)

    def wait_for(self, step: str, execution: str) -> None:
        """Until a step of this kind was asked for; AssertionError where the execution ends."""
        while not self.steps(step):
            found = self._client.describe_execution(executionArn=execution)
            assert found["status"] == "RUNNING", found
            time.sleep(0.05)

    def run(self, moment: str = TIME) -> tuple[str, Any]:
        """Start, and wait for the end."""
        return self.wait(self.start(moment))

    def steps(self, step: str) -> list[Event]:
        """What was asked for of this kind."""
        return [each for each in self.events if each["step"] == step]

    def current_run(self) -> str:
        """The run that readers see."""
        return self.container.get_retention_repository().get_current_scoring_run().run_id


@pytest.fixture(scope="module")
def environment(postgres_server: PostgresServer) -> Iterator[Mapping[str, str]]:
    """A database with customers of all kinds, for every test of this module."""
    with migrated_database(postgres_server) as settings:
        yield {
            "SUCCOTASH_STORAGE": "postgres",
            **environment_of(settings),
            "PUBLISH_WORSE": "true",  # a hundred made-up customers are hard to foresee
        }


@pytest.fixture
def machine(
    environment: Mapping[str, str],
    postgres_server: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Machine]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    container = Container(environment)
    with postgres_server.connect(environment["DB_NAME"]) as connection:
        connection.run("DELETE FROM scoring_runs WHERE run_id <> 'initial'")
        connection.run("UPDATE scoring_runs SET state = 'current' WHERE run_id = 'initial'")
        connection.run(
            "TRUNCATE customer_ltv, churn_predictions, orders, activity_events, outbox, deliveries"
        )
    fill(container)
    with mock_aws(config=CONFIG):
        boto3.client("iam", region_name=REGION).create_role(
            RoleName="anything", AssumeRolePolicyDocument="{}"
        )
        boto3.client("lambda", region_name=REGION).create_function(
            FunctionName="churn_scoring",
            Runtime="python3.13",
            Role=ROLE,
            Handler="churn_scoring.handler",
            Code={"ZipFile": b""},
        )
        made = Machine(container)
        # Moto runs functions in Docker; here the handler runs in this process.
        monkeypatch.setattr(LambdaFunction, "_invoke_lambda", lambda _, event: made.invoke(event))
        yield made
    container.close()


def fill(container: Container) -> None:
    """A hundred customers with orders, of whom some did something too."""
    first = at("2024-01-01T12:00:00Z")
    container.get_ltv_repository().record_orders(
        [
            an_order(
                f"{number}-{visit}",
                customer_id=f"c{number:03}",
                ordered_at=first + timedelta(days=number % 40 + visit * (7 + number % 13)),
                amount=str(10 + number % 7),
            )
            for number in range(100)
            for visit in range(1 + number % 6)
        ]
    )
    container.get_retention_repository().record_activity(
        [
            an_event(
                f"e{number}", customer_id=f"c{number:03}", occurred_at=first + timedelta(days=90)
            )
            for number in range(0, 100, 3)
        ]
    )


def failing(shard: int, times: int) -> Fault:
    """A database that does not answer for one shard, so many times."""
    left = [times]

    def fault(event: Event) -> None:
        if event.get("shard") == shard and left[0]:
            left[0] -= 1
            raise StorageUnavailableError("it cannot be reached")

    return fault


def test_a_run_is_planned_scored_by_shards_and_published(machine: Machine) -> None:
    status, output = machine.run()

    assert (status, output["state"], output["customers"]) == ("SUCCEEDED", "current", 100), output
    assert machine.current_run() == RUN_ID
    assert sorted(each["shard"] for each in machine.steps("score")) == list(range(16))
    values = machine.container.get_ltv_handler().get_ltv_analysis()
    assert values["total_customers"] == 100
    grid = machine.container.get_retention_handler().get_retention_grid()
    assert sum(row["customers"] for row in grid["cohorts"]) == 100


def test_a_shard_that_fails_once_is_tried_again(machine: Machine) -> None:
    machine.fault = failing(5, times=1)

    status, output = machine.run()

    assert (status, output["customers"]) == ("SUCCEEDED", 100), output
    assert len([each for each in machine.steps("score") if each["shard"] == 5]) == 2


def test_a_shard_that_fails_for_good_fails_the_run_and_the_next_start_resumes_it(
    machine: Machine,
) -> None:
    before = "2024-06-29T03:15:00Z"
    assert machine.run(before)[0] == "SUCCEEDED"
    machine.fault = failing(5, times=1_000)

    status, cause = machine.run()

    assert status == "FAILED", cause
    assert machine.current_run() == before, "readers see the run before"
    scored = machine.container.get_retention_repository().get_scored_shards(
        machine.container.get_retention_repository().get_scoring_runs(limit=1)[0].run_id
    )
    assert 5 not in scored

    machine.fault = no_fault
    machine.events.clear()
    status, output = machine.run()
    assert (status, output["state"], output["customers"]) == ("SUCCEEDED", "current", 100), output
    asked = {each["shard"] for each in machine.steps("score")}
    assert 5 in asked
    assert not asked & scored.keys(), "what was scored is not scored again"


def test_of_two_starts_for_one_time_both_end_and_one_run_is_published(machine: Machine) -> None:
    first, second = machine.start(), machine.start()

    ends = [machine.wait(first)[0], machine.wait(second)[0]]

    assert "SUCCEEDED" in ends
    assert machine.current_run() == RUN_ID
    [run] = machine.container.get_retention_repository().get_scoring_runs()
    assert run.customers == 100


def test_of_two_that_overlap_the_later_declines(machine: Machine) -> None:
    declined = threading.Event()

    def hold(event: Event) -> None:
        if event["step"] == "score":
            assert declined.wait(WAIT_SECONDS)

    machine.fault = hold
    first = machine.start()
    machine.wait_for("score", first)

    status, _ = machine.run("2024-06-30T03:45:00Z")
    declined.set()

    assert status == "FAILED"
    assert machine.wait(first)[0] == "SUCCEEDED"
    assert machine.current_run() == RUN_ID


def test_a_start_for_an_earlier_time_is_declined(machine: Machine) -> None:
    assert machine.run()[0] == "SUCCEEDED"

    status, _ = machine.run("2024-06-29T03:15:00Z")

    assert status == "FAILED"
    assert machine.current_run() == RUN_ID


def test_a_run_that_was_published_is_not_made_again(machine: Machine) -> None:
    assert machine.current_run() == INITIAL_RUN
    assert machine.run()[0] == "SUCCEEDED"
    machine.events.clear()

    assert machine.run()[0] == "SUCCEEDED"

    assert [each["step"] for each in machine.events] == ["plan"]


def test_a_failure_of_a_shard_names_it(machine: Machine) -> None:
    payload, is_error, _ = machine.invoke(
        json.dumps({"step": "score", "run_id": "unknown", "shard": 7})
    )

    assert is_error
    assert json.loads(payload) == {
        "errorMessage": "shard 7 was not scored: NotFoundError",
        "errorType": "ShardFailedError",
    }
