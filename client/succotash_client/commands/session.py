"""The parts that a command needs: the client of the user who is logged in, and consoles."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
import yaml
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from succotash_client import oauth
from succotash_client.client import SuccotashClient
from succotash_client.credentials import (
    Credentials,
    KeptTokens,
    Store,
    checked_url,
    current,
)
from succotash_client.errors import SuccotashClientError

type Cell = str | int | float | None
JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")]


class InputFileError(SuccotashClientError):
    """A file that was named cannot be used."""


@dataclass(frozen=True, slots=True)
class Session:
    """One call of the command."""

    environment: Mapping[str, str]
    store: Store
    transport: httpx.BaseTransport | None = None
    """In place of the network."""

    def credentials(self) -> Credentials:
        """The credentials of the user who is logged in."""
        return current(self.environment, self.store)

    @contextmanager
    def client(self, credentials: Credentials | None = None) -> Iterator[SuccotashClient]:
        """The API's client, for as long as the block lasts."""
        known = credentials or self.credentials()
        checked_url(known.url)
        with httpx.Client(transport=self.transport, timeout=30) as http:
            tokens = KeptTokens(known, self.store, lambda old: oauth.renew(http, old))
            with SuccotashClient(known.url, tokens, transport=self.transport) as client:
                yield client


def session(context: typer.Context) -> Session:
    """The session that the program began with."""
    found = context.find_object(Session)
    if found is None:
        raise TypeError("the program has no session")
    return found


def output() -> Console:
    """The console of results. Text that is no terminal's is not wrapped."""
    return Console(file=sys.stdout, highlight=False, soft_wrap=True)


def notes() -> Console:
    """The console of everything that is no result."""
    return Console(file=sys.stderr, highlight=False, soft_wrap=True)


def say(line: str) -> None:
    """Print a line of the result as it is."""
    output().print(line, markup=False)


def show_json(value: object) -> None:
    """Print a result for programs."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def show_table(columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, right: str = "") -> None:
    """Print a table for people; the columns named in `right`, by spaces, end at the right."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for each in columns:
        is_right = each.replace(" ", "_") in right.split()
        table.add_column(each, justify="right" if is_right else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(escape(cell(each)) for each in row))
    console = output()
    wide = Console(file=console.file, highlight=False, width=max(console.width, 160))
    (console if console.is_terminal else wide).print(table)


def show_facts(facts: Iterable[tuple[str, Cell]]) -> None:
    """Print names and values, one a line."""
    known = [(name, value) for name, value in facts if value is not None]
    width = max((len(name) for name, _ in known), default=0)
    for name, value in known:
        say(f"{name:<{width}}  {cell(value)}")


def cell(value: Cell) -> str:
    """A value as people read it; nothing for None."""
    match value:
        case None:
            return ""
        case int():
            return f"{value:,}"
        case float():
            return f"{value:.3g}"
        case str():
            return value


def day(instant: str | None) -> str | None:
    """The day of an instant or date."""
    return None if instant is None else instant[:10]


def percent(share: float | None) -> str | None:
    """A share of 1 in percent."""
    return None if share is None else f"{share:.0%}"


def money(amount: str | None, currency: str | None) -> str | None:
    """An amount with its currency."""
    return None if amount is None else f"{amount} {currency}"


@contextmanager
def progress(title: str, total: float | None = None) -> Iterator["Bar"]:
    """A bar on the terminal, while the block lasts; nothing where there is no terminal."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=notes(), transient=True) as shown:
        yield Bar(shown, shown.add_task(escape(title), total=total))


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar that shows progress."""

    shown: Progress
    task: Any

    def at(self, done: float, total: float | None = None, title: str | None = None) -> None:
        """Show that so much of so much is done."""
        title = None if title is None else escape(title)
        self.shown.update(self.task, completed=done, total=total, description=title)


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a file, YAML or JSON; InputFileError with the place of what is wrong."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputFileError(f"{path} cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise InputFileError(f"{path} is not YAML: {error}") from error
    if not isinstance(found, dict):
        raise InputFileError(f"{path} must hold a mapping, such as title: Contact us")
    return {name: _plain(value) for name, value in found.items()}


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever YAML holds
    """Without YAML's dates and times, which JSON writes as texts."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case dict():
            return {name: _plain(each) for name, each in value.items()}
        case list():
            return [_plain(each) for each in value]
        case _:
            return value
