"""SQL stands in files of SQL, where it is linted, and not in texts of Python."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATEMENT = re.compile(
    r"(SELECT\b.*\bFROM\b|INSERT INTO\b|UPDATE\b.*\bSET\b|DELETE FROM\b|MERGE INTO\b|TRUNCATE\b"
    r"|WITH\b.*\bAS\b.*\(|COPY\b.*\b(TO|FROM)\b|CREATE\b.*\b(TABLE|INDEX|VIEW|FUNCTION|TRIGGER)\b"
    r"|ALTER TABLE\b|DROP TABLE\b)",
    re.DOTALL,
)
"""What reads, changes or makes a table; a session's own settings are no statement of this kind."""
LEFT = {
    "layers/domain/succotash/infrastructure/postgres/migrations/__init__.py": 3,
    "layers/domain/succotash/infrastructure/postgres/provisioning.py": 5,
    "layers/domain/succotash/infrastructure/postgres/sql/campaigns.py": 4,
    "layers/domain/succotash/infrastructure/postgres/sql/engagement.py": 4,
    "layers/domain/succotash/infrastructure/postgres/sql/grids.py": 1,
    "layers/domain/succotash/infrastructure/postgres/sql/kept_grids.py": 10,
    "layers/domain/succotash/infrastructure/postgres/sql/lifecycle.py": 3,
    "layers/domain/succotash/infrastructure/postgres/sql/retention_analytics.py": 1,
    "layers/domain/succotash/infrastructure/postgres/sql/runs.py": 12,
    "layers/domain/succotash/infrastructure/sqlite/campaigns.py": 6,
    "layers/domain/succotash/infrastructure/sqlite/engagement.py": 4,
    "layers/domain/succotash/infrastructure/sqlite/grids.py": 7,
    "layers/domain/succotash/infrastructure/sqlite/lifecycle.py": 4,
    "layers/domain/succotash/infrastructure/sqlite/retention_analytics.py": 2,
    "layers/domain/succotash/infrastructure/sqlite/runs.py": 24,
    "layers/domain/succotash/infrastructure/sqlite/schema.py": 6,
    "layers/domain/succotash/infrastructure/sqlite/storage.py": 1,
}
"""Files that still hold such texts, and how many. It may only shrink."""


def statements_in(source: str) -> Iterator[str]:
    """Texts that begin as a statement does, f-strings too; docstrings are none."""
    tree = ast.parse(source)
    parts = {id(part) for node in ast.walk(tree) for part in getattr(node, "values", ())}
    prose = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if id(node) in parts | prose:
            continue
        match node:
            case ast.Constant(value=str(text)):
                found = text
            case ast.JoinedStr(values=values):
                found = "".join(str(getattr(each, "value", "")) for each in values)
            case _:
                continue
        if STATEMENT.match(re.sub(r"^(\s|--[^\n]*\n)*", "", found)):
            yield found


@pytest.mark.parametrize(
    "source",
    [
        'READ = "SELECT 1 FROM leads"',
        'READ = """\n-- why\nWITH found AS (SELECT 1) SELECT * FROM found"""',
        'run(f"DELETE FROM {table} WHERE a = 1")',
        'run("UPDATE leads " "SET status = 1")',
    ],
)
def test_a_statement_in_python_is_found(source: str) -> None:
    assert list(statements_in(source))


@pytest.mark.parametrize(
    "source",
    [
        '"""SELECT is a word, FROM another."""',
        'run("SET LOCAL statement_timeout = 0")',
        'print("Update leads FROM a file")',
        'SELECT = "leads"',
    ],
)
def test_what_is_no_statement_is_passed_over(source: str) -> None:
    assert list(statements_in(source)) == []


def test_no_more_sql_stands_in_python_than_is_still_to_be_moved() -> None:
    found: dict[str, int] = {}
    for folder in ("layers", "functions", "local"):
        for each in (ROOT / folder).rglob("*.py"):
            if count := len(list(statements_in(each.read_text("utf-8")))):
                found[str(each.relative_to(ROOT))] = count

    assert {name: count for name, count in found.items() if count > LEFT.get(name, 0)} == {}
