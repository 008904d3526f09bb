"""Exports as objects of a bucket, fetched by presigned addresses."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import override

from succotash.domain.people.erasures import ErasedPerson
from succotash.domain.repositories.erasable import Forgotten
from succotash.domain.repositories.exports import ExportLink, ExportStore
from succotash.errors import StorageUnavailableError
from succotash.infrastructure.aws.objects import S3, S3ObjectStore, s3, translated

LINK_LIFETIME = timedelta(minutes=15)
"""No longer than the credentials that sign it live in any case; objects go a day later."""
PAGE = 1_000
"""Objects of one list, and of one deletion."""
CSV_TYPE = "text/csv; charset=utf-8"


class ExportBucket(ExportStore):
    """Writes by multipart upload, one part at a time."""

    def __init__(self, bucket: str, client: Callable[[], S3] = s3) -> None:
        self._bucket = bucket
        self._client = client

    @override
    def put(self, name: str, content: Iterable[bytes], now: datetime) -> ExportLink:
        S3ObjectStore(self._bucket, self._client).write(name, content, CSV_TYPE)
        with translated():
            address = self._client().generate_presigned_url(
                "get_object",
                Params={
                    "Bucket": self._bucket,
                    "Key": name,
                    "ResponseContentDisposition": f'attachment; filename="{name}"',
                },
                ExpiresIn=int(LINK_LIFETIME.total_seconds()),
            )
        return ExportLink(address, now + LINK_LIFETIME)

    @override
    def forget(self, person: ErasedPerson, has_time: Callable[[], bool]) -> Forgotten:
        return self.empty(has_time)

    def empty(self, has_time: Callable[[], bool]) -> Forgotten:
        """Remove every object, as long as there is time; NotFoundError without a bucket."""
        client, removed = self._client(), 0
        with translated():
            while True:
                # What was listed is gone when the next list is asked for, so each starts over.
                page = client.list_objects_v2(Bucket=self._bucket, MaxKeys=PAGE)
                keys = [{"Key": each["Key"]} for each in page.get("Contents", [])]
                if not keys:
                    return Forgotten(removed)
                if not has_time():
                    return Forgotten(removed, is_complete=False)
                answer = client.delete_objects(
                    Bucket=self._bucket, Delete={"Objects": keys, "Quiet": True}
                )
                if answer.get("Errors"):
                    raise StorageUnavailableError("S3 did not delete all objects")
                removed += len(keys)
