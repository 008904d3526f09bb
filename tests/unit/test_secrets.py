"""Secrets on moto's Secrets Manager, and the keys that sign tokens."""

from collections.abc import Iterator
from typing import Any, override

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from succotash.container import Container
from succotash.domain.intake.signing import InvalidTokenError
from succotash.errors import SettingsError, StorageUnavailableError
from succotash.infrastructure.aws.secrets import KNOWN_SECONDS, SecretReader, SecretsClient
from succotash.wiring.keys import keys_of
from tests.builders import NOON, days

MISSING = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:nowhere"


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


class Away(SecretsClient):
    """A client whose network leads nowhere."""

    @override
    def get_secret_value(self, *, SecretId: str) -> Any:
        raise EndpointConnectionError(endpoint_url="https://secretsmanager")


def test_a_secret_is_read_again_after_a_while_or_when_asked(secrets: Any) -> None:  # noqa: ANN401
    one = secrets.create_secret(Name="one", SecretString="first")["ARN"]
    two = secrets.create_secret(Name="two", SecretString="other")["ARN"]
    clock = Ticking()
    reader = SecretReader(clock=clock)
    assert (reader.value(one), reader.value(two)) == ("first", "other")

    secrets.put_secret_value(SecretId=one, SecretString="second")
    assert reader.value(one) == "first"
    clock.now += KNOWN_SECONDS + 1
    assert reader.value(one) == "second"

    secrets.put_secret_value(SecretId=one, SecretString="third")
    assert reader.value(one, fresh=True) == "third"
    assert reader.value(one) == "third"


def test_a_known_value_serves_on_while_secrets_manager_is_away(secrets: Any) -> None:  # noqa: ANN401
    arn = secrets.create_secret(Name="key", SecretString="first")["ARN"]
    clock, clients = Ticking(), [secrets]
    reader = SecretReader(lambda: clients[-1], clock=clock)
    assert reader.value(arn) == "first"

    clients.append(Away())
    clock.now += KNOWN_SECONDS + 1

    assert reader.value(arn) == "first"
    with pytest.raises(StorageUnavailableError):
        reader.value(arn, fresh=True)
    with pytest.raises(StorageUnavailableError):
        SecretReader(Away).value(arn)


def test_a_secret_that_is_missing_or_binary_is_not_read(secrets: Any) -> None:  # noqa: ANN401
    binary = secrets.create_secret(Name="binary", SecretBinary=b"x")["ARN"]

    with pytest.raises(StorageUnavailableError):
        SecretReader().value(MISSING)
    with pytest.raises(SettingsError, match="binary"):
        SecretReader().value(binary)


def test_each_key_that_is_listed_counts_once_and_the_first_one_makes_new_ones() -> None:
    assert keys_of("third,second,third,first")() == ("third", "second", "first")


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
