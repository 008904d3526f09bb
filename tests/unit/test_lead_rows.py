"""Leads and their scores, of rows of either SQL adapter."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from succotash.domain.leads.leads import ScorePoint
from succotash.domain.values import Json
from succotash.infrastructure.postgres.result_row import PostgresDocument
from succotash.infrastructure.rows.leads import score_of, status_change_of
from succotash.infrastructure.sqlite.result_row import SQLiteRow

SCORED_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SCORE: dict[str, Json] = {
    "lead_id": "lead-1",
    "grade": "B",
    "is_hot": True,
    "scored_at": "2026-03-02T10:30:00+01:00",
    "rules_version": 3,
}
AS_ARRAY: Json = ["fit", "company", 20, "names a company"]
AS_OBJECT: Json = {
    "category": "fit",
    "rule": "company",
    "points": 20,
    "reason": "names a company",
}


@pytest.mark.parametrize("stored", [AS_ARRAY, AS_OBJECT], ids=["array", "object"])
def test_a_point_is_read_as_either_storage_holds_it(stored: Json) -> None:
    score = score_of(PostgresDocument({**SCORE, "points": [stored]}))
    assert score.points == (ScorePoint("fit", "company", 20, "names a company"),)


@pytest.mark.parametrize("stored", [["fit", "company", 20], {"category": "fit"}, "fit"])
def test_a_point_of_another_shape_is_refused(stored: Json) -> None:
    with pytest.raises(TypeError):
        score_of(PostgresDocument({**SCORE, "points": [stored]}))


def test_an_instant_within_json_is_read_in_utc() -> None:
    score = score_of(PostgresDocument({**SCORE, "points": []}))
    assert score.scored_at == SCORED_AT
    assert score.scored_at.tzinfo is UTC


def test_both_adapters_refuse_a_column_that_was_not_selected() -> None:
    with pytest.raises(KeyError):
        status_change_of(PostgresDocument({"status": "new"}))
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.row_factory = SQLiteRow
        row = connection.execute("SELECT 'new' AS status").fetchone()
    with pytest.raises(IndexError):
        status_change_of(row)
