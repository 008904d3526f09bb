"""Where large exports and e-mails wait: folders of this machine, and a bucket on moto's S3."""

import os
import stat
from collections.abc import Iterator
from html import escape
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import boto3
import pytest
from moto import mock_aws

from succotash.domain.messages.mails import Mail
from succotash.domain.people.erasures import ErasedPerson
from succotash.domain.repositories.erasable import Forgotten
from succotash.errors import NotFoundError, StorageUnavailableError
from succotash.infrastructure.aws.exports import LINK_LIFETIME, ExportBucket
from succotash.infrastructure.files.exports import KEPT, ExportFolder
from succotash.infrastructure.files.mail import MailFolder
from tests.builders import NOON, days

BUCKET = "exports"
ERASED = ErasedPerson("ada@example.com", NOON)


def test_a_file_is_where_its_link_says_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    link = ExportFolder(folder).put("leads-1.csv", iter([b"a\r\n", b"b\r\n"]), NOON)
    place = Path(unquote(urlsplit(link.address).path))
    assert place.read_bytes() == b"a\r\nb\r\n"
    assert link.expires_at == NOON + KEPT
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert [each.name for each in folder.iterdir()] == ["leads-1.csv"]


def test_files_of_earlier_days_go_when_another_comes(tmp_path: Path) -> None:
    shelf = ExportFolder(tmp_path)
    for name, moment in (("old.csv", NOON - days(1.1)), ("young.csv", NOON - days(0.9))):
        shelf.put(name, [b""], NOON)
        os.utime(tmp_path / name, (moment.timestamp(), moment.timestamp()))
    shelf.put("new.csv", [b""], NOON)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["new.csv", "young.csv"]


def test_a_source_that_fails_leaves_no_file(tmp_path: Path) -> None:
    def failing() -> Iterator[bytes]:
        yield b"first"
        raise StorageUnavailableError("the database is gone")

    with pytest.raises(StorageUnavailableError, match="database"):
        ExportFolder(tmp_path).put("leads.csv", failing(), NOON)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("")
    with pytest.raises(StorageUnavailableError, match="folder of exports"):
        ExportFolder(place).put("leads.csv", [b""], NOON)


def test_an_object_is_behind_a_signed_address_for_a_short_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        content = (b"x" * 1_000_000 for _ in range(12))
        link = ExportBucket(BUCKET).put("leads-1.csv", content, NOON)
        found = client.head_object(Bucket=BUCKET, Key="leads-1.csv")
        assert found["ContentLength"] == 12_000_000
        assert found["ContentType"] == "text/csv; charset=utf-8"
        assert found["ETag"].strip('"').endswith("-2")  # in two parts
        query = parse_qs(urlsplit(link.address).query)
        assert "X-Amz-Signature" in query
        assert query["response-content-disposition"] == ['attachment; filename="leads-1.csv"']
        assert link.expires_at == NOON + LINK_LIFETIME


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "me-central-1", "us-gov-west-1"])
def test_a_link_names_the_bucket_in_its_region(
    region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Links to the global host are redirected or refused outside of us-east-1."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        link = ExportBucket(BUCKET).put("leads-1.csv", [b"a"], NOON)
    address = urlsplit(link.address)
    assert (address.netloc, address.path) == (f"{BUCKET}.s3.{region}.amazonaws.com", "/leads-1.csv")
    assert parse_qs(address.query)["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]


def test_an_erasure_removes_the_files_of_everybody(tmp_path: Path) -> None:
    shelf = ExportFolder(tmp_path)
    for number in range(3):
        shelf.put(f"leads-{number}.csv", [b"ada"], NOON)
    turns = iter((True, False))
    assert shelf.forget(ERASED, lambda: next(turns)) == Forgotten(1, is_complete=False)
    assert shelf.forget(ERASED, lambda: True) == Forgotten(2)
    assert list(tmp_path.iterdir()) == []
    assert ExportFolder(tmp_path / "none").forget(ERASED, lambda: True) == Forgotten(0)


def test_an_erasure_removes_the_objects_of_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        for number in range(1_005):
            client.put_object(Bucket=BUCKET, Key=f"leads-{number}.csv", Body=b"ada")
        shelf = ExportBucket(BUCKET)
        assert shelf.forget(ERASED, lambda: False) == Forgotten(0, is_complete=False)
        assert shelf.forget(ERASED, lambda: True) == Forgotten(1_005)
        assert shelf.forget(ERASED, lambda: True) == Forgotten(0)
        with pytest.raises(NotFoundError):
            ExportBucket("no-such-bucket").forget(ERASED, lambda: True)


def test_an_erasure_removes_the_mails_that_name_the_person(tmp_path: Path) -> None:
    folder = MailFolder(tmp_path, "Succotash <succotash@localhost>")
    long = "é" * 80
    for to, text in (
        ("ada@example.com", "hello"),
        ("owner@example.com", f"{long} ADA@example.com {long}"),
        ("owner@example.com", "canada@example.com"),
    ):
        folder.send(Mail((to,), "Subject", text, f"<p>{escape(text)}</p>"), NOON)
    assert folder.forget(ERASED, lambda: False) == Forgotten(0, is_complete=False)
    assert folder.forget(ERASED, lambda: True) == Forgotten(2)
    assert folder.forget(ERASED, lambda: True) == Forgotten(0)
    assert len(list(tmp_path.iterdir())) == 1
    none = MailFolder(tmp_path / "none", "succotash@localhost")
    assert none.forget(ERASED, lambda: True) == Forgotten(0)
