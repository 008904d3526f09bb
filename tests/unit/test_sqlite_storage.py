"""What is SQLite's own: files, locks, connections, and faults in our words."""

import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from succotash.domain.repositories.storage import Repositories
from succotash.domain.value.ltv import LTVSegment
from succotash.domain.values import FormId, SegmentId
from succotash.errors import NotFoundError, SettingsError, StorageError, StorageUnavailableError
from succotash.infrastructure.sqlite.connection import Database
from succotash.infrastructure.sqlite.ltv import SQLiteLTVRepository
from succotash.infrastructure.sqlite.schema import SCHEMA_VERSION
from succotash.infrastructure.sqlite.storage import SQLiteStorage
from tests.builders import a_form, a_rule, a_submission

SHORT = 0.05


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "succotash.sqlite"


@pytest.fixture
def storage(path: Path) -> Iterator[SQLiteStorage]:
    storage = SQLiteStorage(path)
    yield storage
    storage.close()


def a_segment(segment_id: str = "loyal") -> LTVSegment:
    return LTVSegment(SegmentId(segment_id), "Loyal", lower_quantile=0.9)


def segment_ids(repositories: Repositories) -> set[str]:
    return {segment.segment_id for segment in repositories.ltv.get_all_ltv_segments()}


def rows_of(path: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


class TestFiles:
    def test_a_file_keeps_what_was_saved(self, storage: SQLiteStorage, path: Path) -> None:
        storage.repositories.ltv.save_ltv_segment(a_segment())
        storage.close()
        again = SQLiteStorage(path)
        assert "loyal" in segment_ids(again.repositories)
        again.close()

    def test_a_closed_file_is_complete_without_its_wal(
        self, storage: SQLiteStorage, path: Path, tmp_path: Path
    ) -> None:
        storage.repositories.ltv.save_ltv_segment(a_segment())
        storage.close()
        assert [each.name for each in tmp_path.iterdir()] == [path.name]
        copied = SQLiteStorage(shutil.copy(path, tmp_path / "copy.sqlite"))
        assert "loyal" in segment_ids(copied.repositories)
        copied.close()

    def test_a_missing_file_starts_as_a_copy_of_its_seed(
        self, storage: SQLiteStorage, path: Path, tmp_path: Path
    ) -> None:
        storage.repositories.ltv.save_ltv_segment(a_segment())
        storage.close()
        for _ in range(2):  # the second finds the file there
            planted = SQLiteStorage(tmp_path / "planted.sqlite", seed=path)
            assert "loyal" in segment_ids(planted.repositories)
            planted.close()
        assert sorted(each.name for each in tmp_path.iterdir()) == ["planted.sqlite", path.name]

    def test_a_file_that_is_there_is_not_replaced_by_the_seed(
        self, storage: SQLiteStorage, path: Path, tmp_path: Path
    ) -> None:
        storage.ping()
        other = tmp_path / "other.sqlite"
        SQLiteLTVRepository(other).save_ltv_segment(a_segment())
        planted = SQLiteStorage(path, seed=other)
        assert "loyal" not in segment_ids(planted.repositories)
        planted.close()

    def test_a_seed_that_is_not_there_is_a_wrong_setting(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match="SQLITE_SEED"):
            SQLiteStorage(tmp_path / "new.sqlite", seed=tmp_path / "none.sqlite")

    def test_a_repository_nobody_holds_any_longer_closes_its_file(
        self, path: Path, tmp_path: Path
    ) -> None:
        SQLiteLTVRepository(path).save_ltv_segment(a_segment())
        assert [each.name for each in tmp_path.iterdir()] == [path.name]

    def test_a_storage_can_be_used_after_it_was_closed(self, storage: SQLiteStorage) -> None:
        storage.repositories.ltv.save_ltv_segment(a_segment())
        storage.close()
        storage.ping()
        assert "loyal" in segment_ids(storage.repositories)

    def test_closing_waits_for_no_transaction_and_breaks_none(
        self, storage: SQLiteStorage, path: Path, tmp_path: Path
    ) -> None:
        with storage.transaction() as repositories:
            storage.close()
            repositories.ltv.save_ltv_segment(a_segment())
        assert [each.name for each in tmp_path.iterdir()] == [path.name]
        assert "loyal" in segment_ids(storage.repositories)

    def test_memory_is_empty_again_after_close(self) -> None:
        storage = SQLiteStorage(":memory:")
        storage.repositories.ltv.save_ltv_segment(a_segment())
        storage.close()
        assert segment_ids(storage.repositories) == {
            "low_value", "medium_value", "high_value", "vip",
        }  # fmt: skip
        storage.close()

    def test_two_processes_may_make_the_same_file(self, path: Path) -> None:
        program = (
            "import sys; from succotash.infrastructure.sqlite.storage import SQLiteStorage; "
            "sys.stdin.read(); SQLiteStorage(sys.argv[1]).ping()"
        )
        makers = [
            subprocess.Popen(  # noqa: S603 - this interpreter, a program of this file
                [sys.executable, "-c", program, str(path)],
                stdin=subprocess.PIPE,
                env={"PYTHONPATH": "layers/domain"},
            )
            for _ in range(3)
        ]
        for maker in makers:
            assert maker.stdin is not None
            maker.stdin.close()
        assert [maker.wait() for maker in makers] == [0, 0, 0]
        assert rows_of(path, "SELECT COUNT(*) FROM scoring_runs") == [(1,)]


class TestRefusals:
    def test_a_file_of_a_newer_release_is_refused(self, path: Path, storage: SQLiteStorage) -> None:
        storage.ping()
        storage.close()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
        with pytest.raises(
            StorageError, match=f"version {SCHEMA_VERSION + 1}, not {SCHEMA_VERSION}"
        ):
            storage.ping()

    def test_a_database_of_another_application_is_refused_and_left_alone(self, path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE theirs (id INTEGER)")
        with pytest.raises(StorageError, match="another application"):
            SQLiteStorage(path).ping()
        assert rows_of(path, "SELECT name FROM sqlite_schema") == [("theirs",)]

    def test_a_file_that_is_no_database_is_refused(self, path: Path) -> None:
        path.write_bytes(b"not a database, and long enough to be looked at" * 100)
        with pytest.raises(StorageError, match="SQLITE_NOTADB"):
            SQLiteStorage(path).ping()

    def test_a_folder_that_is_missing_makes_the_storage_unavailable(self, tmp_path: Path) -> None:
        with pytest.raises(StorageUnavailableError, match="SQLITE_CANTOPEN"):
            SQLiteStorage(tmp_path / "missing" / "file.sqlite").ping()

    def test_an_unknown_time_zone_is_a_fault_that_trying_again_does_not_change(
        self, storage: SQLiteStorage
    ) -> None:
        run = storage.repositories.retention.get_current_scoring_run()
        with pytest.raises(StorageError, match="time zone"):
            storage.repositories.ltv.build_rollups(run.run_id, run.as_of, "Mars/Olympus")


class TestFaults:
    def test_the_text_of_a_fault_holds_no_contents_of_a_row(self, storage: SQLiteStorage) -> None:
        submission = a_submission(
            answers={"secret": "ada@example.com"}, ip_address="ada@example.com"
        )
        with pytest.raises(StorageError) as fault:
            storage.repositories.forms.save_form_submission(submission)
        assert "ada" not in f"{fault.value} {fault.value.__cause__}"

    def test_a_broken_constraint_names_its_kind_only(self, storage: SQLiteStorage) -> None:
        nameless = LTVSegment(SegmentId("ada@example.com"), "Ada")
        with pytest.raises(StorageError, match=r"^SQLite refused: SQLITE_CONSTRAINT_CHECK$"):
            storage.repositories.ltv.save_ltv_segment(nameless)

    def test_text_that_is_not_unicode_is_refused_and_the_next_call_works(
        self, storage: SQLiteStorage
    ) -> None:
        with pytest.raises(StorageError, match="does not fit"):
            storage.repositories.ltv.save_ltv_segment(a_segment("\ud800"))
        storage.repositories.ltv.save_ltv_segment(a_segment())
        assert "loyal" in segment_ids(storage.repositories)

    def test_numbers_that_json_lacks_are_refused(self, storage: SQLiteStorage) -> None:
        with pytest.raises(StorageError, match="JSON"):
            storage.repositories.forms.save_form_submission(
                a_submission(answers={"age": float("nan")})
            )


class TestTransactions:
    def test_a_call_that_fails_within_a_transaction_leaves_nothing_of_itself(
        self, storage: SQLiteStorage
    ) -> None:
        form, lost_rule = a_form(), a_rule(form_id=FormId("unknown"))
        with storage.transaction() as repositories:
            repositories.ltv.save_ltv_segment(a_segment())
            with pytest.raises(StorageError, match="SQLITE_CONSTRAINT_FOREIGNKEY"):
                repositories.forms.save_form(form, [lost_rule])
        assert "loyal" in segment_ids(storage.repositories)
        with pytest.raises(NotFoundError):
            storage.repositories.forms.get_form(form.form_id)

    def test_a_reader_of_a_file_sees_the_last_state_while_another_writes(
        self, storage: SQLiteStorage
    ) -> None:
        with storage.transaction() as repositories:
            repositories.ltv.save_ltv_segment(a_segment())
            assert "loyal" not in segment_ids(storage.repositories)
        assert "loyal" in segment_ids(storage.repositories)

    def test_threads_share_what_is_in_memory(self) -> None:
        storage = SQLiteStorage(":memory:")
        savers = [
            threading.Thread(
                target=storage.repositories.ltv.save_ltv_segment, args=(a_segment(f"s{number}"),)
            )
            for number in range(8)
        ]
        for saver in savers:
            saver.start()
        for saver in savers:
            saver.join()
        assert {f"s{number}" for number in range(8)} <= segment_ids(storage.repositories)
        storage.close()

    def test_a_second_writer_of_the_process_waits_only_so_long(self, path: Path) -> None:
        database = Database(path, busy_seconds=SHORT)
        with (
            database.writing(),
            pytest.raises(StorageUnavailableError, match="busy"),
            database.writing(),
        ):
            pass
        database.close()

    def test_a_file_that_another_process_holds_makes_the_storage_unavailable(
        self, path: Path
    ) -> None:
        database = Database(path, busy_seconds=SHORT)
        with database.reading() as session:
            session.run("SELECT 1")
        with closing(sqlite3.connect(path, autocommit=True)) as other:
            other.execute("BEGIN IMMEDIATE")
            with (
                pytest.raises(StorageUnavailableError, match="SQLITE_BUSY"),
                database.writing(),
            ):
                pass
            other.execute("ROLLBACK")
        with database.writing() as session:
            session.run("SELECT 1")
        database.close()

    def test_nothing_is_done_after_a_fault_has_ended_the_transaction(self, path: Path) -> None:
        database = Database(path)
        with ExitStack() as transaction:
            session = transaction.enter_context(database.writing())
            session.run("ROLLBACK")
            with pytest.raises(StorageError, match="ended by a fault"):
                session.run("DELETE FROM ltv_segments")
            with pytest.raises(StorageError, match="SQLITE"):
                transaction.close()
        with database.reading() as session:
            assert session.run("SELECT 1 FROM ltv_segments")
        database.close()


class TestSchema:
    @pytest.fixture
    def schema(self, storage: SQLiteStorage, path: Path) -> Iterator[sqlite3.Connection]:
        storage.ping()
        with closing(sqlite3.connect(path)) as connection:
            yield connection

    def test_every_table_is_strict(self, schema: sqlite3.Connection) -> None:
        tables = schema.execute(
            "SELECT name, strict FROM pragma_table_list "
            "WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
        assert {"customer_ltv", "leads", "orders", "scoring_runs"} <= {name for name, _ in tables}
        assert [name for name, strict in tables if not strict] == []

    def test_every_foreign_key_has_an_index(self, schema: sqlite3.Connection) -> None:
        leading_columns = set(
            schema.execute(
                "SELECT t.name, c.name FROM pragma_table_list AS t, pragma_index_list(t.name) AS i,"
                " pragma_index_info(i.name) AS c WHERE c.seqno = 0"
            )
        )
        foreign_keys = set(
            schema.execute(
                'SELECT t.name, f."from" FROM pragma_table_list AS t, '
                "pragma_foreign_key_list(t.name) AS f WHERE f.seq = 0"
            )
        )
        assert foreign_keys
        assert foreign_keys - leading_columns == set()

    def test_foreign_keys_and_full_durability_are_on_for_every_connection(self, path: Path) -> None:
        database = Database(path)
        with database.reading() as session, database.reading() as another:
            for each in (session, another):
                assert each.run("PRAGMA foreign_keys")[0][0] == 1
                assert each.run("PRAGMA synchronous")[0][0] == 2
                assert each.run("PRAGMA journal_mode")[0][0] == "wal"
        database.close()
