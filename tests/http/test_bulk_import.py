"""The message of a file that was put into the bucket, through the handler, on moto's S3."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, override

import boto3
import pytest
from moto import mock_aws

from bulk_import import RECEIVES, RESERVE, importing
from succotash.application.value.order_import import UnfinishedImportError
from succotash.container import Container
from succotash.domain.repositories.objects import ObjectStore
from succotash.domain.values import CustomerId
from succotash.errors import NotFoundError, StorageUnavailableError
from succotash.infrastructure.aws.objects import JSON_TYPE, S3ObjectStore
from tests.contexts import Context
from tests.events import Event, sample

CONTENT = b"customer_id,order_id,ordered_at,amount\nc,1,1998-06-01T00:00:00Z,10\nbroken\n"


@dataclass
class Bucket:
    """The bucket that the sample event names."""

    name: str
    key: str

    def put(self, content: bytes) -> None:
        boto3.client("s3").put_object(Bucket=self.name, Key=self.key, Body=content)

    def keys(self) -> list[str]:
        found = boto3.client("s3").list_objects_v2(Bucket=self.name)
        return [each["Key"] for each in found.get("Contents", ())]

    def result(self) -> Any:  # noqa: ANN401 - parsed JSON
        answer = boto3.client("s3").get_object(Bucket=self.name, Key=f"{self.key}.result.json")
        return json.loads(answer["Body"].read())


@pytest.fixture
def event() -> Event:
    return sample("bulk_import.uploaded")


@pytest.fixture
def bucket(event: Event, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    detail = json.loads(event["Records"][0]["body"])["detail"]
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket=detail["bucket"]["name"])
        yield Bucket(detail["bucket"]["name"], detail["object"]["key"])


@pytest.fixture
def parts() -> Container:
    return Container({"SUCCOTASH_STORAGE": "memory"})


def invoke(parts: Container, event: Event, context: Context | None = None) -> Any:  # noqa: ANN401
    return importing(parts)(event, context or Context())


def test_a_file_put_into_the_bucket_is_in_the_ledger(
    parts: Container, event: Event, bucket: Bucket
) -> None:
    bucket.put(CONTENT)
    [report] = invoke(parts, event)
    assert (report["status"], report["recorded"], report["rejected"]) == ("finished", 1, 1)
    [order] = parts.get_ltv_repository().get_orders(CustomerId("c"))
    assert order.amount.currency == "USD"
    [line] = bucket.result()["rejected_lines"]
    assert (line["line"], line["errors"][0]["code"]) == (3, "column_count")


def test_the_same_message_again_changes_nothing(
    parts: Container, event: Event, bucket: Bucket
) -> None:
    bucket.put(CONTENT)
    [first] = invoke(parts, event)
    result = bucket.result()
    [again] = invoke(parts, event)
    assert (first["status"], again["status"]) == ("finished", "gone")
    assert bucket.result() == result


@pytest.mark.parametrize("content", [CONTENT, b"customer_id,e-mail\nc,ada@example.com\n"])
def test_a_file_goes_once_its_result_is_there(
    parts: Container, event: Event, bucket: Bucket, content: bytes
) -> None:
    bucket.put(content)
    invoke(parts, event)
    assert bucket.keys() == [f"{bucket.key}.result.json"]


def test_a_file_put_there_meanwhile_stays_for_its_own_message(event: Event, bucket: Bucket) -> None:
    bucket.put(CONTENT)
    later = [CONTENT.replace(b"c,1", b"c,2")]

    class Replacing(S3ObjectStore):
        @override
        def write(self, key: str, content: Iterable[bytes], content_type: str = JSON_TYPE) -> None:
            super().write(key, content, content_type)
            if later:
                bucket.put(later.pop())

    class Shared(Container):
        """A deployment in whose bucket the file is replaced once its result is there."""

        @override
        def get_bucket(self, name: str) -> ObjectStore:
            return Replacing(name)

    parts = Shared({"SUCCOTASH_STORAGE": "memory"})
    objects = parts.get_bucket(bucket.name)
    invoke(parts, event)
    assert b"".join(objects.read(objects.describe(bucket.key))).splitlines()[1][:3] == b"c,2"
    assert invoke(parts, event)[0]["recorded"] == 1
    assert bucket.keys() == [f"{bucket.key}.result.json"]


def test_a_message_is_left_in_the_queue_when_time_runs_out(
    parts: Container, event: Event, bucket: Bucket
) -> None:
    bucket.put(CONTENT)
    with pytest.raises(UnfinishedImportError):
        invoke(parts, event, Context(RESERVE))
    assert invoke(parts, event)[0]["recorded"] == 1


@pytest.mark.usefixtures("bucket")
def test_a_file_that_is_gone_is_not_found(parts: Container, event: Event) -> None:
    with pytest.raises(NotFoundError):
        invoke(parts, event)


def test_a_storage_that_is_down_leaves_the_message_in_the_queue(
    event: Event, bucket: Bucket
) -> None:
    bucket.put(CONTENT)
    down = Container({"DB_PORT": "1", "DB_CONNECT_TIMEOUT": "1"})
    with pytest.raises(StorageUnavailableError):
        invoke(down, event)


def test_an_import_that_fails_for_the_last_time_ends_as_failed(
    parts: Container, event: Event, bucket: Bucket
) -> None:
    bucket.put(CONTENT)
    record = event["Records"][0]
    stored: list[str] = []
    for receives in (RECEIVES - 1, RECEIVES):
        record["attributes"]["ApproximateReceiveCount"] = str(receives)
        with pytest.raises(UnfinishedImportError):
            invoke(parts, event, Context(RESERVE))
        stored = bucket.keys()
        assert (f"{bucket.key}.result.json" in stored) == (receives == RECEIVES)
    assert (bucket.result()["status"], bucket.result()["errors"][0]["code"]) == (
        "failed",
        "given_up",
    )
    assert bucket.key in stored, "so that it can be imported later"

    # Put back by hand, it goes on where it stood.
    assert invoke(parts, event)[0]["recorded"] == 1
    assert bucket.result()["status"] == "finished"


def test_an_import_that_fails_while_the_database_is_away_ends_as_failed(
    event: Event, bucket: Bucket
) -> None:
    bucket.put(CONTENT)
    down = Container({"DB_PORT": "1", "DB_CONNECT_TIMEOUT": "1"})
    event["Records"][0]["attributes"]["ApproximateReceiveCount"] = str(RECEIVES)
    with pytest.raises(StorageUnavailableError):
        invoke(down, event)
    assert bucket.result()["status"] == "failed"


def test_a_file_that_is_gone_has_no_result(parts: Container, event: Event, bucket: Bucket) -> None:
    event["Records"][0]["attributes"]["ApproximateReceiveCount"] = str(RECEIVES)
    with pytest.raises(NotFoundError):
        invoke(parts, event)
    assert bucket.keys() == []


def test_neither_keys_nor_contents_are_logged(
    parts: Container, event: Event, bucket: Bucket, caplog: pytest.LogCaptureFixture
) -> None:
    bucket.put(CONTENT)
    with caplog.at_level("INFO"):
        invoke(parts, event)
    [logged] = [str(vars(each)) for each in caplog.records if each.name == "bulk_import"]
    assert "'recorded': 1" in logged
    assert "june" not in logged
    assert "broken" not in logged
