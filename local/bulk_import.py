"""Import a file of orders into the configured storage: `python -m local.bulk_import FILE`.

CSV with a header, or NDJSON; what could not be taken is listed in `FILE.result.json`. Doing it
again changes nothing, or goes on where it was interrupted.
"""

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from local.objects import LocalObjectStore
from succotash.application.value.order_import import ImportReport
from succotash.container import Container, container
from succotash.domain.value.order_import import OrderImport
from succotash.errors import SuccotashError


def import_file(parts: Container, path: str, console: Console) -> ImportReport:
    """Import one file, and show how far it has come."""
    files = LocalObjectStore()
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

        return parts.get_bulk_import(files).run(path, watch=watch)


def main(arguments: Sequence[str], parts: Container, console: Console) -> int:
    """Import the file that the only argument names; 1 where some of it could not be taken."""
    if len(arguments) != 1:
        console.print("usage: python -m local.bulk_import FILE")
        return 2
    try:
        report = import_file(parts, arguments[0], console)
    except KeyboardInterrupt:
        console.print("interrupted; once more, and it goes on from here")
        return 130
    except SuccotashError as error:
        console.print(f"{error}", markup=False)
        return 2
    finally:
        parts.close()
    for each in report["errors"]:
        console.print(f"{each['field'] or 'file'}: {each['message']}", markup=False)
    if report["status"] == "finished":
        console.print(
            f"{report['recorded']:,} recorded, {report['unchanged']:,} unchanged, "
            f"{report['conflicting']:,} conflicting, {report['rejected']:,} rejected"
        )
        if report["warned"]:
            console.print(
                f"{report['warned']:,} refunds do not fit their order: {report['result']}",
                markup=False,
            )
    taken = report["status"] == "finished" and not report["rejected"] + report["conflicting"]
    if not taken:
        console.print(f"Every line that changed nothing: {report['result']}", markup=False)
    return 0 if taken else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], container, Console(stderr=True)))
