"""Import a file of orders into the configured storage: `python -m local.bulk_import FILE`.

A shop's export as it comes, CSV with a header, or NDJSON; what could not be taken is listed in
`FILE.result.json`. Doing it again changes nothing, or goes on where it was interrupted.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from succotash.application.value.file_options import FORMATS, FileOptions
from succotash.application.value.import_results import ImportReport
from succotash.application.value.previews import ImportPreviewView
from succotash.container import Container, container
from succotash.domain.value.order_import import OrderImport
from succotash.domain.values import counted
from succotash.errors import SuccotashError
from succotash.infrastructure.files.objects import FolderObjectStore


def import_file(
    parts: Container, path: str, console: Console, options: FileOptions | None = None
) -> ImportReport:
    """Import one file, and show how far it has come."""
    files = FolderObjectStore()
    size = files.describe(path).size
    columns = (
        TextColumn("{task.fields[lines]:,} lines"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=size, lines=0)

        def watch(state: OrderImport) -> None:
            progress.update(task, completed=state.position.offset, lines=state.position.line)

        return parts.get_bulk_import(files).run(path, options=options, watch=watch)


def main(arguments: Sequence[str], parts: Container, console: Console) -> int:
    """Import the file that the arguments name; 1 where some of it could not be taken."""
    try:
        asked = _arguments(arguments)
    except SystemExit as end:
        return 0 if end.code == 0 else 2
    try:
        report = import_file(parts, asked.file, console, _options(asked))
    except KeyboardInterrupt:
        console.print("interrupted; once more, and it goes on from here")
        return 130
    except (SuccotashError, OSError) as error:
        console.print(f"{error}", markup=False)
        return 2
    finally:
        parts.close()
    for each in report["errors"]:
        console.print(f"{each['field'] or 'file'}: {each['message']}", markup=False)
    if (preview := report.get("preview")) is not None:
        _tell_preview(console, preview)
    if report["status"] in {"finished", "checked"}:
        recorded = f"{report['recorded']:,} recorded, " if preview is None else ""
        console.print(
            f"{recorded}{report['unchanged']:,} unchanged, "
            f"{report['conflicting']:,} conflicting, {report['rejected']:,} rejected"
        )
        if report["replaced"]:
            console.print(f"{report['replaced']:,} replaced")
        if report["warned"]:
            console.print(
                f"{report['warned']:,} refunds do not fit their order: {report['result']}",
                markup=False,
            )
    _tell_skipped(console, report["skipped"])
    is_read = report["status"] in {"finished", "checked"}
    taken = is_read and not report["rejected"] + report["conflicting"]
    if not taken or report["skipped"]:
        console.print(f"Every line that changed nothing: {report['result']}", markup=False)
    return 0 if taken else 1


def _arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local.bulk_import", description="Import a file of orders."
    )
    parser.add_argument("file", metavar="FILE", help="a shop's export, CSV with a header, NDJSON")
    parser.add_argument(
        "--from", dest="format", choices=FORMATS, default="auto", help="by the header, if not given"
    )
    parser.add_argument("--mapping", metavar="FILE", help="JSON: which column holds what")
    parser.add_argument("--currency", help="of a file that does not say it")
    parser.add_argument("--dry-run", action="store_true", help="say what would change now")
    return parser.parse_args(arguments)


def _options(asked: argparse.Namespace) -> FileOptions:
    mapping = None if asked.mapping is None else Path(asked.mapping).read_text(encoding="utf-8")
    return FileOptions(asked.format, mapping, asked.currency, dry_run=asked.dry_run)


def _tell_preview(console: Console, preview: ImportPreviewView) -> None:
    orders, refunds = counted(preview["orders"], "order"), counted(preview["refunds"], "refund")
    console.print(f"{orders} and {refunds} would be recorded")
    for currency, total in preview["net_totals"].items():
        console.print(f"net total: {total} {currency}")
    for currency, total in preview["other_totals"].items():
        console.print(f"skipped for their currency: {total} {currency}")


def _tell_skipped(console: Console, skipped: Mapping[str, int]) -> None:
    if skipped:
        told = ", ".join(f"{count:,} {reason}" for reason, count in sorted(skipped.items()))
        console.print(f"skipped: {told}".replace("_", " "))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], container, Console(stderr=True)))
