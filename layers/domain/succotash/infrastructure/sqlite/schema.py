"""Makes the schema of a new database, and refuses one that it does not know."""

import sqlite3
import time
from pathlib import Path

from succotash.domain.forms.forms import DEFAULT_FORM, Form, RuleKind
from succotash.domain.leads.scoring import DEFAULT_SCORING
from succotash.domain.retention.retention import INITIAL_RUN
from succotash.domain.value.ltv import DEFAULT_SEGMENTS
from succotash.errors import StorageError
from succotash.infrastructure.rows.leads import rule_document
from succotash.infrastructure.sqlite.columns import json_text, micros, micros_span
from succotash.infrastructure.sqlite.sql import statements

SCHEMA_VERSION = 27
APPLICATION_ID = 0x53554343
"""Marks a file as ours ("SUCC")."""

_PAUSE_SECONDS = 0.01
_SCHEMA = Path(__file__).with_name("schema.sql")
_WORKING_TABLES = Path(__file__).with_name("working_tables.sql")
_SQL = statements("schema")


def prepare_connection(connection: sqlite3.Connection) -> None:
    """Set what holds for one connection, and make its working tables."""
    connection.execute("PRAGMA foreign_keys = ON")
    # Nothing of a person who was erased stays in pages that are free; not every build does it.
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.executescript(_WORKING_TABLES.read_text(encoding="utf-8"))


def prepare_database(connection: sqlite3.Connection, busy_seconds: float) -> None:
    """Make the schema in an empty database; StorageError where another one is in it.

    Waits so long for another that makes it at the same time.
    """
    found = _version(connection)
    if found is None:
        _write_ahead(connection, time.monotonic() + busy_seconds)
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Another process may have made it meanwhile.
            found = _version(connection)
            if found is None:
                _make(connection)
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
    if found not in {None, SCHEMA_VERSION}:
        raise StorageError(f"the database has schema version {found}, not {SCHEMA_VERSION}")


def _write_ahead(connection: sqlite3.Connection, deadline: float) -> None:
    # SQLite's own waiting does not cover the change of journal: it fails at once.
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def _version(connection: sqlite3.Connection) -> int | None:
    """The schema version in the database; None where it is empty."""
    objects = connection.execute(_SQL["count_objects"]).fetchone()["objects"]
    application_id = connection.execute("PRAGMA application_id").fetchone()["application_id"]
    version = connection.execute("PRAGMA user_version").fetchone()["user_version"]
    if objects == 0 and application_id == 0 and version == 0:
        return None
    if application_id != APPLICATION_ID:
        raise StorageError("the file holds another application's database")
    return int(version)


def _make(connection: sqlite3.Connection) -> None:
    connection.executescript(_SCHEMA.read_text(encoding="utf-8"))
    form = Form(DEFAULT_FORM, "Default")
    connection.execute(
        _SQL["save_form"],
        {
            "form_id": form.form_id,
            "title": form.title,
            "duplicate_window": micros_span(form.duplicate_window),
            "region": form.region,
        },
    )
    connection.executemany(
        _SQL["save_rule"],
        [
            {
                "rule_id": f"{DEFAULT_FORM}.email.{kind}",
                "form_id": DEFAULT_FORM,
                "kind": kind,
                "position": position,
            }
            for position, kind in enumerate((RuleKind.REQUIRED, RuleKind.EMAIL))
        ],
    )
    connection.executemany(
        _SQL["save_segment"],
        [
            {
                "segment_id": segment.segment_id,
                "name": segment.name,
                "description": segment.description,
                "lower_quantile": segment.lower_quantile,
            }
            for segment in DEFAULT_SEGMENTS
        ],
    )
    scoring = DEFAULT_SCORING
    connection.execute(
        _SQL["save_scoring_rules"],
        {
            "version": scoring.version,
            "rules": json_text([rule_document(each) for each in scoring.rules]),
            "hot_total": scoring.hot_total,
            "grade_totals": json_text(scoring.grade_totals),
            "made_at": micros(scoring.made_at),
        },
    )
    connection.execute(_SQL["save_initial_run"], {"run_id": INITIAL_RUN})
