"""A database's state on one page: `python -m local.database_report [--url URL] [--plain]`.

Reads only, and shows no row's contents: statements are shown as pg_stat_statements keeps them,
with $1 for every value. Without a URL it is DATABASE_URL, or the server that `make run` started.
What a role may not see is left out, and said.
"""

import argparse
import math
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from rich.console import Console
from rich.table import Table

from local.setup_postgres_db import Plan, local_server_url
from succotash.errors import SuccotashError
from succotash.infrastructure.postgres.address import settings_of
from succotash.infrastructure.postgres.connection import Connection
from succotash.infrastructure.postgres.connection_settings import ConnectionSettings
from succotash.infrastructure.postgres.connector import Connector
from succotash.infrastructure.postgres.errors import StatementError
from succotash.infrastructure.statement_files import load_statements


@dataclass(frozen=True, slots=True)
class Bound:
    """From where on a row's number deserves a look, and from where on it hurts."""

    column: str
    yellow: float
    red: float = math.inf
    is_least: bool = False
    """Whether it is numbers below that are worth a look."""

    def colour(self, value: object) -> str:
        """The colour of a row with this value; none where all is well."""
        if value is None:
            return ""
        number = float(str(value))
        if self.is_least:
            return "yellow" if number < self.yellow else ""
        return "red" if number >= self.red else "yellow" if number >= self.yellow else ""


@dataclass(frozen=True, slots=True)
class Section:
    """One table of the page."""

    title: str
    columns: Mapping[str, str]
    """The headings of the columns that are shown."""
    statement: str
    empty: str = "nothing"
    """The sentence for no rows."""
    bound: Bound | None = None

    def colour(self, row: Sequence[object]) -> str:
        """The colour of a row."""
        if self.bound is None:
            return ""
        return self.bound.colour(row[[*self.columns].index(self.bound.column)])


SQL = load_statements(Path(__file__).parent / "sql" / "database_report.sql")
SECTIONS = (
    Section(
        "Connections",
        {"used": "in use", "allowed": "of", "reserved": "reserved", "share": "share"},
        SQL["connections"],
        bound=Bound("share", yellow=0.7, red=0.9),
    ),
    Section(
        "Sessions by function and state",
        {
            "function_name": "function",
            "user_name": "user",
            "state": "state",
            "sessions": "sessions",
            "oldest": "oldest transaction",
        },
        SQL["sessions"],
        empty="nobody else is connected",
    ),
    Section(
        "Sizes",
        {
            "name": "table",
            "estimated_rows": "rows, estimated",
            "table_size": "table and TOAST",
            "index_size": "indexes",
            "total_size": "together",
        },
        SQL["sizes"],
        empty="there is no table",
    ),
    Section(
        "Partitions",
        {
            "parent_name": "table",
            "partitions": "partitions",
            "largest": "largest",
            "mean": "mean",
            "largest_to_mean": "largest to mean",
        },
        SQL["partitions"],
        empty="no table is partitioned",
        bound=Bound("largest_to_mean", yellow=1.5),
    ),
    Section(
        "Found in memory",
        {"kind": "of", "blocks": "blocks", "share": "share"},
        SQL["found_in_memory"],
        bound=Bound("share", yellow=0.95, is_least=True),
    ),
    Section(
        "Indexes that no query has used since the statistics began",
        {"indexrelname": "index", "relname": "table", "size": "size"},
        SQL["unused_indexes"],
        empty="every index is used",
    ),
    Section(
        "Dead rows",
        {
            "relname": "table",
            "n_live_tup": "live",
            "n_dead_tup": "dead",
            "share": "share",
            "vacuumed": "last autovacuum",
        },
        SQL["dead_rows"],
        empty="no table has more than 1,000",
        bound=Bound("share", yellow=0.2),
    ),
    Section(
        "Scoring runs",
        {
            "run_id": "run",
            "as_of_text": "as of",
            "state": "state",
            "customers": "customers",
            "age": "age",
        },
        SQL["scoring_runs"],
        empty="there was none",
    ),
    Section(
        "Messages that wait",
        {
            "waiting": "waiting",
            "due": "due",
            "set_aside": "set aside",
            "oldest": "oldest waiting",
        },
        SQL["waiting_messages"],
        bound=Bound("set_aside", yellow=1, red=1),
    ),
    Section(
        "Statements that took the most time",
        {
            "calls": "calls",
            "rows_given": "rows",
            "statement": "statement",
            "total_milliseconds": "total ms",
            "mean_milliseconds": "mean ms",
        },
        SQL["slowest_statements"],
        empty="none yet",
    ),
)
MISSING, HIDDEN, NOT_LOADED = "42P01", "42501", "55000"
REASONS = {
    MISSING: "not there; see docs/how-to/observe.md",
    HIDDEN: "this role may not see it",
    NOT_LOADED: "not loaded when the server started; see docs/how-to/observe.md",
}


