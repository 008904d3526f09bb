"""Permits to send a file straight to a bucket of S3."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import override

from succotash.domain.repositories.uploads import LARGEST_UPLOAD, UploadForm, UploadStore
from succotash.infrastructure.aws.objects import S3, s3, translated

LIFETIME = timedelta(hours=1)
"""No longer than the credentials that sign it live in any case."""
METADATA_PREFIX = "x-amz-meta-"


class UploadBucket(UploadStore):
    """Signs forms (POST policies) without asking S3."""

    def __init__(self, bucket: str, client: Callable[[], S3] = s3) -> None:
        self._bucket = bucket
        self._client = client

    @override
    def permit(self, key: str, metadata: Mapping[str, str], now: datetime) -> UploadForm:
        fields = {METADATA_PREFIX + name: value for name, value in metadata.items()}
        with translated():
            signed = self._client().generate_presigned_post(
                self._bucket,
                key,
                Fields=fields,
                Conditions=[
                    *({name: value} for name, value in fields.items()),
                    ["content-length-range", 1, LARGEST_UPLOAD],
                ],
                ExpiresIn=int(LIFETIME.total_seconds()),
            )
        return UploadForm(signed["url"], signed["fields"], now + LIFETIME)
