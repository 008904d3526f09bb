"""Importing files of orders."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Literal, cast

import typer

from succotash_client.client import ImportStep
from succotash_client.commands.session import (
    Bar,
    InputFileError,
    JsonOption,
    notes,
    progress,
    read_yaml,
    say,
    session,
    show_json,
)
from succotash_client.models import ImportView, UploadBody

PROBLEMS_TOLD = 10
PARTLY = 1


def add_to(app: typer.Typer) -> None:
    """Add this command to the program."""
    app.command("import")(import_files)


def import_files(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="A shop's export as it comes, CSV or NDJSON."),
    ],
    format: Annotated[  # noqa: A002 - the option's name in the API
        Literal["auto", "shopify", "woocommerce", "stripe", "plain"],
        typer.Option("--from", help="Whose files they are; without, by the header."),
    ] = "auto",
    mapping: Annotated[
        Path | None, typer.Option(help="JSON or YAML: which column of a plain file holds what.")
    ] = None,
    currency: Annotated[str | None, typer.Option(help="Of a file without a column for it.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be recorded, and record nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Import files of orders. Doing it again changes nothing."""
    options: UploadBody = {"format": format, "dry_run": dry_run}
    if mapping is not None:
        options["mapping"] = read_yaml(mapping)
    if currency is not None:
        options["currency"] = currency
    for each in files:
        if not each.is_file():
            raise InputFileError(f"{each} is no file")
    reports: dict[str, ImportView] = {}
    with session(context).client() as client:
        for each in files:
            with each.open("rb") as file, progress(each.name) as bar:
                reports[str(each)] = client.import_file(
                    file, options, watch=partial(_show_step, bar)
                )
            if not as_json:
                _tell(each, reports[str(each)], has_several=len(files) > 1)
    if as_json:
        show_json({"imports": [{"file": name} | report for name, report in reports.items()]})
    if not all(_is_whole(each) for each in reports.values()):
        raise typer.Exit(PARTLY)


def _show_step(bar: Bar, step: ImportStep) -> None:
    if isinstance(step, tuple):
        sent, size = step
        bar.at(sent, size, "Sending")
    elif step["state"] in {"queued", "importing"}:
        title = "Waiting" if step["state"] == "queued" else "Importing"
        bar.at(step["bytes_read"] or 0, step["bytes"] or None, title)


def _is_whole(report: ImportView) -> bool:
    """Whether everything that counts was taken."""
    is_ended = report["state"] not in {"refused", "failed"}
    return is_ended and not report["rejected"] + report["conflicting"]


def _tell(file: Path, report: ImportView, *, has_several: bool) -> None:
    if has_several:
        say(f"{file.name}:")
    for error in report["errors"]:
        say(f"{error['field'] or 'file'}: {error['message']}")
    if report["state"] == "refused":
        say("Nothing was recorded")
        return
    if (preview := report["preview"]) is not None:
        say(f"{preview['orders']:,} orders and {preview['refunds']:,} refunds would be recorded")
        for currency, total in preview["net_totals"].items():
            say(f"net total: {total} {currency}")
        for currency, total in preview["other_totals"].items():
            say(f"skipped for their currency: {total} {currency}")
    else:
        counts = ("recorded", "replaced", "unchanged", "conflicting", "rejected")
        figures = cast("Mapping[str, int]", report)
        told = [f"{figures[each]:,} {each}" for each in counts if figures[each]]
        say(", ".join(told) or "Nothing to record")
    _tell_skipped(report["skipped"])
    if (rejected := report["rejected"]) and report["preview"] is not None:
        say(f"rejected: {rejected:,}")
    _tell_problems(report)


def _tell_skipped(skipped: Mapping[str, int]) -> None:
    if skipped:
        told = ", ".join(f"{count:,} {reason}" for reason, count in sorted(skipped.items()))
        say(f"skipped: {told}".replace("_", " "))


def _tell_problems(report: ImportView) -> None:
    told = [each for each in report["problems"] if each["status"] != "skipped"]
    for problem in told[:PROBLEMS_TOLD]:
        for error in problem["errors"]:
            say(f"line {problem['line']:,}: {error['field']}: {error['message']}")
    if len(told) > PROBLEMS_TOLD or (told and report["problems_truncated"]):
        notes().print("More lines are in the answer of --json")
