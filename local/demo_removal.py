"""Taking the demo data out of a local storage."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pg8000.native

from local.demo import SUBMISSIONS, cdnow_orders, named_orders, visits
from local.demo_campaigns import CAMPAIGNS
from local.past_campaign import DESCRIPTION, NAME, customer_ids
from succotash.errors import ConflictError
from succotash.infrastructure.statement_files import load_statements

SQL = load_statements(Path(__file__).parent / "sql" / "demo_removal.sql")
REMOVAL = [name for name in SQL if name.startswith("delete_")]
"""Names of the statements that remove something, in their order."""

type Item = tuple[str, str, str]
"""Its kind, whose it is, and its id."""


class MemoryHoldsDemoError(ConflictError):
    """The demo data cannot be taken out of memory."""

    def __init__(self) -> None:
        super().__init__("In memory, start again with DEMO=0 to have no demo data")


def remove_demo(storage: str, admin_url: str | None = None) -> int:
    """Remove the orders, visits, submissions and campaigns of the demo; how many rows.

    And its customers and leads, unless they have something else by now. The form stays. Values and
    risks by cohort and in total stay those of the last run, until the next one. On PostgreSQL the
    administrator does it: the application's role may delete none of this.
    """
    match storage:
        case "postgres":
            if admin_url is None:
                raise TypeError("PostgreSQL needs the administrator's address")
            return _from_postgres(admin_url)
        case "sqlite":
            return _from_sqlite(os.environ["SQLITE_PATH"])
        case _:
            raise MemoryHoldsDemoError


def demo_items() -> Iterator[Item]:
    """All that the demo loads, by id."""
    for order in (*cdnow_orders(), *named_orders()):
        yield "order", str(order["customer_id"]), str(order["order_id"])
        if "email" in order:
            yield "email", "", str(order["email"])
    for customer_id in customer_ids():
        yield from (("order", customer_id, f"{customer_id}-{number}") for number in (1, 2))
        yield "email", "", f"{customer_id}@example.com"
    for visit in visits():
        yield "event", str(visit["customer_id"]), str(visit["event_id"])
    for form_id, fields in SUBMISSIONS:
        told = (fields["email"], fields.get("company"), fields.get("message"))
        yield "submission", form_id, "".join(str(each) for each in told if each)
        yield "email", "", str(fields["email"])
    for campaign, _ in CAMPAIGNS:
        yield "campaign", str(campaign["name"]), str(campaign["description"])
    yield "campaign", NAME, DESCRIPTION


def _from_postgres(admin_url: str) -> int:
    parts = urlsplit(admin_url)
    connection = pg8000.native.Connection(
        unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        host=parts.hostname or "localhost",
        port=parts.port or 5432,
        database=os.environ["DB_NAME"],
    )
    kinds, owners, ids = (list(each) for each in zip(*dict.fromkeys(demo_items()), strict=True))
    try:
        connection.run("BEGIN")
        connection.run(SQL["make_items"])
        connection.run(SQL["add_items"], kinds=kinds, owners=owners, ids=ids)
        rows = 0
        for name in REMOVAL:
            connection.run(SQL[name])
            rows += connection.row_count
        connection.run("COMMIT")
        return rows
    finally:
        connection.close()


def _from_sqlite(path: str) -> int:
    with closing(sqlite3.connect(path, timeout=30)) as connection, connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(SQL["make_items"])
        items = dict.fromkeys(demo_items())
        columns = ("kind", "owner", "id")
        named = (dict(zip(columns, each, strict=True)) for each in items)
        connection.executemany(SQL["add_item"], named)
        return sum(connection.execute(SQL[name]).rowcount for name in REMOVAL)
