"""The wiring: importing decides nothing, and settings alone choose the storage."""

import subprocess
import sys
from pathlib import Path

import pytest

from succotash.container import Container
from succotash.domain.values import SubmissionId
from succotash.errors import SettingsError
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from succotash.infrastructure.postgres.storage import PostgresStorage
from succotash.infrastructure.sqlite.storage import SQLiteStorage


def test_importing_the_container_loads_no_driver_and_no_aws() -> None:
    asked = (
        "import sys, succotash.container; "
        "print(sorted({'pg8000', 'sqlite3', 'boto3', 'numpy', 'aws_lambda_powertools'} "
        "& set(sys.modules)))"
    )
    done = subprocess.run(  # noqa: S603 - this project's own code
        [sys.executable, "-c", asked], check=True, capture_output=True, text=True
    )
    assert done.stdout == "[]\n"


def test_a_wrong_setting_stops_the_first_call_and_not_the_import() -> None:
    container = Container({"CURRENCY": "dollar"})
    with pytest.raises(SettingsError, match="CURRENCY"):
        container.get_ltv_handler()


def test_the_storage_is_the_one_that_is_set(tmp_path: Path) -> None:
    memory = Container({"SUCCOTASH_STORAGE": "memory"})
    sqlite = Container({"SUCCOTASH_STORAGE": "sqlite", "SQLITE_PATH": str(tmp_path / "a.db")})
    postgres = Container({"DB_PORT": "1"})
    assert isinstance(memory.storage, InMemoryStorage)
    assert isinstance(sqlite.storage, SQLiteStorage)
    assert isinstance(postgres.storage, PostgresStorage)
    for container in (memory, sqlite, postgres):
        container.close()


def test_handlers_and_repositories_share_one_storage() -> None:
    container = Container({"SUCCOTASH_STORAGE": "memory"})
    receipt = container.get_form_handler().submit_form({"email": "ada@example.com"})
    stored = container.get_form_repository().get_form_submission(
        SubmissionId(receipt["submission_id"])
    )
    assert stored.canonical_email == "ada@example.com"


def test_closing_before_anything_was_asked_opens_nothing() -> None:
    Container({"CURRENCY": "dollar"}).close()
