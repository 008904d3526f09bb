"""The demo data of a local run."""

from typing import Annotated

import typer

from succotash_client.commands.session import (
    JsonOption,
    counted,
    notes,
    progress,
    say,
    session,
    show_json,
)

PATH = "/local-demo"
"""The path of the server of `make run`; a deployment has no such route."""

app = typer.Typer(help="The demo data of a local run.", no_args_is_help=True)


@app.command("load")
def load(context: typer.Context, as_json: JsonOption = False) -> None:
    """Load the demo data into the make run of this machine."""
    with session(context).client() as client, progress("Loading the demo data"):
        found = client.request("POST", PATH, timeout=600, repeatable=True)
    if as_json:
        show_json(found)
    elif any(found.values()):
        orders = counted(found["orders"], "order")
        say(f"Loaded {orders} and {counted(found['campaigns'], 'campaign')}")
    else:
        say("The demo data was there already")


@app.command("clear")
def clear(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Remove the demo data from the make run of this machine, and keep everything else."""
    if not yes:
        question = "Remove the demo's customers, leads, campaigns and runs?"
        typer.confirm(question, abort=True, err=True)
    with session(context).client() as client, progress("Removing the demo data"):
        found = client.request("DELETE", PATH, timeout=600)
    if as_json:
        show_json(found)
    elif found["rows"]:
        say("The demo data is removed")
        notes().print("Values and risks are those of the next run: succotash score --wait")
    else:
        say("There was no demo data")
