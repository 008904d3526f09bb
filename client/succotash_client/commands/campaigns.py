"""Retention campaigns."""

from pathlib import Path
from typing import Annotated, cast

import typer

from succotash_client.client import SuccotashClient
from succotash_client.commands.session import (
    InputFileError,
    JsonOption,
    day,
    instant_of,
    money,
    percent,
    progress,
    read_yaml,
    say,
    session,
    show_facts,
    show_json,
    show_table,
)
from succotash_client.models import CampaignBody, CampaignPatch, CampaignStatus, CampaignView

app = typer.Typer(help="Retention campaigns.", no_args_is_help=True)
UNKNOWN, NO_FAULT = "not reported", "none reported"
"""Said of a count of zero: only what happened is reported."""
CampaignArgument = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Its id or name.")]


@app.command("list")
def list_campaigns(
    context: typer.Context,
    status: Annotated[str | None, typer.Option(help="Such as draft or active.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List campaigns, newest first."""
    with session(context).client() as client:
        found = client.campaigns(status=cast("CampaignStatus | None", status))
    if as_json:
        show_json({"campaigns": found})
    elif not found:
        say("No campaign was found")
    else:
        show_table(
            ("campaign", "name", "status", "targeted", "sent", "begins", "ends"),
            (
                (
                    each["campaign_id"],
                    each["name"],
                    each["status"],
                    each["metrics"]["targeted"],
                    each["metrics"]["sent"],
                    day(each["starts_at"]),
                    day(each["ends_at"]),
                )
                for each in found
            ),
            right="targeted sent",
        )


@app.command("show")
def show(context: typer.Context, campaign: CampaignArgument, as_json: JsonOption = False) -> None:
    """Show a campaign."""
    with session(context).client() as client:
        found = client.campaign(_id_of(client, campaign))
    if as_json:
        show_json(found)
    else:
        _show(cast("CampaignView", found))


@app.command("create")
def create(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="YAML: name, target_risk_level, message, …")],
    as_json: JsonOption = False,
) -> None:
    """Draft a campaign as a file says."""
    body = read_yaml(file)
    if "name" not in body:
        raise InputFileError(f"{file} must have a name")
    with session(context).client() as client:
        found = client.create_campaign(cast("CampaignBody", body))
    if as_json:
        show_json(found)
    else:
        say(f"Drafted {found['name']} ({found['campaign_id']})")


@app.command("preview")
def preview(
    context: typer.Context, campaign: CampaignArgument, as_json: JsonOption = False
) -> None:
    """Say how many a campaign would reach now, why not others, and what they would read."""
    with session(context).client() as client, progress("Counting who would be reached"):
        found = client.preview_campaign(_id_of(client, campaign))
    if as_json:
        show_json(found)
        return
    reasons = (
        (name.replace("_", " "), count) for name, count in found["not_reached"].items() if count
    )
    show_facts(
        [
            ("would be reached", found["reached"]),
            ("would be held out", found["held_out"]),
            *((f"not reached: {name}", count) for name, count in reasons),
        ]
    )
    for sample in found["samples"][:1]:
        say(f"\nSubject: {sample['subject']}\n\n{sample['text']}")


@app.command("activate")
def activate(
    context: typer.Context,
    campaign: CampaignArgument,
    until: Annotated[
        str | None, typer.Option(help="The day or instant of its end, unless its file says one.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Activate a draft or a paused campaign: messages go out after the next scoring run."""
    change: CampaignPatch = {"status": "active"}
    if until is not None:
        change["ends_at"] = instant_of(until).isoformat()
    _change(context, campaign, change, as_json=as_json)


@app.command("pause")
def pause(context: typer.Context, campaign: CampaignArgument, as_json: JsonOption = False) -> None:
    """Pause an active campaign."""
    _change(context, campaign, {"status": "paused"}, as_json=as_json)


@app.command("performance")
def performance(
    context: typer.Context, campaign: CampaignArgument, as_json: JsonOption = False
) -> None:
    """Say what a campaign came to: its rates, and what it changed in money."""
    with session(context).client() as client, progress("Reading what it came to"):
        found = client.campaign_performance(_id_of(client, campaign))
    if as_json:
        show_json(found)
        return
    metrics, effect = found["metrics"], found["effect"]
    show_facts(
        [
            ("targeted", metrics["targeted"]),
            ("sent", metrics["sent"]),
            ("delivered", _rate(metrics["delivered"], found["delivered_rate"], UNKNOWN)),
            ("opened", _rate(metrics["opened"], found["open_rate"], UNKNOWN)),
            ("clicked", _rate(metrics["clicked"], found["click_rate"], UNKNOWN)),
            ("converted", _rate(metrics["converted"], found["conversion_rate"], UNKNOWN)),
            ("bounced", _rate(metrics["bounced"], found["bounce_rate"], NO_FAULT)),
            ("unsubscribed", _rate(metrics["unsubscribed"], found["unsubscribe_rate"], NO_FAULT)),
            ("complained", _rate(metrics["complained"], found["complaint_rate"], NO_FAULT)),
            ("revenue", money(metrics["revenue"], metrics["currency"])),
        ]
    )
    say(f"\n{effect['summary'] if effect else 'What it changed is not known yet'}")


def _rate(count: int, rate: float | None, none: str) -> str | None:
    return percent(rate) if count else none


def _change(context: typer.Context, campaign: str, change: CampaignPatch, *, as_json: bool) -> None:
    with session(context).client() as client:
        found = client.update_campaign(_id_of(client, campaign), change)
    if as_json:
        show_json(found)
    else:
        say(f"{found['name']} is {found['status']}")


def _id_of(client: SuccotashClient, campaign: str) -> str:
    """The id of the only campaign by this name; what names none is an id."""
    named = [each["campaign_id"] for each in client.campaigns() if each["name"] == campaign]
    if len(named) > 1:
        raise InputFileError(f"{len(named)} campaigns are called {campaign}: name the id")
    return named[0] if named else campaign


def _show(found: CampaignView) -> None:
    metrics = found["metrics"]
    show_facts(
        [
            ("campaign", found["campaign_id"]),
            ("name", found["name"]),
            ("status", found["status"]),
            ("targets risk", found["target_risk_level"]),
            ("targets engagement", found["target_segment"]),
            ("channel", found["channel"]),
            ("held out", percent(found["holdout_share"])),
            ("begins", day(found["starts_at"])),
            ("ends", day(found["ends_at"])),
            ("targeted", metrics["targeted"]),
            ("sent", metrics["sent"]),
            ("revenue", money(metrics["revenue"], metrics["currency"])),
        ]
    )
    if found["message"] is not None:
        say(f"\nSubject: {found['message']['subject']}\n\n{found['message']['text']}")
