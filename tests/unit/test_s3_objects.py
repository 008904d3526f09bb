"""Objects of a bucket, on moto's S3."""

from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from succotash.domain.repositories.objects import ObjectReplacedError
from succotash.errors import NotFoundError, StorageError, StorageUnavailableError
from succotash.infrastructure.aws.objects import PART, S3ObjectStore

BUCKET = "order-files"
REGION = "us-east-1"


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3ObjectStore]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        yield S3ObjectStore(BUCKET)


def test_what_was_written_is_read_from_any_place(store: S3ObjectStore) -> None:
    content = bytes(range(256)) * 4096 * 20
    store.write(
        "a/b.csv", (content[start : start + 99_991] for start in range(0, len(content), 99_991))
    )
    found = store.describe("a/b.csv")
    assert (found.place, found.size) == (f"s3://{BUCKET}/a/b.csv", len(content))
    assert b"".join(store.read(found)) == content
    assert b"".join(store.read(found, PART + 7)) == content[PART + 7 :]
    assert list(store.read(found, len(content))) == []


def test_an_object_of_nothing_has_nothing_to_read(store: S3ObjectStore) -> None:
    store.write("empty.csv", [])
    assert list(store.read(store.describe("empty.csv"))) == []


def test_an_object_that_is_not_there_is_not_found(store: S3ObjectStore) -> None:
    with pytest.raises(NotFoundError):
        store.describe("nothing.csv")
    with pytest.raises(NotFoundError):
        S3ObjectStore("no-such-bucket").describe("nothing.csv")


def test_an_object_replaced_meanwhile_is_not_read_on(store: S3ObjectStore) -> None:
    store.write("orders.csv", [b"first"])
    found = store.describe("orders.csv")
    store.write("orders.csv", [b"second"])
    with pytest.raises(ObjectReplacedError):
        list(store.read(found))
    assert store.describe("orders.csv").version != found.version


def test_a_source_that_fails_leaves_what_was_there(store: S3ObjectStore) -> None:
    store.write("orders.csv.result.json", [b"first"])

    def failing() -> Iterator[bytes]:
        yield b"x" * 3 * PART
        raise StorageUnavailableError("the database is gone")

    with pytest.raises(StorageUnavailableError, match="database"):
        store.write("orders.csv.result.json", failing())
    assert list(store.read(store.describe("orders.csv.result.json"))) == [b"first"]
    assert boto3.client("s3").list_multipart_uploads(Bucket=BUCKET).get("Uploads", []) == []


class Refusing:
    """A client whose every answer is this error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def head_object(self, **_: str) -> None:
        raise self._error


def test_an_s3_that_does_not_answer_may_answer_later() -> None:
    gone = EndpointConnectionError(endpoint_url="https://s3.example")
    with pytest.raises(StorageUnavailableError):
        S3ObjectStore(BUCKET, lambda: Refusing(gone)).describe("orders.csv")


@pytest.mark.parametrize(
    ("code", "expected"),
    [("403", StorageError), ("SlowDown", StorageUnavailableError), ("404", NotFoundError)],
)
def test_what_s3_answers_becomes_an_error_of_ours(code: str, expected: type[Exception]) -> None:
    refusal = ClientError({"Error": {"Code": code, "Message": "orders of Ada"}}, "HeadObject")
    with pytest.raises(expected) as caught:
        S3ObjectStore(BUCKET, lambda: Refusing(refusal)).describe("orders.csv")
    assert "Ada" not in str(caught.value)


def test_a_version_is_removed_and_no_other(store: S3ObjectStore) -> None:
    store.write("orders.csv", [b"first"])
    first = store.describe("orders.csv")
    store.write("orders.csv", [b"other"])
    with pytest.raises(ObjectReplacedError):
        store.remove(first)
    store.remove(store.describe("orders.csv"))
    store.remove(first)
    with pytest.raises(NotFoundError):
        store.describe("orders.csv")
