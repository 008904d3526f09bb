"""Leads."""

from typing import Annotated

import typer

from succotash_client.commands.session import (
    JsonOption,
    day,
    first,
    say,
    session,
    show_json,
    show_table,
)
from succotash_client.models import LeadView

app = typer.Typer(help="Leads.", no_args_is_help=True)


@app.command("find")
def find(
    context: typer.Context,
    email: Annotated[str, typer.Argument(help="In whatever spelling.")],
    as_json: JsonOption = False,
) -> None:
    """Find the lead with an e-mail address, which is sent in the body and logged nowhere."""
    with session(context).client() as client:
        found = client.find_leads(email)
    _show(found, as_json=as_json)


@app.command("list")
def list_leads(
    context: typer.Context,
    min_score: Annotated[int | None, typer.Option(help="At least this score.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """List leads by their last submission."""
    with session(context).client() as client:
        leads = client.leads(min_score=min_score, page=min(limit, 100))
        found = first(leads, limit, "Reading leads")
    _show(found, as_json=as_json)


def _show(found: list[LeadView], *, as_json: bool) -> None:
    if as_json:
        show_json({"leads": found})
    elif not found:
        say("No lead was found")
    else:
        show_table(
            ("lead", "e-mail", "company", "status", "score", "last submission"),
            (
                (
                    each["lead_id"],
                    each["email"],
                    each["company"],
                    each["status"],
                    None if each["score"] is None else each["score"]["total"],
                    day(each["last_submission_at"]),
                )
                for each in found
            ),
            right="score",
        )
