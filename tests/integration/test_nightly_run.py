"""The state machine of the night's work, executed: each step follows, failed or not."""

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.awslambda.models import LambdaFunction
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_sfn import (  # noqa: E501
    StateTaskServiceSfn,
)
from ruamel.yaml import YAML

DEFINITIONS = Path(__file__).parents[2] / "statemachines"
REGION, ACCOUNT = "us-east-1", "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/anything"
STEPS = ("lead_scoring", "churn_scoring", "campaign_dispatch", "outbox_relay")
TIME = "2026-11-29T03:15:00Z"
CONFIG: Any = {"stepfunctions": {"execute_state_machine": True}}
WAIT_SECONDS = 60.0


def definition(name: str, given: Mapping[str, str]) -> str:
    """A state machine's definition as CloudFormation fills it in."""
    text = (DEFINITIONS / f"{name}.asl.yaml").read_text("utf-8")
    filled = re.sub(r"\$\{(\w+)\}", lambda found: given[found[1]], text)
    return json.dumps(YAML(typ="safe").load(filled))


def function_arn(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


class Night:
    """The machine, and functions that say what they were asked for, or fail."""

    def __init__(self) -> None:
        self.failing: set[str] = set()
        self.is_noted = True
        """Whether the function that fails can note it still."""
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self._machines = boto3.client("stepfunctions", region_name=REGION)
        self._queues = boto3.client("sqs", region_name=REGION)
        self.urls = {
            name: self._queues.create_queue(QueueName=name)["QueueUrl"]
            for name in ("ScoringFailures", "DispatchFailures", "RelayFailures")
        }
        shards = self._machines.create_state_machine(
            name="shards",
            roleArn=ROLE,
            definition=definition(
                "scoring_run",
                {
                    "Partition": "aws",
                    "Function": function_arn("churn_scoring"),
                    "Concurrency": "2",
                    "RetrySeconds": "1",
                },
            ),
        )["stateMachineArn"]
        self._arn = self._machines.create_state_machine(
            name="night",
            roleArn=ROLE,
            definition=definition(
                "nightly_run",
                {
                    "Partition": "aws",
                    "LeadScoring": function_arn("lead_scoring"),
                    "ChurnScoring": function_arn("churn_scoring"),
                    "CampaignDispatch": function_arn("campaign_dispatch"),
                    "OutboxRelay": function_arn("outbox_relay"),
                    "ScoringRun": shards,
                    "RetrySeconds": "1",
                    **self.urls,
                },
            ),
        )["stateMachineArn"]

    def invoke(self, name: str, event: str | Mapping[str, Any]) -> tuple[str, bool, str]:
        """What Lambda would answer: the payload, whether it is an error, the log."""
        payload = json.loads(event) if isinstance(event, str) else event
        self.asked.append((name, payload))
        is_noting = payload.get("step") == "fail" and self.is_noted
        if name in self.failing and not is_noting:
            return json.dumps({"errorMessage": "no", "errorType": "SomeError"}), True, ""
        return json.dumps({"run_id": TIME, "state": "current", "shards": []}), False, ""

    def run(self, scoring: str | None = "function") -> str:
        """How an execution ended."""
        given = {"time": TIME} if scoring is None else {"time": TIME, "scoring": scoring}
        execution = self._machines.start_execution(
            stateMachineArn=self._arn, input=json.dumps(given)
        )["executionArn"]
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            status = self._machines.describe_execution(executionArn=execution)["status"]
            if status != "RUNNING":
                return status
            time.sleep(0.05)
        raise TimeoutError(execution)

    def steps(self) -> Sequence[str]:
        """Functions in the order in which they were first asked."""
        return tuple(dict.fromkeys(name for name, _ in self.asked))

    def kept(self, queue: str) -> list[Any]:
        """What was put into a queue of failures."""
        found = self._queues.receive_message(QueueUrl=self.urls[queue], MaxNumberOfMessages=10)
        return [json.loads(each["Body"]) for each in found.get("Messages", [])]


def start_machine(
    _: object,
    env: Any,  # noqa: ANN401 - of moto
    *,
    normalised_parameters: Mapping[str, str],
    **__: object,
) -> None:
    """Start the machine that a step names, as Step Functions does."""
    started = boto3.client("stepfunctions", region_name=REGION).start_execution(
        stateMachineArn=normalised_parameters["StateMachineArn"],
        input=normalised_parameters["Input"],
    )
    env.stack.append({"ExecutionArn": started["executionArn"]})


@pytest.fixture
def night(monkeypatch: pytest.MonkeyPatch) -> Iterator[Night]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws(config=CONFIG):
        boto3.client("iam", region_name=REGION).create_role(
            RoleName="anything", AssumeRolePolicyDocument="{}"
        )
        for name in STEPS:
            boto3.client("lambda", region_name=REGION).create_function(
                FunctionName=name,
                Runtime="python3.13",
                Role=ROLE,
                Handler="handler",
                Code={"ZipFile": b""},
            )
        made = Night()
        # Moto runs functions in Docker; here they are played.
        monkeypatch.setattr(
            LambdaFunction,
            "_invoke_lambda",
            lambda function, event: made.invoke(function.function_name, event),
        )
        # Moto hands the names of Step Functions to boto3, which writes them with a small letter.
        monkeypatch.setattr(StateTaskServiceSfn, "_eval_service_task", start_machine)
        yield made


@pytest.mark.parametrize("scoring", ["function", None])
def test_all_are_scored_before_campaigns_are_dispatched_and_what_is_due_is_delivered(
    night: Night, scoring: str | None
) -> None:
    assert night.run(scoring) == "SUCCEEDED"
    assert [name for name, _ in night.asked] == list(STEPS)
    assert all(event["time"] == TIME for _, event in night.asked)
    assert all("step" not in event for _, event in night.asked)


def test_customers_are_scored_by_shards_where_that_is_chosen(night: Night) -> None:
    assert night.run("state-machine") == "SUCCEEDED"
    assert [(name, event.get("step")) for name, event in night.asked] == [
        ("lead_scoring", None),
        ("churn_scoring", "plan"),
        ("campaign_dispatch", None),
        ("outbox_relay", None),
    ]


@pytest.mark.parametrize(
    ("step", "queue"),
    [
        ("lead_scoring", "ScoringFailures"),
        ("churn_scoring", "ScoringFailures"),
        ("campaign_dispatch", "DispatchFailures"),
        ("outbox_relay", "RelayFailures"),
    ],
)
def test_a_step_that_fails_for_good_is_kept_and_stops_no_other(
    night: Night, step: str, queue: str
) -> None:
    night.failing = {step}

    assert night.run() == "SUCCEEDED"

    assert night.steps() == STEPS
    tried = [event for name, event in night.asked if name == step and "step" not in event]
    assert len(tried) == 3, "it is tried again"
    [kept] = night.kept(queue)
    assert kept["step"] == step
    assert kept["event"]["time"] == TIME
    assert kept["event"]["failure"]["Error"] == "SomeError"


def test_a_run_by_shards_that_fails_is_kept_and_stops_nothing(night: Night) -> None:
    night.failing = {"churn_scoring"}

    assert night.run("state-machine") == "SUCCEEDED"

    assert night.steps() == STEPS
    [kept] = night.kept("ScoringFailures")
    assert kept["step"] == "churn_scoring"


def test_a_night_on_which_everything_fails_ends_and_tells_all_of_it(night: Night) -> None:
    night.failing = set(STEPS)
    night.is_noted = False

    assert night.run() == "SUCCEEDED"

    assert {each["step"] for each in night.kept("ScoringFailures")} == {
        "lead_scoring",
        "churn_scoring",
    }
    assert [each["step"] for each in night.kept("DispatchFailures")] == ["campaign_dispatch"]
    assert [each["step"] for each in night.kept("RelayFailures")] == ["outbox_relay"]


@pytest.mark.parametrize("scoring", ["function", "state-machine"])
def test_a_run_that_fails_is_noted_as_failed(night: Night, scoring: str) -> None:
    night.failing = {"churn_scoring"}

    assert night.run(scoring) == "SUCCEEDED"

    noted = [event for _, event in night.asked if event.get("step") == "fail"]
    assert {(each["time"], each["failure"]["Error"]) for each in noted} >= {(TIME, "SomeError")}
    assert len(night.kept("ScoringFailures")) == 1
