"""Taking the demo data out of a local storage."""

import os
import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import SMTP
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pg8000.native

from local.demo import CONTACT, SCORED_AT, SUBMISSIONS, cdnow_orders, named_orders, visits
from local.demo_campaigns import CAMPAIGNS
from local.demo_leads import invented_leads
from local.demo_runs import RUNS
from local.past_campaign import DESCRIPTION, NAME, customer_ids
from succotash.domain.retention.retention import run_id_of
from succotash.errors import ConflictError
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.statement_files import load_statements

SQL = load_statements(Path(__file__).parent / "sql" / "demo_removal.sql")
REMOVAL = [name for name in SQL if name.startswith(("delete_", "restore_"))]
"""Names of the statements that change something, in their order."""
OF_A_RUN = [name for name in SQL if name.startswith("forget_")]
"""Names of the statements that remove a run."""
RESULTS = statements("runs")["delete_results_of_runs"]

type Run = Callable[..., tuple[list[str], int]]
"""Runs a statement with its parameters; the first column of its rows, and how many it changed."""


@dataclass(frozen=True, slots=True)
class Removed:
    """The result of a removal."""

    rows: int
    addresses: frozenset[str]
    """Addresses of the demo that belong to nobody any more."""


type Item = tuple[str, str, str]
"""Its kind, whose it is, and its id."""


class MemoryHoldsDemoError(ConflictError):
    """The demo data cannot be taken out of memory."""

    def __init__(self) -> None:
        super().__init__("In memory, start again with DEMO=0 to have no demo data")


def remove_demo(storage: str, admin_url: str | None = None, *, form: str | None = None) -> Removed:
    """Remove all that the demo brought, by orders, visits, submissions and campaigns of its ids.

    Its customers and leads, and the form, if one is named, stay where they have something else by
    now; so does a run that scored something else. On PostgreSQL the administrator does it: the
    application's role may delete none of this.
    """
    match storage:
        case "postgres":
            if admin_url is None:
                raise TypeError("PostgreSQL needs the administrator's address")
            return _from_postgres(admin_url, form)
        case "sqlite":
            return _from_sqlite(os.environ["SQLITE_PATH"], form)
        case _:
            raise MemoryHoldsDemoError


def remove_mails(folder: Path, addresses: Collection[str]) -> None:
    """Remove the e-mails to these addresses."""
    for file in folder.glob("*.eml"):
        message = message_from_bytes(file.read_bytes(), policy=SMTP)
        if parseaddr(str(message["To"]))[1] in addresses:
            file.unlink(missing_ok=True)


def demo_items(form: str | None = None) -> Iterator[Item]:
    """All that the demo loads, by id."""
    yield from (("run", "", run_id_of(at)) for at in RUNS)
    if form is not None:
        yield "form", "", form
    for order in (*cdnow_orders(), *named_orders()):
        yield "order", str(order["customer_id"]), str(order["order_id"])
        if "email" in order:
            yield "email", "", str(order["email"])
    for customer_id in customer_ids():
        yield from (("order", customer_id, f"{customer_id}-{number}") for number in (1, 2))
        yield "email", "", f"{customer_id}@example.com"
    for visit in visits():
        yield "event", str(visit["customer_id"]), str(visit["event_id"])
    leads = ((CONTACT, each.fields) for each in invented_leads(SCORED_AT))
    for form_id, fields in (*SUBMISSIONS, *leads):
        told = (fields["email"], fields.get("company"), fields.get("message"))
        yield "submission", form_id, "".join(str(each) for each in told if each)
        yield "email", "", str(fields["email"])
    for campaign, _ in CAMPAIGNS:
        yield "campaign", str(campaign["name"]), str(campaign["description"])
    yield "campaign", NAME, DESCRIPTION


def _from_postgres(admin_url: str, form: str | None) -> Removed:
    parts = urlsplit(admin_url)
    connection = pg8000.native.Connection(
        unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        host=parts.hostname or "localhost",
        port=parts.port or 5432,
        database=os.environ["DB_NAME"],
    )

    def run(statement: str, **parameters: object) -> tuple[list[str], int]:
        found = connection.run(statement, **parameters) or []
        return [str(first) for first, *_ in found], connection.row_count

    items = dict.fromkeys(demo_items(form))
    kinds, owners, ids = (list(each) for each in zip(*items, strict=True))
    try:
        connection.run("BEGIN")
        connection.run(SQL["make_items"])
        connection.run(SQL["add_items"], kinds=kinds, owners=owners, ids=ids)
        removed = _removed(run, RESULTS)
        connection.run("COMMIT")
        return removed
    finally:
        connection.close()


def _from_sqlite(path: str, form: str | None) -> Removed:
    with closing(sqlite3.connect(path, timeout=30)) as connection, connection:

        def run(statement: str, **parameters: object) -> tuple[list[str], int]:
            cursor = connection.execute(statement, parameters)
            return [str(first) for first, *_ in cursor], cursor.rowcount

        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(SQL["make_items"])
        items = dict.fromkeys(demo_items(form))
        columns = ("kind", "owner", "id")
        named = (dict(zip(columns, each, strict=True)) for each in items)
        connection.executemany(SQL["add_item"], named)
        return _removed(run)


def _removed(run: Run, results: str | None = None) -> Removed:
    """Runs the statements; `results` removes what runs left where they do not take it along."""
    rows = sum(run(SQL[name])[1] for name in REMOVAL)
    runs, _ = run(SQL["find_runs"])
    if runs and results is not None:
        run(results, run_ids=runs)
    for run_id in runs:
        rows += sum(run(SQL[name], run_id=run_id)[1] for name in OF_A_RUN)
    if runs:
        run(SQL["make_last_run_current"])
    return Removed(rows, frozenset(run(SQL["find_addresses"])[0]))
