"""Whether what was deleted stands nowhere in a storage's own files."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from succotash.domain.repositories.storage import Storage
from succotash.infrastructure.sqlite.storage import SQLiteStorage
from tests.builders import a_lead, a_submission


def test_a_storage_says_whether_what_was_deleted_is_gone_from_it(
    adapter: str, storage: Storage
) -> None:
    assert storage.purge_deleted() is (adapter != "postgres")


@settings(max_examples=15, deadline=None)
@example(others=137, own=26, length=0, place=0.99609375)  # a copy that balancing left in a page
@given(
    others=st.integers(0, 150),
    own=st.integers(1, 40),
    length=st.integers(0, 6000),
    place=st.floats(0, 1),
)
def test_of_a_person_who_was_erased_no_byte_of_the_file_is_left(
    tmp_path_factory: pytest.TempPathFactory, others: int, own: int, length: int, place: float
) -> None:
    """Pages that were split, merged and rebuilt on the way are full of copies of rows."""
    folder = tmp_path_factory.mktemp("sqlite")
    storage = SQLiteStorage(folder / "succotash.db")
    forms = storage.repositories.forms
    mark = "ada@example.com"

    def submit(number: int, email: str) -> None:
        lead_id = email.partition("@")[0]
        forms.save_lead(a_lead(lead_id, email=email, answers={"note": email * 3}))
        answers = {"email": email, "note": email + "x" * length}
        submission_id = f"{email}-{number:05}"
        forms.save_form_submission(
            a_submission(submission_id, answers=answers, email=email, lead_id=lead_id)
        )

    for number in range(others):
        if number == int(place * others):
            for each in range(own):
                submit(each, mark)
        submit(number, f"person{number}@example.com")
    if not others or int(place * others) == others:
        for each in range(own):
            submit(each, mark)
    assert any(mark.encode() in each.read_bytes() for each in folder.iterdir())
    forms.erase_person(mark)
    assert storage.purge_deleted()
    found = [each.name for each in folder.iterdir() if mark.encode() in each.read_bytes()]
    storage.close()
    assert found == []


def test_while_somebody_reads_what_was_deleted_before_it_is_said_to_be_there(
    tmp_path: Path,
) -> None:
    storage = SQLiteStorage(tmp_path / "succotash.db", busy_seconds=0.1)
    forms = storage.repositories.forms
    forms.save_form_submission(a_submission("s", email="ada@example.com"))
    with closing(sqlite3.connect(tmp_path / "succotash.db", autocommit=True)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT COUNT(*) FROM form_submissions").fetchone() == (1,)
        forms.erase_person("ada@example.com")
        assert not storage.purge_deleted()
        reader.execute("COMMIT")
        assert storage.purge_deleted()
        found = [each for each in tmp_path.iterdir() if b"ada@example.com" in each.read_bytes()]
    storage.close()
    assert found == []
