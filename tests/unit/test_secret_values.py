"""Secrets that forms name, on moto's Secrets Manager."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from succotash.errors import StorageUnavailableError
from succotash.infrastructure.aws.secret_values import KNOWN_SECONDS, SecretValues


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


def test_a_secret_is_fetched_once_in_a_while(secrets: Any) -> None:  # noqa: ANN401
    one = secrets.create_secret(Name="one", SecretString="first")["ARN"]
    two = secrets.create_secret(Name="two", SecretString="other")["ARN"]
    clock = Ticking()
    value_of = SecretValues(clock=clock)
    assert (value_of(one), value_of(two)) == ("first", "other")
    secrets.put_secret_value(SecretId=one, SecretString="second")
    assert value_of(one) == "first"
    clock.now += KNOWN_SECONDS + 1
    assert value_of(one) == "second"


def test_a_secret_that_is_not_there_or_binary_cannot_be_had(secrets: Any) -> None:  # noqa: ANN401
    binary = secrets.create_secret(Name="binary", SecretBinary=b"x")["ARN"]
    value_of = SecretValues()
    for arn in (binary, "arn:aws:secretsmanager:eu-central-1:123456789012:secret:nowhere"):
        with pytest.raises(StorageUnavailableError):
            value_of(arn)
