"""Statements from files: names, parts that they share, and the tables of a shard."""

from pathlib import Path

import pytest

from local.statements import FOLDERS, statements_of
from succotash.errors import StorageError
from succotash.infrastructure.statement_files import load_statements

FILES = [
    each for folders in FOLDERS.values() for folder in folders for each in folder.rglob("*.sql")
]


def test_a_statement_holds_the_parts_it_names_and_no_comment(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "times.sql").write_text(
        "-- part: now\n(SELECT max(at) FROM times)\n-- part: late\n-- Too late.\nat > ${now}\n"
    )
    (tmp_path / "a.sql").write_text(
        "-- name: one\nSELECT 1;\n\n-- name: two\n-- Why.\nSELECT * FROM orders WHERE ${late};\n"
    )

    statements = load_statements(tmp_path / "a.sql")

    assert statements == {
        "one": "SELECT 1",
        "two": "SELECT * FROM orders WHERE at > (SELECT max(at) FROM times)",
    }


@pytest.mark.parametrize(("shard", "table"), [(None, "orders"), (7, "orders_p07")])
def test_a_statement_names_the_tables_of_its_shard(
    tmp_path: Path, shard: int | None, table: str
) -> None:
    (tmp_path / "a.sql").write_text("-- name: one\nTABLE orders${shard};\n")
    assert load_statements(tmp_path / "a.sql").of_shard("one", shard) == f"TABLE {table}"


def test_a_statement_about_a_shard_is_not_to_be_had_without_one(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text(
        "-- part: all\nTABLE orders${shard}\n-- name: one\n${all};\n-- name: two\nTABLE leads;\n"
    )
    statements = load_statements(tmp_path / "a.sql")
    assert statements["two"] == "TABLE leads"
    with pytest.raises(StorageError):
        statements["one"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parents[1].name}-{path.name}")
def test_no_line_is_long_no_name_stands_twice_and_no_part_is_missing(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    statements = statements_of(path)

    names = [line for line in lines if line.startswith("-- name: ")]
    assert len(names) == len(set(names)), "a name stands for one statement"
    assert [line for line in lines if len(line) > 100] == []
    assert [name for name, each in statements.items() if "${" in each] == []
