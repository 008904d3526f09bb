"""What the function that sets the database up answers CloudFormation."""

import re
import threading
from collections.abc import Iterator, Mapping

import boto3
import pytest
from moto import mock_aws
from mypy_boto3_s3 import S3Client

import cloudformation
from schema_migration import migrating
from succotash.container import Container
from succotash.errors import StorageUnavailableError
from succotash.infrastructure.postgres.provisioning import SetUpError
from tests.contexts import Context
from tests.integration.stacks import (
    HOLD_SET_UPS,
    LATER,
    LET_GO,
    CloudFormation,
    Stack,
)

SETTINGS = {
    "RequestType": "Update",
    "ResourceType": "Custom::Settings",
    "StackId": "s",
    "RequestId": "r",
    "LogicalResourceId": "Settings",
}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"DB_PORT": "1", "DB_CONNECT_TIMEOUT": "1"}, "cannot be reached"),
        ({"DB_ROLE_SECRET_ARNS": '{"intake": "arn:unknown"}'}, "cannot be fetched"),
        ({"DB_ROLE_SECRET_ARNS": "{"}, "DB_ROLE_SECRET_ARNS"),
        ({"DB_ROLE_SECRET_ARNS": ""}, "IAM"),
        ({"DB_ADMIN_SECRET_ARN": ""}, "DB_ADMIN_SECRET_ARN"),
    ],
)
def test_whatever_is_wrong_is_said_in_a_sentence(
    changes: Mapping[str, str], said: str, stack: Stack
) -> None:
    answer = stack.ask(**changes)
    assert answer["Status"] == "FAILED"
    assert said in answer["Reason"]
    assert not any(password in answer["Reason"] for password in stack.passwords.values())


def test_an_answer_that_does_not_arrive_is_sent_again(stack: Stack) -> None:
    stack.cloud.failing = 2
    assert stack.ask("Delete")["Status"] == "SUCCESS"


def test_cloudformation_that_never_hears_is_an_error(stack: Stack) -> None:
    stack.cloud.failing = cloudformation.ATTEMPTS
    with pytest.raises(OSError, match="503"):
        stack.ask("Delete")


def test_an_answer_is_sent_before_time_is_over_and_only_once(stack: Stack) -> None:
    stack.ask()
    with stack.server.connect() as connection:
        connection.run(HOLD_SET_UPS)

        event = {
            "RequestType": "Update",
            "ResponseURL": stack.cloud.url,
            "StackId": "s",
            "RequestId": "r",
            "LogicalResourceId": "l",
        }
        timer = threading.Timer(3, connection.run, (LET_GO,))
        timer.start()
        report = migrating(Container(stack.environment))(event, Context(6_000))
        timer.join()
    assert report["status"] == "FAILED"
    assert "longer than it may" in report["reason"]
    assert [each["Status"] for each in stack.cloud.answers] == ["SUCCESS", "FAILED"]
    assert "had not ended" in stack.cloud.answers[-1]["Reason"]


def test_by_hand_an_error_escapes(stack: Stack) -> None:
    nobody = Container({**stack.environment, "DB_PORT": "1", "DB_CONNECT_TIMEOUT": "1"})
    with pytest.raises(StorageUnavailableError):
        migrating(nobody)({}, Context())
    with pytest.raises(SetUpError):
        migrating(Container(stack.environment))(
            {"ResourceProperties": {"Revision": LATER}}, Context()
        )


@pytest.mark.parametrize("storage", ["sqlite", "memory"])
def test_other_storages_have_no_schema_to_look_after(storage: str, stack: Stack) -> None:
    assert stack.ask(SUCCOTASH_STORAGE=storage)["Data"] == {}


EXPORTS = SETTINGS | {
    "ResourceType": "Custom::EmptiedBucket",
    "LogicalResourceId": "EmptiedExports",
    "ResourceProperties": {"ServiceToken": "arn", "Bucket": "exports"},
}


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Client]:
    """S3 with a bucket of exports that holds one."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="exports")
        client.put_object(Bucket="exports", Key="leads.csv", Body=b"ada")
        yield client


def test_the_bucket_of_exports_is_emptied_when_the_stack_goes_and_not_before(
    cloud: CloudFormation, bucket: S3Client
) -> None:
    def ask(kind: str) -> str:
        event = EXPORTS | {"RequestType": kind, "ResponseURL": cloud.url}
        return str(migrating(Container({}))(event, Context())["status"])

    assert (ask("Create"), ask("Update")) == ("SUCCESS", "SUCCESS")
    assert bucket.list_objects_v2(Bucket="exports")["KeyCount"] == 1
    assert ask("Delete") == "SUCCESS"
    bucket.delete_bucket(Bucket="exports")
    assert ask("Delete") == "SUCCESS"


@pytest.mark.usefixtures("bucket")
def test_exports_that_time_leaves_no_room_for_fail_the_deletion_with_a_sentence(
    cloud: CloudFormation,
) -> None:
    event = EXPORTS | {"RequestType": "Delete", "ResponseURL": cloud.url}
    report = migrating(Container({}))(event, Context(10_000))
    assert report["status"] == "FAILED"
    assert "no time" in report["reason"]


def test_a_resource_that_was_made_keeps_its_name(cloud: CloudFormation) -> None:
    asked = SETTINGS | {"ResponseURL": cloud.url, "PhysicalResourceId": "of a release before"}
    migrating(Container({}))(asked, Context())
    assert cloud.answers[-1]["PhysicalResourceId"] == "of a release before"


def test_every_change_of_a_setting_is_seen_in_their_digest_without_any_database() -> None:
    nobody = Container({"DB_PORT": "1"})

    def digest(*values: object) -> str:
        event = SETTINGS | {"ResourceProperties": {"ServiceToken": "arn", "Values": values}}
        return str(migrating(nobody)(event, Context())["Digest"])

    seen = [
        digest(),
        digest("a", "b"),
        digest("b", "a"),
        digest("a b"),
        digest("a", ["b"]),
        digest("a", ["b", "c"]),
    ]
    assert len(set(seen)) == len(seen)
    assert all(re.fullmatch("[0-9a-f]{16}", each) for each in seen)
    assert digest("a", "b") == seen[1]
