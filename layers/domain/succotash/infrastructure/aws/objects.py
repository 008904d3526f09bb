"""Objects in a bucket of S3."""

import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, override

from succotash.domain.repositories.objects import ObjectReplacedError, ObjectStore, StoredObject
from succotash.errors import NotFoundError, StorageError, StorageUnavailableError

PART = 8 * 1024 * 1024
"""Bytes asked for at a time: while they are worked on, no answer of S3 is left waiting."""
JSON_TYPE = "application/json"
MISSING = {"404", "NoSuchKey", "NoSuchBucket"}
REPLACED = {"412", "PreconditionFailed"}
REFUSED = {"403", "AccessDenied"}


type S3 = Any
"""A client of S3, which boto3 makes while it runs."""


def s3() -> S3:
    """A client that tries each request a few times.

    It addresses buckets by virtual hosts of its region: a presigned link to `s3.amazonaws.com`
    fails in regions that are not old enough, and one signed by version 2 in every one for buckets
    made since 2020.
    """
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=5,
        read_timeout=30,
        retries={"mode": "standard", "total_max_attempts": 4},
        signature_version="s3v4",
        s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"},
    )
    return boto3.client("s3", config=config)


class S3ObjectStore(ObjectStore):
    """The objects of one bucket."""

    def __init__(self, bucket: str, client: Callable[[], S3] = s3) -> None:
        self._bucket = bucket
        self._new_client = client
        self._known_client: S3 | None = None

    @override
    def describe(self, key: str) -> StoredObject:
        with translated():
            head = self._client().head_object(Bucket=self._bucket, Key=key)
        version = f"{head['ETag']} {head['LastModified'].isoformat()}"
        return StoredObject(
            f"s3://{self._bucket}/{key}",
            key,
            version,
            head["ContentLength"],
            head.get("Metadata", {}),
        )

    @override
    def read(self, found: StoredObject, offset: int = 0) -> Iterator[bytes]:
        etag = found.version.partition(" ")[0]
        for start in range(offset, found.size, PART):
            with translated():
                answer = self._client().get_object(
                    Bucket=self._bucket,
                    Key=found.key,
                    IfMatch=etag,
                    Range=f"bytes={start}-{start + PART - 1}",
                )
                part = answer["Body"].read()
            yield part

    @override
    def write(self, key: str, content: Iterable[bytes], content_type: str = JSON_TYPE) -> None:
        from boto3.s3.transfer import TransferConfig

        # One part at a time: the content is made while it is sent.
        one_by_one = TransferConfig(use_threads=False)
        with translated():
            self._client().upload_fileobj(
                _Readable(content),
                self._bucket,
                key,
                ExtraArgs={"ContentType": content_type},
                Config=one_by_one,
            )

    @override
    def remove(self, found: StoredObject) -> None:
        etag = found.version.partition(" ")[0]
        try:
            if self.describe(found.key) != found:  # the same content, put there once more
                raise ObjectReplacedError
            with translated():
                self._client().delete_object(Bucket=self._bucket, Key=found.key, IfMatch=etag)
        except NotFoundError:
            return

    def _client(self) -> S3:
        if self._known_client is None:
            self._known_client = self._new_client()
        return self._known_client


class _Readable(io.RawIOBase):
    """A reader of pieces, which gives them in any other pieces."""

    def __init__(self, content: Iterable[bytes]) -> None:
        super().__init__()
        self._content = iter(content)
        self._rest = b""

    @override
    def readable(self) -> bool:
        return True

    @override
    def read(self, size: int = -1, /) -> bytes:
        pieces = [self._rest]
        length = len(self._rest)
        while size < 0 or length < size:
            piece = next(self._content, None)
            if piece is None:
                break
            pieces.append(piece)
            length += len(piece)
        found = b"".join(pieces)
        if size < 0:
            size = length
        self._rest = found[size:]
        return found[:size]


@contextmanager
def translated() -> Iterator[None]:
    """Raise what boto3 raises as the project's errors, without keys or names in the text."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in MISSING:
            raise NotFoundError("object") from None
        if code in REPLACED:
            raise ObjectReplacedError from None
        if code in REFUSED:
            raise StorageError("S3 refuses access to the object") from None
        raise StorageUnavailableError(f"S3 answered {code}") from None
    except (BotoCoreError, Boto3Error):
        raise StorageUnavailableError("S3 cannot be reached") from None
