"""Check the PostgreSQL adapters: `python -m local.test_postgres_adapters`.

Every method of every port is called on the database that the DB_* settings name, within one
transaction that is rolled back; a table says what worked. Nothing stays. The role's rights are
compared with those that functions need.
"""

import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

from rich.console import Console
from rich.table import Table

from local.expectations import RoundTripError
from local.round_trips import RoundTrip
from succotash.container import Container
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.retention.retention import RunState
from succotash.domain.values import CustomerId, FormId, LeadId, RunId
from succotash.errors import NotFoundError, StorageError, StorageUnavailableError, SuccotashError
from succotash.infrastructure.postgres.connection_settings import ConnectionSettings
from succotash.infrastructure.postgres.connector import Connector
from succotash.infrastructure.postgres.migrations.rights import LETTERS, RIGHTS, ROW_BY_ROW
from succotash.infrastructure.statement_files import load_statements
from succotash.wiring.postgres import connection_settings

PORTS: Mapping[str, type] = get_type_hints(Repositories)
"""The ports by the name of the repository."""
ROUNDS = (
    "retention",
    "receipts",
    "campaigns",
    "orders",
    "shop_orders",
    "ltv",
    "forms",
    "leads",
    "outbox",
    "consents",
    "customers",
    "people",
)
"""Each builds on those before it."""
SQL = load_statements(Path(__file__).parent / "sql" / "role_rights.sql")


class _RollBackError(Exception):
    """Ends the transaction of the checks."""


class Watched:
    """A repository that notes each method which was called and worked, and its milliseconds."""

    def __init__(self, repository: object, port: str, worked: dict[str, float]) -> None:
        self._repository = repository
        self._port = port
        self._worked = worked

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the method's own
        method = getattr(self._repository, name)

        def call(*given: object, **named: object) -> object:
            started = time.perf_counter()
            result = method(*given, **named)
            self._worked[f"{self._port}.{name}"] = 1000 * (time.perf_counter() - started)
            return result

        return call


def methods() -> list[str]:
    """Every method of every port: what adapters do, and what the port makes of that itself."""
    return [
        f"{port.__name__}.{name}"
        for port in PORTS.values()
        for name in dir(port)
        if not name.startswith("_")
    ]


def go_through(repositories: Repositories, mark: str, worked: dict[str, float]) -> Iterator[str]:
    """Go through every port, and say in a sentence where one did not go through."""
    watched: dict[str, Any] = {
        each.name: Watched(getattr(repositories, each.name), PORTS[each.name].__name__, worked)
        for each in fields(Repositories)
    }
    trip = RoundTrip(Repositories(**watched), mark)
    for name in ROUNDS:
        try:
            getattr(trip, name)()
        except (RoundTripError, SuccotashError, ValueError) as error:
            last = next(reversed(worked), "the first method")
            yield f"{name}, after {last}: {error}"
            if isinstance(error, StorageError | StorageUnavailableError):
                return  # its transaction has failed


def check(storage: Storage, mark: str, worked: dict[str, float]) -> list[str]:
    """Check the adapters; return what did not work."""
    problems: list[str] = []
    try:
        with storage.transaction() as repositories:
            problems += go_through(repositories, mark, worked)
            raise _RollBackError
    except _RollBackError:
        return problems


def leftovers(repositories: Repositories, mark: str) -> list[str]:
    """The records that the check left behind, in words."""
    made: dict[str, Callable[[], object]] = {
        "a form": lambda: repositories.forms.get_form(FormId(f"{mark}form")),
        "a lead": lambda: repositories.forms.get_lead(LeadId(f"{mark}lead")),
        "a customer": lambda: repositories.ltv.get_customer(CustomerId(f"{mark}customer")),
        "a scoring run": lambda: repositories.retention.get_scoring_run(RunId(f"{mark}run")),
    }
    return [name for name, get in made.items() if _is_found(get)]


def _is_found(get: Callable[[], object]) -> bool:
    try:
        get()
    except NotFoundError:
        return False
    return True


def missing_rights(settings: ConnectionSettings) -> list[str]:
    """The rights that some function needs and the role lacks, such as `INSERT on leads`."""
    with closing(Connector(settings).connect()) as connection:
        rows = connection.run(SQL["rights_of_role"], {})
    held = {
        row["relname"]: {letter: row[f"may_{right.lower()}"] for letter, right in LETTERS.items()}
        for row in rows
    }
    needed = {
        (table, letter)
        for table, kinds in RIGHTS.items()
        for letters in (*kinds.values(), ROW_BY_ROW.get(table, ""))
        for letter in letters
    }
    return [
        f"{LETTERS[letter]} on {table}"
        for table, letter in sorted(needed)
        if not held.get(table, {}).get(letter)
    ]


def main() -> int:
    """Print the table; 1 where anything did not work, or stayed."""
    console = Console()
    container = Container({**os.environ, "SUCCOTASH_STORAGE": "postgres"})
    try:
        return 0 if _all_is_well(container, console) else 1
    except SuccotashError as error:
        console.print(f"The adapters could not be checked: {error}.", highlight=False)
        return 1
    finally:
        container.close()


def _all_is_well(container: Container, console: Console) -> bool:
    repositories = container.storage.repositories
    runs = repositories.retention.get_scoring_runs(limit=1)
    if any(run.state is RunState.RUNNING for run in runs):
        console.print("A scoring run is under way; check again when it has finished.")
        return False
    missing = missing_rights(connection_settings(container.settings))
    for right in missing:
        console.print(f"The role lacks a right: {right}.", highlight=False)
    mark = f"check-{secrets.token_hex(6)}-"
    worked: dict[str, float] = {}
    problems = check(container.storage, mark, worked)
    wanted = methods()
    console.print(_table(wanted, worked))
    for problem in problems:
        console.print(f"Did not work: {problem}.", highlight=False)
    console.print(f"{len(worked)} of {len(wanted)} methods worked.")
    stayed = leftovers(repositories, mark)
    for name in stayed:
        console.print(f"Rolled back, and yet {name} stayed.")
    if not stayed:
        console.print("The transaction was rolled back; nothing stayed.")
    return worked.keys() == set(wanted) and not (missing or problems or stayed)


def _table(wanted: Sequence[str], worked: Mapping[str, float]) -> Table:
    table = Table("Method", "Worked", "Time")
    for method in wanted:
        has_worked = method in worked
        elapsed = f"{worked[method]:.1f} ms" if has_worked else "-"
        table.add_row(method, "yes" if has_worked else "no", elapsed)
    return table


if __name__ == "__main__":
    sys.exit(main())
