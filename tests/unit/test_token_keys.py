"""Keys that sign tokens, on moto's Secrets Manager."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from succotash.container import Container
from succotash.domain.intake.signing import InvalidTokenError
from succotash.errors import SettingsError, StorageUnavailableError
from succotash.infrastructure.aws.token_keys import KNOWN_SECONDS, SecretKeys
from tests.builders import NOON, days


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        yield boto3.client("secretsmanager")


class Ticking:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_secret_and_the_one_before_it_are_keys(secrets: Any) -> None:  # noqa: ANN401
    arn = secrets.create_secret(Name="key", SecretString="first")["ARN"]
    clock = Ticking()
    keys = SecretKeys(arn, clock=clock)
    assert keys() == ("first",)
    secrets.put_secret_value(SecretId=arn, SecretString="second")
    assert keys() == ("first",)
    clock.now += KNOWN_SECONDS + 1
    assert keys() == ("second", "first")


def test_what_is_known_serves_on_while_secrets_manager_is_away(secrets: Any) -> None:  # noqa: ANN401
    arn = secrets.create_secret(Name="key", SecretString="first")["ARN"]
    clock, clients = Ticking(), [secrets]

    class Away:
        def get_secret_value(self, **_: str) -> None:
            raise EndpointConnectionError(endpoint_url="https://secretsmanager")

    keys = SecretKeys(arn, lambda: clients[-1], clock=clock)
    keys()
    clients.append(Away())
    clock.now += KNOWN_SECONDS + 1
    assert keys() == ("first",)
    with pytest.raises(StorageUnavailableError):
        SecretKeys(arn, Away)()


def test_a_secret_that_is_not_there_gives_no_keys(secrets: Any) -> None:  # noqa: ANN401, ARG001
    with pytest.raises(StorageUnavailableError):
        SecretKeys("arn:aws:secretsmanager:eu-central-1:123456789012:secret:gone")()


def test_keys_of_the_settings_are_shared_and_those_of_a_process_are_not() -> None:
    old, new = "k" * 20, "n" * 20
    memory = {"SUCCOTASH_STORAGE": "memory"}
    token = Container(memory | {"FORM_TOKEN_KEYS": old}).signer("p").sign("s", NOON)
    rotated = Container(memory | {"FORM_TOKEN_KEYS": f"{new},{old}"}).signer("p")
    assert rotated.read(token, NOON, days(1)).subject == "s"
    with pytest.raises(InvalidTokenError):
        Container(memory).signer("p").read(token, NOON, days(1))
    alone = Container(memory)
    assert alone.signer("p").read(alone.signer("p").sign("s", NOON), NOON, days(1)).subject == "s"


@pytest.mark.parametrize("keys", ["short", "k" * 20 + ",", "k" * 20 + ", " + "n" * 20, "k" * 15])
def test_a_key_that_could_be_guessed_is_refused(keys: str) -> None:
    with pytest.raises(SettingsError, match="FORM_TOKEN_KEYS") as refused:
        Container({"FORM_TOKEN_KEYS": keys}).signer("p")
    assert keys not in str(refused.value)


def test_a_value_may_be_several_keys(secrets: Any) -> None:  # noqa: ANN401
    arn = secrets.create_secret(Name="key", SecretString="first")["ARN"]
    secrets.put_secret_value(SecretId=arn, SecretString="second,first")
    secrets.put_secret_value(SecretId=arn, SecretString="third,second,first")
    assert SecretKeys(arn)() == ("third", "second", "first")
