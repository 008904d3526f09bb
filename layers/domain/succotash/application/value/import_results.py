"""Reports of imports: the answer, and the object next to the file."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import NotRequired, TypedDict

from succotash.application.batches import ViolationView, refund_warning_view, violation_views
from succotash.application.value.previews import ImportPreviewView
from succotash.domain.repositories.ltv import LTVRepository
from succotash.domain.value.order_import import OrderImport, RejectedLine, WarnedLine

RESULT_SUFFIX = ".result.json"
RESULT_PAGE = 10_000
"""Rejected lines read and written at a time."""

SKIPPED_TOLD = 1_000
"""Skipped lines that a result lists; all of them are counted."""


class FinishedElsewhereError(Exception):
    """The rejected lines of a finished import are gone from the storage."""


class ImportReport(TypedDict):
    """The result of an import, in lines; of a shop's file, in orders."""

    status: str
    """`finished`, or `refused` where nothing was read beyond what `errors` are about; `gone` where
    the object was imported and removed before; `checked` after a dry run; `failed` where it was
    given up, after what is counted."""
    errors: list[ViolationView]
    recorded: int
    unchanged: int
    conflicting: int
    rejected: int
    erased: int
    """The number of orders of customers who were erased since; they are not kept."""
    warned: int
    """Refunds that are recorded, or were before, and do not fit what they refund."""
    replaced: int
    """Orders of a shop that were known otherwise."""
    skipped: dict[str, int]
    """Orders of a shop that do not count, by reason."""
    preview: NotRequired[ImportPreviewView]
    """The result of a dry run, which records nothing: the counts say what an import would do."""
    result: str
    """Key of the object that lists every line that changed nothing or was warned of, and why."""


def report_of(
    status: str, key: str, state: OrderImport, errors: list[ViolationView] | None = None
) -> ImportReport:
    """The report of an import that stands here."""
    return {
        "status": status,
        "errors": errors or [],
        "recorded": state.recorded,
        "unchanged": state.unchanged,
        "conflicting": state.conflicting,
        "rejected": state.rejected,
        "erased": state.erased,
        "warned": state.warned,
        "replaced": state.replaced,
        "skipped": dict(state.skipped),
        "result": key + RESULT_SUFFIX,
    }


def result_document(report: ImportReport, ltv: LTVRepository, import_id: str) -> Iterator[bytes]:
    """The result object: the report, then each line that changed nothing, or was warned of."""
    return _document(report, _rejected_pages(report, ltv, import_id), _warned_pages(ltv, import_id))


def dry_run_document(
    report: ImportReport, rejected: Sequence[RejectedLine], warned: Sequence[WarnedLine]
) -> Iterator[bytes]:
    """The result object of a dry run, as `result_document` writes it of an import."""
    return _document(report, map(_rejection, rejected), map(_warning, warned))


def _document(
    report: ImportReport, rejected: Iterable[bytes], warned: Iterable[bytes]
) -> Iterator[bytes]:
    yield json_text(report).removesuffix(b"}") + b', "rejected_lines": ['
    yield from _listed(rejected)
    yield b'\n], "warned_lines": ['
    yield from _listed(warned)
    yield b"\n]}\n"


def _listed(pages: Iterable[bytes]) -> Iterator[bytes]:
    before = b"\n"
    for page in pages:
        yield before + page
        before = b",\n"


def _rejected_pages(report: ImportReport, ltv: LTVRepository, import_id: str) -> Iterator[bytes]:
    """The rejected lines, many at a time; FinishedElsewhereError where some are gone."""
    missing = report["rejected"] + report["conflicting"]
    missing += min(sum(report["skipped"].values()), SKIPPED_TOLD)
    after = 0
    while page := ltv.get_rejected_lines(import_id, after=after, limit=RESULT_PAGE):
        yield b",\n".join(map(_rejection, page))
        after = page[-1].line
        missing -= len(page)
    if missing:
        raise FinishedElsewhereError


def _warned_pages(ltv: LTVRepository, import_id: str) -> Iterator[bytes]:
    after = 0
    while page := ltv.get_warned_lines(import_id, after=after, limit=RESULT_PAGE):
        yield b",\n".join(map(_warning, page))
        after = page[-1].line


def _warning(line: WarnedLine) -> bytes:
    return json_text({"line": line.line, "warning": refund_warning_view(line.warning)})


def _rejection(line: RejectedLine) -> bytes:
    return json_text(
        {
            "line": line.line,
            "status": _status(line),
            "errors": violation_views(line.violations),
        }
    )


def _status(line: RejectedLine) -> str:
    if line.is_skipped:
        return "skipped"
    return "conflicting" if line.is_conflicting else "rejected"


def json_text(document: object) -> bytes:
    """A JSON document, as it is written to a result object."""
    return json.dumps(document, ensure_ascii=False).encode()
