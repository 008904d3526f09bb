"""Scoring runs, and the models behind them."""

from typing import Annotated, Any

import typer

from succotash_client.commands.session import (
    JsonOption,
    counted,
    instant_of,
    progress,
    say,
    session,
    show_facts,
    show_json,
)
from succotash_client.models import RunProgressView, RunReport


def add_to(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command("score")(score)
    app.command("model")(model)


def score(
    context: typer.Context,
    as_of: Annotated[
        str, typer.Option(help="now, a day, or an instant: later facts are ignored.")
    ] = "now",
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it has finished.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Score every customer: their value, and their risk of leaving."""
    instant = None if as_of == "now" else instant_of(as_of)
    with session(context).client() as client:
        found = client.request_run(instant)
        if wait:
            with progress("Scoring") as bar:
                found = client.wait_for_run(
                    found["run_id"],
                    watch=lambda run: bar.at(run["shards_scored"], run["shards"], run["state"]),
                )
    if as_json:
        show_json(found)
    else:
        _tell(found)


def model(
    context: typer.Context,
    as_json: JsonOption = False,
) -> None:
    """Say which models the current run uses, and how wrong they were on days not seen."""
    with session(context).client() as client:
        runs = client.runs(limit=10)
    current = next((each for each in runs if each["state"] == "current"), None)
    if as_json:
        show_json(current)
    elif current is None:
        say("No scoring run has finished yet: run succotash score --wait")
    else:
        _tell_model(current)


def _tell(run: RunProgressView) -> None:
    if run["state"] == "finished":
        say(f"{counted(run['customers'], 'customer')} scored as of {run['as_of']}")
    else:
        say(f"Asked for the run {run['run_id']}, which is {run['state']}")
    for warning in run["warnings"]:
        say(f"{warning['code'].replace('_', ' ')}: {warning['message']}")


def _tell_model(run: RunReport) -> None:
    judged = run["judged"]
    show_facts(
        [
            ("as of", run["as_of"]),
            ("customers", run["customers"]),
            *((name, told) for name, found in run["models"].items() if (told := _name(found))),
        ]
    )
    if judged is not None:
        say(f"\n{judged['note']}")
    for warning in run["warnings"]:
        say(f"{warning['code'].replace('_', ' ')}: {warning['message']}")


def _name(found: Any) -> str:  # noqa: ANN401 - a document of the model's own
    return (
        str(found.get("name") or found.get("model") or "")
        if isinstance(found, dict)
        else str(found)
    )
