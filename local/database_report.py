"""A database's state on one page: `python -m local.database_report [--url URL] [--plain]`.

Reads only, and shows no row's contents: statements are shown as pg_stat_statements keeps them,
with $1 for every value. Without a URL it is DATABASE_URL, or the server that `make run` started.
What a role may not see is left out, and said.
"""

import argparse
import math
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class Bound:
    """From where on a row's number deserves a look, and from where on it hurts."""

    column: str
    yellow: float
    red: float = math.inf
    is_least: bool = False
    """Whether it is numbers below that are worth a look."""

    def colour(self, value: object) -> str:
        """Of a row with this value; none where all is well."""
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
    columns: Sequence[str]
    statement: str
    empty: str = "nothing"
    """What there is to say where there is no row."""
    bound: Bound | None = None

    def colour(self, row: Sequence[object]) -> str:
        """How a row is shown."""
        if self.bound is None:
            return ""
        return self.bound.colour(row[self.columns.index(self.bound.column)])


SECTIONS = (
    Section(
        "Connections",
        ("in use", "of", "share", "reserved"),
        """
        SELECT
            used, allowed, round(CAST(used AS numeric) / allowed, 2),
            CAST(current_setting('superuser_reserved_connections') AS integer)
        FROM (
            SELECT
                (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')
                    AS used,
                CAST(current_setting('max_connections') AS integer) AS allowed
        ) AS counted
        """,
        bound=Bound("share", yellow=0.7, red=0.9),
    ),
    Section(
        "Sessions by function and state",
        ("function", "user", "state", "sessions", "oldest transaction"),
        """
        SELECT
            CASE
                WHEN application_name LIKE 'succotash:%' THEN split_part(application_name, ':', 2)
                ELSE coalesce(nullif(application_name, ''), '-')
            END AS function,
            coalesce(usename, '-'), coalesce(state, 'hidden'), count(*),
            coalesce(CAST(date_trunc('second', max(now() - xact_start)) AS text), '-')
        FROM pg_stat_activity
        WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
        GROUP BY 1, 2, 3
        ORDER BY 4 DESC, 1, 2, 3
        """,
        empty="nobody else is connected",
    ),
    Section(
        "Sizes",
        ("table", "rows, estimated", "table and TOAST", "indexes", "together"),
        """
        SELECT
            coalesce(parent.relname, own.relname) AS name,
            sum(greatest(own.reltuples, 0)),
            pg_size_pretty(sum(pg_table_size(own.oid))),
            pg_size_pretty(sum(pg_indexes_size(own.oid))),
            pg_size_pretty(sum(pg_total_relation_size(own.oid)))
        FROM pg_class AS own
        LEFT JOIN pg_inherits ON pg_inherits.inhrelid = own.oid
        LEFT JOIN pg_class AS parent ON parent.oid = pg_inherits.inhparent
        WHERE own.relkind = 'r' AND own.relnamespace = CAST('public' AS regnamespace)
        GROUP BY 1
        ORDER BY sum(pg_total_relation_size(own.oid)) DESC, 1
        """,
        empty="there is no table",
    ),
    Section(
        "Partitions",
        ("table", "partitions", "largest", "mean", "largest to mean"),
        """
        SELECT
            parent.relname, count(*), pg_size_pretty(max(size)), pg_size_pretty(avg(size)),
            round(max(size) / nullif(avg(size), 0), 2)
        FROM pg_inherits
        INNER JOIN pg_class AS parent
            ON parent.oid = pg_inherits.inhparent AND parent.relkind = 'p'
        CROSS JOIN LATERAL pg_total_relation_size(pg_inherits.inhrelid) AS sizes (size)
        GROUP BY parent.relname
        ORDER BY parent.relname
        """,
        empty="no table is partitioned",
        bound=Bound("largest to mean", yellow=1.5),
    ),
    Section(
        "Found in memory",
        ("of", "blocks", "share"),
        """
        SELECT of, hits + reads, round(hits / nullif(hits + reads, 0), 4)
        FROM (
            SELECT
                'tables' AS of, coalesce(sum(heap_blks_hit), 0) AS hits,
                coalesce(sum(heap_blks_read), 0) AS reads
            FROM pg_statio_user_tables
            UNION ALL
            SELECT 'indexes', coalesce(sum(idx_blks_hit), 0), coalesce(sum(idx_blks_read), 0)
            FROM pg_statio_user_indexes
        ) AS counted
        ORDER BY of DESC
        """,
        bound=Bound("share", yellow=0.95, is_least=True),
    ),
    Section(
        "Indexes that no query has used since the statistics began",
        ("index", "table", "size"),
        """
        SELECT indexrelname, relname, pg_size_pretty(pg_relation_size(used.indexrelid))
        FROM pg_stat_user_indexes AS used
        INNER JOIN pg_index ON pg_index.indexrelid = used.indexrelid AND NOT pg_index.indisunique
        WHERE used.idx_scan = 0
        ORDER BY pg_relation_size(used.indexrelid) DESC, 1
        LIMIT 20
        """,
        empty="every index is used",
    ),
    Section(
        "Dead rows",
        ("table", "live", "dead", "share", "last autovacuum"),
        """
        SELECT
            relname, n_live_tup, n_dead_tup,
            round(CAST(n_dead_tup AS numeric) / (n_live_tup + n_dead_tup), 2),
            coalesce(CAST(date_trunc('second', last_autovacuum) AS text), 'never')
        FROM pg_stat_user_tables
        WHERE n_dead_tup > 1000
        ORDER BY n_dead_tup DESC, relname
        LIMIT 20
        """,
        empty="no table has more than 1,000",
        bound=Bound("share", yellow=0.2),
    ),
    Section(
        "Scoring runs",
        ("run", "as of", "state", "customers", "age"),
        """
        SELECT
            run_id, CAST(as_of AS text), state, customers,
            CAST(date_trunc('minute', now() - as_of) AS text)
        FROM scoring_runs
        ORDER BY as_of DESC, run_id
        LIMIT 5
        """,
        empty="there was none",
    ),
    Section(
        "Messages that wait",
        ("waiting", "due", "set aside", "oldest waiting"),
        """
        SELECT
            count(*) FILTER (WHERE set_aside_at IS NULL),
            count(*) FILTER (WHERE set_aside_at IS NULL AND due_at <= now()),
            count(*) FILTER (WHERE set_aside_at IS NOT NULL),
            coalesce(
                CAST(
                    date_trunc('second', now() - min(occurred_at) FILTER (
                        WHERE set_aside_at IS NULL
                    )) AS text
                ),
                '-'
            )
        FROM outbox
        WHERE delivered_at IS NULL
        """,
        bound=Bound("set aside", yellow=1, red=1),
    ),
    Section(
        "Statements that took the most time",
        ("total ms", "calls", "mean ms", "rows", "statement"),
        """
        SELECT
            round(CAST(total_exec_time AS numeric), 0), calls,
            round(CAST(mean_exec_time AS numeric), 2), rows,
            left(regexp_replace(query, '\\s+', ' ', 'g'), 100)
        FROM pg_stat_statements
        WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
        ORDER BY total_exec_time DESC
        LIMIT 10
        """,
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
            yield Found(section, connection.run(section.statement, {}))
        except StatementError as error:
            if error.sqlstate not in REASONS:
                raise
            yield Found(section, (), REASONS[error.sqlstate])


def write(found: Found) -> None:
    """One section as plain text: its title, and a line of tab-separated values per row."""
    print(f"# {found.section.title}")
    if found.rows:
        for line in (found.section.columns, *texts_of(found.rows)):
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
    for position, name in enumerate(section.columns):
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
