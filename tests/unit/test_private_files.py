"""What holds personal data or secrets on this machine: its owner's alone, whatever the umask."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.run import hold
from local.tokens import LocalIssuer, write_private
from succotash.domain.intake.queued_submissions import QueuedSubmission
from succotash.domain.messages.mails import Mail
from succotash.domain.values import FormId, SubmissionId
from succotash.errors import StorageUnavailableError
from succotash.infrastructure.files.events import EventFile
from succotash.infrastructure.files.exports import ExportFolder
from succotash.infrastructure.files.mail import MailFolder
from succotash.infrastructure.files.submission_queue import FileSubmissionQueue
from succotash.infrastructure.private_files import make_private_folder, private_opener
from succotash.infrastructure.sqlite.storage import SQLiteStorage
from tests.builders import NOON, a_message

MAIL = Mail(("owner@example.com",), "Hello", "text", "<p>html</p>")
PARKED = QueuedSubmission(SubmissionId("1"), FormId("default"), NOON, {"email": "ada@example.com"})


@pytest.fixture(params=[0o000, 0o022, 0o277], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def rights(folder: Path) -> dict[str, int]:
    """Of everything below a folder."""
    return {
        str(each.relative_to(folder)): stat.S_IMODE(each.stat().st_mode)
        for each in folder.rglob("*")
    }


@pytest.mark.usefixtures("umask")
def test_only_the_owner_reads_what_this_machine_keeps(tmp_path: Path) -> None:
    kept = tmp_path / "deep" / ".local"
    make_private_folder(kept)
    MailFolder(kept / "mail", "Succotash <a@example.com>").send(MAIL, NOON)
    EventFile(kept / "events.ndjson").publish([a_message()])
    ExportFolder(kept / "exports").put("leads.csv", [b"a"], NOON)
    FileSubmissionQueue(kept / "queue" / "parked.db").enqueue(PARKED)
    LocalIssuer.kept_in(kept / "keys", issuer="a", audience="b")
    write_private(kept / "token", b"secret")
    write_private(kept / "token", b"another")
    storage = SQLiteStorage(kept / "succotash.db")
    with storage.transaction() as repositories:
        repositories.ltv.record_orders([])
    while_open = rights(tmp_path)
    storage.close()

    found = while_open | rights(tmp_path)

    files = {name: mode for name, mode in found.items() if "." in name.rpartition("/")[2][1:]}
    assert {"deep/.local/succotash.db", "deep/.local/succotash.db-wal"} <= files.keys()
    assert set(files.values()) == {0o600}
    assert found["deep/.local/token"] == 0o600
    folders = {name: found[name] for name in found.keys() - files.keys() - {"deep/.local/token"}}
    assert folders == dict.fromkeys(
        (
            "deep",
            "deep/.local",
            *(f"deep/.local/{name}" for name in ("mail", "exports", "queue", "keys")),
        ),
        0o700,
    )


@pytest.mark.usefixtures("umask")
def test_a_copied_seed_is_its_owners_alone(tmp_path: Path) -> None:
    seed = tmp_path / "seed.db"
    SQLiteStorage(seed).ping()
    seed.chmod(0o644)

    SQLiteStorage(tmp_path / "copy.db", seed=seed).ping()

    assert rights(tmp_path)["copy.db"] == 0o600


def test_what_is_there_keeps_the_rights_it_was_given(tmp_path: Path) -> None:
    for name in ("events.ndjson", "shared.db"):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(0o640)
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o750)

    EventFile(tmp_path / "events.ndjson").publish([a_message()])
    SQLiteStorage(tmp_path / "shared.db").ping()
    make_private_folder(folder)

    found = rights(tmp_path)
    assert (found["events.ndjson"], found["shared.db"], found["shared"]) == (0o640, 0o640, 0o750)


def test_a_run_closes_what_an_earlier_one_left_open(tmp_path: Path) -> None:
    kept = tmp_path / ".local"
    (kept / "mail").mkdir(parents=True)
    (kept / "env").write_text("DB_PASSWORD=secret")
    (kept / "link").symlink_to(tmp_path)
    for each, mode in ((kept, 0o755), (kept / "mail", 0o775), (kept / "env", 0o644)):
        each.chmod(mode)
    outside = stat.S_IMODE(tmp_path.stat().st_mode)

    with hold(kept):
        found = rights(tmp_path)

    assert {name: mode for name, mode in found.items() if name != ".local/link"} == {
        ".local": 0o700,
        ".local/mail": 0o700,
        ".local/env": 0o600,
        ".local/lock": 0o600,
    }
    assert found[".local/link"] == outside


def test_a_file_where_a_folder_should_be_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StorageUnavailableError):
        FileSubmissionQueue(tmp_path / "file" / "parked.db").count()
    with pytest.raises(StorageUnavailableError):
        SQLiteStorage(tmp_path / "nowhere" / "succotash.db").ping()


def test_opening_to_make_anew_still_refuses_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with (
        pytest.raises(FileExistsError),
        open(tmp_path / "file", "x", opener=private_opener),
    ):
        pass
