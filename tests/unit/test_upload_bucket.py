"""Permits to send a file straight to a bucket, as POST policies on moto's S3."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
import requests
from moto import mock_aws

from succotash.domain.repositories.uploads import LARGEST_UPLOAD, UploadForm
from succotash.infrastructure.aws.uploads import LIFETIME, UploadBucket

BUCKET = "order-files"
KEY = "uploads/1.upload"
METADATA = {"format": "shopify", "dry-run": "true"}


@pytest.fixture
def form(monkeypatch: pytest.MonkeyPatch) -> Iterator[UploadForm]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        yield UploadBucket(BUCKET).permit(KEY, METADATA, datetime.now(UTC))


def policy_of(form: UploadForm) -> dict[str, Any]:
    """What S3 holds a form to."""
    policy: dict[str, Any] = json.loads(base64.b64decode(form.fields["policy"]))
    return policy


def test_a_form_is_for_one_key_of_one_bucket_and_for_its_metadata(form: UploadForm) -> None:
    conditions = [each for each in policy_of(form)["conditions"] if isinstance(each, dict)]
    held = {name: value for each in conditions for name, value in each.items()}
    assert (
        held.items()
        >= {
            "bucket": BUCKET,
            "key": KEY,
            "x-amz-meta-format": "shopify",
            "x-amz-meta-dry-run": "true",
        }.items()
    )
    # Whatever a form has that no condition names, S3 refuses.
    assert form.fields.keys() - held.keys() == {"policy", "x-amz-signature"}


def test_a_form_takes_a_file_of_five_gigabytes_and_no_empty_one(form: UploadForm) -> None:
    [limits] = [each for each in policy_of(form)["conditions"] if isinstance(each, list)]
    assert limits == ["content-length-range", 1, LARGEST_UPLOAD]
    assert LARGEST_UPLOAD == 5_000_000_000


def test_a_form_ends_after_an_hour(form: UploadForm) -> None:
    expires_at = datetime.fromisoformat(policy_of(form)["expiration"])
    assert abs(expires_at - datetime.now(UTC) - LIFETIME) < timedelta(minutes=1)
    assert abs(expires_at - form.expires_at) < timedelta(minutes=1)
    assert timedelta(hours=1) == LIFETIME


def test_a_form_stores_its_file_with_its_metadata(form: UploadForm) -> None:
    answer = requests.post(
        form.address, data=form.fields, files={"file": ("orders.csv", b"a,b\n")}, timeout=5
    )
    assert answer.status_code == 204
    stored = boto3.client("s3").get_object(Bucket=BUCKET, Key=KEY)
    assert (stored["Body"].read(), stored["Metadata"]) == (b"a,b\n", METADATA)


def test_a_form_is_signed_by_version_4_for_the_host_of_the_bucket(form: UploadForm) -> None:
    assert form.fields["x-amz-algorithm"] == "AWS4-HMAC-SHA256"
    assert form.address == f"https://{BUCKET}.s3.us-east-1.amazonaws.com/"
