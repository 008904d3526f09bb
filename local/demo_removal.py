"""Taking the demo data out of a local storage."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pg8000.native

from succotash.errors import ConflictError

STATEMENTS = Path(__file__).with_name("demo_removal.sql")
"""For PostgreSQL and SQLite alike."""


class MemoryHoldsDemoError(ConflictError):
    """The demo data cannot be taken out of memory."""

    def __init__(self) -> None:
        super().__init__("In memory, start again with DEMO=0 to have no demo data")


def remove_demo(storage: str) -> int:
    """Remove the demo's customers, leads and campaigns, and nothing else; how many rows.

    Values and risks by cohort and in total stay those of the last run, until the next one.
    """
    statements = [each for each in STATEMENTS.read_text("utf-8").split(";\n") if each.strip()]
    match storage:
        case "postgres":
            return _from_postgres(statements)
        case "sqlite":
            return _from_sqlite(statements)
        case _:
            raise MemoryHoldsDemoError


def _from_postgres(statements: list[str]) -> int:
    connection = pg8000.native.Connection(
        os.environ["DB_USER"],
        password=os.environ["DB_PASSWORD"],
        host=os.environ["DB_HOST"],
        port=int(os.environ["DB_PORT"]),
        database=os.environ["DB_NAME"],
    )
    try:
        connection.run("BEGIN")
        rows = 0
        for each in statements:
            connection.run(each)
            rows += connection.row_count
        connection.run("COMMIT")
        return rows
    finally:
        connection.close()


def _from_sqlite(statements: list[str]) -> int:
    path = os.environ["SQLITE_PATH"]
    with closing(sqlite3.connect(path, timeout=30)) as connection, connection:
        connection.execute("PRAGMA foreign_keys = ON")
        return sum(connection.execute(each).rowcount for each in statements)
