"""Checks what is set up, and names what is missing."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

import typer

from succotash_client.client import SuccotashClient
from succotash_client.commands.session import (
    JsonOption,
    counted,
    progress,
    session,
    show_json,
    show_table,
)
from succotash_client.credentials import LoginError
from succotash_client.errors import (
    ApiError,
    ForbiddenError,
    SuccotashClientError,
    UnauthorizedError,
    UnavailableError,
)

STALE_AFTER = timedelta(days=2)
MISSING = 1
READS = {
    "ltv:read": "/ltv/segments",
    "overview:read": "/overview",
    "retention:read": "/retention/model?limit=1",
    "leads:read": "/leads?limit=1",
    "forms:read": "/forms",
    "scoring:run": "/scoring/runs?limit=1",
}
"""A cheap read for each scope that reads."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check."""

    name: str
    state: str
    """`ok` or `missing`."""
    note: str
    """The finding, or the next step."""


def add_to(app: typer.Typer) -> None:
    """Add this command to the program."""
    app.command("doctor")(doctor)


def doctor(context: typer.Context, as_json: JsonOption = False) -> None:
    """Say what is set up, what is missing, and what to do about it."""
    with session(context).client() as client, progress("Looking"):
        findings = list(_findings(client))
    if as_json:
        show_json({"findings": [asdict(each) for each in findings]})
    else:
        show_table(
            ("state", "what", "note"), ((each.state, each.name, each.note) for each in findings)
        )
    if any(each.state == "missing" for each in findings):
        raise typer.Exit(MISSING)


def _findings(client: SuccotashClient) -> Iterator[Finding]:
    """From the outside inwards; nothing further where the API or the login is missing."""
    try:
        health = client.health()
    except UnavailableError as error:
        yield Finding("API", "missing", f"{error}; start it by make run, or name it to login")
        return
    except LoginError as error:
        yield Finding("login", "missing", str(error))
        return
    yield Finding("API", "ok", f"{client.url}, on {health['storage']}")
    lacking = []
    for scope, path in READS.items():
        try:
            client.request("GET", path)
        except UnauthorizedError:
            yield Finding("login", "missing", "The token is not valid: run succotash login")
            return
        except ForbiddenError:
            lacking.append(scope)
    if lacking:
        yield Finding("login", "missing", f"The token lacks {', '.join(lacking)}")
    else:
        yield Finding("login", "ok", "The token opens what this command reads")
    for name, check in CHECKS.items():
        try:
            yield check(client)
        except ForbiddenError:
            yield Finding(name, "missing", "The token does not allow to look")
        except (ApiError, SuccotashClientError) as error:
            yield Finding(name, "missing", str(error))


def _scoring(client: SuccotashClient) -> Finding:
    runs = client.runs(limit=10)
    current = next((each for each in runs if each["state"] == "current"), None)
    if current is None or not current["customers"]:
        return Finding(
            "scoring", "missing", "No customer is scored: succotash import, then score --wait"
        )
    as_of = datetime.fromisoformat(current["as_of"])
    told = f"{counted(current['customers'], 'customer')} as of {as_of:%Y-%m-%d}"
    if datetime.now(UTC) - as_of > STALE_AFTER:
        return Finding("scoring", "ok", f"{told}; for today's, run succotash score --wait")
    return Finding("scoring", "ok", told)


def _judgement(client: SuccotashClient) -> Finding:
    current = next((each for each in client.runs(limit=10) if each["state"] == "current"), None)
    judged = None if current is None else current["judged"]
    if judged is None or judged["purchases_error_percent"] is None:
        return Finding("backtest", "missing", "The ledger is too short for the run to judge itself")
    return Finding(
        "backtest", "ok", f"purchases foreseen {judged['purchases_error_percent']:+.0f} % off"
    )


def _forms(client: SuccotashClient) -> Finding:
    own = [each["form_id"] for each in client.forms() if each["form_id"] != "default"]
    if not own:
        return Finding("forms", "missing", "No form of your own: succotash forms apply form.yaml")
    return Finding("forms", "ok", ", ".join(sorted(own)))


def _campaigns(client: SuccotashClient) -> Finding:
    found = client.campaigns()
    if not found:
        return Finding("campaigns", "missing", "succotash campaigns create campaign.yaml")
    active = sum(each["status"] == "active" for each in found)
    return Finding("campaigns", "ok", f"{len(found)}, of which {active} active")


CHECKS: dict[str, Callable[[SuccotashClient], Finding]] = {
    "scoring": _scoring,
    "backtest": _judgement,
    "forms": _forms,
    "campaigns": _campaigns,
}