@dataclass(frozen=True, slots=True)
class Found:
    """A section, and what the database said."""

    section: Section
    rows: Sequence[Sequence[object]]
    left_out: str = ""
    """Why there are no rows, where the database would not say."""


def report(connection: Connection) -> Iterator[Found]:
    """Every section; StatementError where one is refused and it is not that it is hidden."""
    for section in SECTIONS:
        try:
            rows = connection.run(section.statement, {})
            yield Found(section, [[row[name] for name in section.columns] for row in rows])
        except StatementError as error:
            if error.sqlstate not in REASONS:
                raise
            yield Found(section, (), REASONS[error.sqlstate])


def write(found: Found) -> None:
    """One section as plain text: its title, and a line of tab-separated values per row."""
    print(f"# {found.section.title}")
    if found.rows:
        for line in (found.section.columns.values(), *texts_of(found.rows)):
            print(*line, sep="\t")
    else:
        print(found.left_out or found.section.empty)
    print()


def texts_of(rows: Sequence[Sequence[object]]) -> list[list[str]]:
    """Every cell as it is shown."""
    return [["-" if value is None else str(value) for value in row] for row in rows]


def show(console: Console, found: Found) -> None:
    """One section as a table in colours."""
    section, rows = found.section, found.rows
    if not rows:
        console.print(f"[bold]{section.title}[/]: {found.left_out or section.empty}\n")
        return
    table = Table(title=section.title, title_justify="left", title_style="bold")
    for position, name in enumerate(section.columns.values()):
        is_number = all(isinstance(row[position], (int, float)) for row in rows)
        table.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for row, text in zip(rows, texts_of(rows), strict=True):
        table.add_row(*text, style=section.colour(row))
    console.print(table)
    console.print()


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the page; 1 where the database cannot be reached."""
    parser = argparse.ArgumentParser(prog="python -m local.database_report", description=__doc__)
    parser.add_argument("--url", help="postgresql://user:password@host:port/database")
    parser.add_argument("--plain", action="store_true", help="without colours or frames")
    given = parser.parse_args(arguments)
    console = Console()
    try:
        settings = _wanted(cast("str | None", given.url) or os.environ.get("DATABASE_URL"))
        if settings is None:
            parser.error("say which database: --url, DATABASE_URL, or `make run` before")
        with closing(Connector(settings).connect()) as connection:
            for found in report(connection):
                if given.plain:
                    write(found)
                else:
                    show(console, found)
    except SuccotashError as error:
        print(f"no report: {error}", file=sys.stderr)
        return 1
    return 0


def _wanted(url: str | None) -> ConnectionSettings | None:
    """The database at the URL; without one, the product's own on the server of `make run`."""
    if url is not None:
        return settings_of(url)
    local = local_server_url()
    return replace(settings_of(local), database=Plan().database) if local else None


if __name__ == "__main__":
    sys.exit(main())
