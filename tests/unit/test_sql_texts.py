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
    r"|ALTER TABLE\b|DROP TABLE\b|(GRANT|REVOKE)\b.*\b(TO|FROM)\b"
    r"|(CREATE|ALTER|DROP) (DATABASE|ROLE|SCHEMA|USER)\b)",
    re.DOTALL,
)
"""What reads or changes tables, roles and rights; a session's own settings are none of these."""
EXCEPTIONS = {
    # Rights are made from a table of them: GRANT and REVOKE take names, and no parameters.
    "layers/domain/succotash/infrastructure/postgres/migrations/rights.py": 4,
    # A server that is not started yet reads it from a file, which takes no parameters either.
    "local/postgres.py": 1,
}
"""Modules in which statements stand for a reason, and how many."""


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
        "run(f'GRANT SELECT ON leads TO {role}')",
        "run(f'ALTER ROLE {role} PASSWORD :password')",
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


def test_no_sql_stands_in_python_without_a_reason() -> None:
    found: dict[str, int] = {}
    for folder in ("layers", "functions", "local"):
        for each in (ROOT / folder).rglob("*.py"):
            if count := len(list(statements_in(each.read_text("utf-8")))):
                found[str(each.relative_to(ROOT))] = count

    assert found == EXCEPTIONS
