"""Exports as objects of a bucket, fetched by presigned addresses."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import override

from succotash.domain.repositories.exports import ExportLink, ExportShelf
from succotash.infrastructure.aws.objects import S3, S3ObjectStore, s3, translated

LINK_LIFETIME = timedelta(minutes=15)
"""No longer than the credentials that sign it live in any case; objects go a day later."""
CSV_TYPE = "text/csv; charset=utf-8"


class ExportBucket(ExportShelf):
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
