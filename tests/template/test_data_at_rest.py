"""Files and queues that hold people's data."""

import pytest

from lead_queries import ERASURE_SECONDS
from succotash.infrastructure.aws.queue_rounds import HIDDEN_SECONDS, RETENTION, WAIT_SECONDS
from succotash.infrastructure.aws.submission_queue import ATTEMPTS, CONNECT_SECONDS, READ_SECONDS
from succotash.infrastructure.postgres.retry import RetryPolicy
from tests.template.stack import (
    database_limits,
    functions,
    globals_of_functions,
    written,
)


@pytest.mark.parametrize("name", ["OrderFiles", "Exports"])
def test_files_with_peoples_data_are_encrypted_private_and_forgotten(name: str) -> None:
    bucket = written()["Resources"][name]["Properties"]
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    [rule] = bucket["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] <= 30
    [statement] = written()["Resources"][f"{name}OverTls"]["Properties"]["PolicyDocument"][
        "Statement"
    ]
    assert statement["Effect"] == "Deny"


def test_submissions_wait_in_order_encrypted_and_long_enough_for_any_outage() -> None:
    resources = {name: each["Properties"] for name, each in written()["Resources"].items()}
    queue, failures = resources["ParkedSubmissions"], resources["ParkedSubmissionFailures"]
    for each in (queue, failures):
        assert each["FifoQueue"] is True
        assert each["SqsManagedSseEnabled"] is True
        assert each["MessageRetentionPeriod"] == RETENTION.total_seconds() == 14 * 24 * 3600
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {
        "Fn::GetAtt": ["ParkedSubmissionFailures", "Arn"]
    }
    outage = queue["RedrivePolicy"]["maxReceiveCount"] * queue["VisibilityTimeout"]
    assert outage >= 2 * 24 * 3600
    assert queue["VisibilityTimeout"] >= 6 * globals_of_functions()["Timeout"]
    mapping = resources["ParkedSubmissionMessages"]
    assert mapping["EventSourceArn"] == {"Fn::GetAtt": ["ParkedSubmissions", "Arn"]}
    assert mapping["FunctionName"] == {"Ref": "FormIntake"}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize(
    "name", ["ErasureKey", "OrderFiles", "ParkedSubmissions", "ParkedSubmissionFailures"]
)
def test_what_nobody_has_read_yet_outlives_the_stack_but_not_a_failed_creation(name: str) -> None:
    resource = written()["Resources"][name]
    assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
    assert resource["UpdateReplacePolicy"] == "Retain"


def test_a_search_through_a_queue_ends_before_its_request_and_hides_until_then() -> None:
    request = globals_of_functions()["Timeout"]
    one_call = ATTEMPTS * (CONNECT_SECONDS + READ_SECONDS)
    assert WAIT_SECONDS < READ_SECONDS
    assert ERASURE_SECONDS + one_call < request < HIDDEN_SECONDS


def test_a_submission_is_parked_before_the_gateway_gives_up() -> None:
    database = database_limits(functions()["FormIntake"])
    last_attempt = RetryPolicy().deadline + max(database.connect_timeout, database.read_timeout)
    queue = ATTEMPTS * (CONNECT_SECONDS + READ_SECONDS)
    assert last_attempt + queue < globals_of_functions()["Timeout"]
