"""What an account says about a stack, on moto's server in the place of AWS."""

from collections.abc import Iterator
from typing import Any, override

import boto3
import pytest
from moto import mock_aws

from local.aws_account import Account, AccountError, Answer, latest_version, until_ready
from local.deploy import KEY_VERSIONS
from local.stack_parameters import Parameters
from tests.template.stack import ROOT

REGION = "us-east-1"
PARAMETERS = Parameters.of_template(ROOT / "template.yaml")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        yield


@pytest.mark.usefixtures("aws")
def test_a_key_that_was_changed_is_deployed_by_its_version_and_one_that_never_was_is_not() -> None:
    client: Any = boto3.client("secretsmanager")
    arns = {
        name: client.create_secret(Name=name, SecretString="first")["ARN"]
        for name in ("FormTokenKey", "ErasureKey")
    }

    class Known(Account):
        """An account whose stack has these secrets, which moto's CloudFormation does not make."""

        @override
        def resources(self, name: str) -> dict[str, str]:
            return arns

    account = Known(REGION)
    assert account.changed_secrets("shop", KEY_VERSIONS) == {}
    changed = client.put_secret_value(SecretId=arns["ErasureKey"], SecretString="new,first")
    assert account.changed_secrets("shop", KEY_VERSIONS) == {
        "ErasureKeyVersion": changed["VersionId"]
    }
    assert KEY_VERSIONS.keys() <= PARAMETERS.declared.keys()


def test_a_database_that_wakes_is_waited_for() -> None:
    answers = iter([Answer(503, ""), Answer(200, "ok")])
    pauses: list[float] = []
    assert until_ready(lambda: next(answers), sleep=pauses.append) == Answer(200, "ok")
    assert len(pauses) == 1

    def silent() -> Answer:
        raise AccountError("host does not answer")

    with pytest.raises(AccountError):
        until_ready(silent, attempts=2, sleep=pauses.append)
    assert until_ready(lambda: Answer(500, ""), attempts=2, sleep=pauses.append).status == 500


def test_an_engine_version_that_is_not_offered_gives_way_to_the_latest_of_its_major_version() -> (
    None
):
    offered = ["16.12", "17.9", "17.10", "18.1"]
    assert latest_version(offered, "17.7") == "17.10"
    assert latest_version(["15.2", "16.12", "18.1"], "17.7") == "16.12"
