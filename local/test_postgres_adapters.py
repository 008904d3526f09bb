"""Check the PostgreSQL adapters: `python -m local.test_postgres_adapters`.

Every method of the three ports is done once on the database that the DB_* settings name, within
one transaction that is rolled back; a table says what worked. Nothing stays.
"""

import os
import secrets
import sys
import time
from abc import ABCMeta
from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from local.adapter_checks import (
    CheckFailedError,
    FormChecks,
    LTVChecks,
    RetentionChecks,
    leftovers,
)
from local.lead_checks import LeadChecks, PeopleChecks
from succotash.container import Container
from succotash.domain.repositories.forms import FormRepository
from succotash.domain.repositories.leads import LeadRepository
from succotash.domain.repositories.ltv import LTVRepository
from succotash.domain.repositories.people import PeopleRepository
from succotash.domain.repositories.retention import RetentionRepository
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.retention.retention import RunState
from succotash.errors import StorageError, StorageUnavailableError, SuccotashError

type Checks = type[FormChecks | RetentionChecks | LTVChecks | LeadChecks | PeopleChecks]

PORTS: tuple[tuple[ABCMeta, Checks], ...] = (
    (FormRepository, FormChecks),
    (RetentionRepository, RetentionChecks),
    (LTVRepository, LTVChecks),
    (LeadRepository, LeadChecks),
    (PeopleRepository, PeopleChecks),
)
NOT_EXERCISED = "no check exercises it"
NOT_REACHED = "not reached: the transaction had failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one method; `problem` is empty where it worked."""

    method: str
    problem: str
    milliseconds: float = 0.0


class _RollBackError(Exception):
    """Ends the transaction of the checks."""


def methods_of(port: ABCMeta) -> set[str]:
    """What can be asked of a port: what adapters do, and what the port makes of that itself."""
    return {name for name in dir(port) if not name.startswith("_")}


def check(repositories: Repositories, mark: str) -> Iterator[Outcome]:
    """Do every port method once; a method without a check is a failure."""
    is_broken = False
    for port, checks_of_port in PORTS:
        names = [name for name in vars(checks_of_port) if not name.startswith("_")]
        methods = {name: f"{port.__name__}.{name}" for name in names}
        checks = None if is_broken else checks_of_port(repositories, mark)
        for name, method in methods.items():
            if is_broken:
                yield Outcome(method, NOT_REACHED)
                continue
            started = time.perf_counter()
            problem = ""
            try:
                getattr(checks, name)()
            except (StorageError, StorageUnavailableError) as error:
                is_broken = True
                problem = str(error)
            except (CheckFailedError, SuccotashError, ValueError) as error:
                problem = str(error)
            yield Outcome(method, problem, 1000 * (time.perf_counter() - started))
        for name in sorted(methods_of(port) - methods.keys()):
            yield Outcome(f"{port.__name__}.{name}", NOT_EXERCISED)


def check_and_roll_back(storage: Storage, mark: str) -> list[Outcome]:
    """What came of every method."""
    outcomes: list[Outcome] = []
    try:
        with storage.transaction() as repositories:
            outcomes += check(repositories, mark)
            raise _RollBackError
    except _RollBackError:
        return outcomes


def main() -> int:
    """Print the table; 1 where anything did not work, or stayed."""
    console = Console()
    container = Container({**os.environ, "SUCCOTASH_STORAGE": "postgres"})
    try:
        return 0 if _all_is_well(container.storage, console) else 1
    except SuccotashError as error:
        console.print(f"The adapters could not be checked: {error}.", highlight=False)
        return 1
    finally:
        container.close()


def _all_is_well(storage: Storage, console: Console) -> bool:
    runs = storage.repositories.retention.get_scoring_runs(limit=1)
    if any(run.state is RunState.RUNNING for run in runs):
        console.print("A scoring run is under way; check again when it has finished.")
        return False
    mark = f"check-{secrets.token_hex(6)}-"
    outcomes = check_and_roll_back(storage, mark)
    failures = [outcome for outcome in outcomes if outcome.problem]
    console.print(_table(outcomes))
    console.print(f"{len(outcomes) - len(failures)} of {len(outcomes)} methods worked.")
    stayed = leftovers(storage.repositories, mark)
    for name in stayed:
        console.print(f"Rolled back, and yet {name} stayed.")
    if not stayed:
        console.print("The transaction was rolled back; nothing stayed.")
    return not failures and not stayed


def _table(outcomes: list[Outcome]) -> Table:
    table = Table("Method", "Worked", "Time")
    for outcome in outcomes:
        table.add_row(outcome.method, outcome.problem or "yes", f"{outcome.milliseconds:.1f} ms")
    return table


if __name__ == "__main__":
    sys.exit(main())
