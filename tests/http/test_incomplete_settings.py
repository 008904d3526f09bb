"""A deployment whose settings are incomplete: who says so, how often, and what is tried again."""

import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

import bulk_import
import churn_scoring
import form_intake
import lead_scoring
import outbox_relay
from succotash.container import Container
from succotash.errors import SettingsError
from tests.contexts import Context
from tests.events import sample

type Function = Callable[[Mapping[str, Any], LambdaContext], object]
type Environments = Mapping[str, dict[str, str]]
type Factory = Callable[[Container], Function]

WITHOUT_ANSWER: Mapping[str, Factory] = {
    "bulk_import.uploaded": bulk_import.importing,
    "churn_scoring.scheduled": churn_scoring.scoring,
    "form_intake.parked": form_intake.intake,
    "lead_scoring.scheduled": lead_scoring.scoring,
    "outbox_relay.scheduled": outbox_relay.relaying,
}
"""What nobody waits for an answer of: a queue or a schedule invokes it, and again if it fails."""
AT_ONCE, ON_CONNECTING = "DB_SECRET_ARN", "DB_SSLROOTCERT"
"""Settings that are found wrong when all are read, and when the database is first needed."""


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


@pytest.fixture
def incomplete() -> Iterator[Environments]:
    """Environments by the setting that is wrong in them."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield {
            AT_ONCE: {"DB_HOST": "database.example"},
            ON_CONNECTING: {
                "DB_HOST": "127.0.0.1",
                "DB_PORT": str(server.getsockname()[1]),
                "DB_SSLMODE": "verify-full",
                "DB_SSLROOTCERT": "/nowhere/certificates.pem",
            },
        }


def critical(log: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in log.records if each.levelname == "CRITICAL"]


@pytest.mark.parametrize(
    ("event", "setting"),
    [
        *((event, AT_ONCE) for event in WITHOUT_ANSWER),
        # An import looks for its file before the database.
        *((event, ON_CONNECTING) for event in WITHOUT_ANSWER if event != "bulk_import.uploaded"),
    ],
)
def test_what_is_invoked_without_an_answer_fails_and_names_the_setting_once(
    event: str, setting: str, incomplete: Environments, caplog: pytest.LogCaptureFixture
) -> None:
    function = WITHOUT_ANSWER[event](Container(incomplete[setting]))

    for _ in range(3):
        with pytest.raises(SettingsError, match=setting):
            function(sample(event), Context())

    [sentence] = critical(caplog)
    assert setting in sentence


@pytest.mark.parametrize("setting", [AT_ONCE, ON_CONNECTING])
def test_a_request_is_answered_503_and_the_setting_named_once(
    setting: str, incomplete: Environments, caplog: pytest.LogCaptureFixture
) -> None:
    function = form_intake.intake(Container(incomplete[setting]))

    answers: list[Any] = [function(sample("form_intake.health"), Context()) for _ in range(3)]

    assert [answer["statusCode"] for answer in answers] == [503] * 3
    assert all(setting in answer["body"] for answer in answers)
    [sentence] = critical(caplog)
    assert setting in sentence


def test_a_shard_names_the_setting_behind_its_failure(
    incomplete: Environments, caplog: pytest.LogCaptureFixture
) -> None:
    score = churn_scoring.scoring(Container(incomplete[ON_CONNECTING]))

    with pytest.raises(churn_scoring.ShardFailedError, match="shard 3"):
        score({"step": "score", "run_id": "run-1", "shard": 3}, Context())

    [sentence] = critical(caplog)
    assert ON_CONNECTING in sentence


def test_no_parked_submission_is_given_up_for_a_wrong_setting(
    incomplete: Environments, tmp_path: Path
) -> None:
    queue = {"PARKING_QUEUE_URL": f"file:{tmp_path / 'parked.db'}"}
    event = sample("form_intake.parked")
    for record in event["Records"]:
        record["attributes"]["ApproximateReceiveCount"] = "900"

    with pytest.raises(SettingsError, match=ON_CONNECTING):
        form_intake.intake(Container(incomplete[ON_CONNECTING] | queue))(event, Context())
