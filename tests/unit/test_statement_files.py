"""Statements from files: names, parts that they share, and the tables of a shard."""

from pathlib import Path

import pytest

from local.statements import FOLDERS, statements_of
from succotash.infrastructure.statement_files import load_statements, of_shard

FILES = [
    each for folders in FOLDERS.values() for folder in folders for each in folder.glob("*.sql")
]


def test_a_statement_holds_the_parts_it_names_and_no_comment(tmp_path: Path) -> None:
    (tmp_path / "parts.sql").write_text(
        "-- part: now\n(SELECT max(at) FROM times)\n-- part: late\n-- Too late.\nat > ${now}\n"
    )
    (tmp_path / "a.sql").write_text(
        "-- name: one\nSELECT 1;\n\n-- name: two\n-- Why.\nSELECT * FROM orders WHERE ${late};\n"
    )

    statements = load_statements(tmp_path / "parts.sql", tmp_path / "a.sql")

    assert statements == {
        "one": "SELECT 1",
        "two": "SELECT * FROM orders WHERE at > (SELECT max(at) FROM times)",
    }


@pytest.mark.parametrize(("shard", "table"), [(None, "orders"), (7, "orders_p07")])
def test_a_statement_names_the_tables_of_its_shard(shard: int | None, table: str) -> None:
    assert of_shard("TABLE orders${shard}", shard) == f"TABLE {table}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parents[1].name}-{path.name}")
def test_no_line_is_long_and_no_part_is_missing(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    statements = statements_of(path)

    assert [line for line in lines if len(line) > 100] == []
    assert [name for name, each in statements.items() if "${" in of_shard(each, 0)] == []
