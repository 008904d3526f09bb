"""Importing whole files of orders: in bounded memory, each line once, resumed where it stopped."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import NotRequired, TypedDict

from succotash.application.batches import (
    ViolationView,
    count_orders,
    refund_warning_view,
    violation_views,
)
from succotash.application.value.file_options import FileOptions, options_of
from succotash.application.value.order_blocks import FileBlock, OpenOrders, OrderFile
from succotash.application.value.previews import ImportPreviewView, Preview
from succotash.domain.people.erasures import NO_TOMBSTONES, Tombstones
from succotash.domain.repositories.ltv import LTVRepository
from succotash.domain.repositories.objects import (
    ObjectReplacedError,
    ObjectStore,
    StoredObject,
)
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.value.order_import import (
    SKIPPED,
    START,
    OrderImport,
    RejectedLine,
    WarnedLine,
)
from succotash.domain.value.orders import OrderRules
from succotash.domain.values import Clock, Currency
from succotash.errors import InvalidInputError, NotFoundError, SuccotashError

RESULT_SUFFIX = ".result.json"
RESULT_PAGE = 10_000
"""Rejected lines read and written at a time."""

SKIPPED_TOLD = 1_000
"""Skipped lines that a result lists; all of them are counted."""

type Watch = Callable[[OrderImport], None]


class UnfinishedImportError(SuccotashError):
    """Time ran out within an import; doing it again goes on where it stands."""

    def __init__(self) -> None:
        super().__init__("the import is not finished; done again, it goes on where it stands")


class _FinishedElsewhereError(Exception):
    """The rejected lines of a finished import are gone from the storage."""


class ImportReport(TypedDict):
    """The result of an import, in lines; of a shop's file, in orders."""

    status: str
    """`finished`, or `refused` where nothing was read beyond what `errors` are about; `gone` where
    the object was imported and removed before; `checked` after a dry run."""
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
    """The result of a dry run, which records nothing."""
    result: str
    """Key of the object that lists every line that changed nothing or was warned of, and why."""


def watch_nothing(_: OrderImport) -> None:
    """Let an import pass unobserved."""


class BulkImport:
    """Takes objects of a store into the order ledger."""

    def __init__(
        self,
        storage: Storage,
        objects: ObjectStore,
        open_orders: OpenOrders,
        clock: Clock,
        currency: Currency,
        tombstones: Tombstones = NO_TOMBSTONES,
    ) -> None:
        self._storage = storage
        self._objects = objects
        self._open_orders = open_orders
        self._clock = clock
        self._currency = currency
        self._tombstones = tombstones

    def run(
        self,
        key: str,
        *,
        options: FileOptions | None = None,
        removes: bool = False,
        has_time: Callable[[], bool] = lambda: True,
        watch: Watch = watch_nothing,
    ) -> ImportReport:
        """Import an object, and write its result next to it.

        `options` take the place of those that came with the object. After a dry run nothing is
        recorded. `removes` says whether the object goes once its result is written.

        The rules are those of `LTVHandler.record_orders`; a line that breaks one is rejected
        alone. Doing it again for the same version of the object changes nothing, or goes on where
        it was interrupted. `has_time` is asked before every block: UnfinishedImportError where it
        says no. ObjectReplacedError where another version took the object's place meanwhile;
        NotFoundError if unknown.
        """
        try:
            found = self._objects.describe(key)
        except NotFoundError:
            if not removes:
                raise
            self._objects.describe(key + RESULT_SUFFIX)  # a message may come twice
            return _report("gone", key, OrderImport(""))
        report = self._import(found, options, has_time, watch)
        if removes:
            # What took its place meanwhile has a message of its own.
            with suppress(ObjectReplacedError):
                self._objects.remove(found)
        return report

    def _import(
        self,
        found: StoredObject,
        options: FileOptions | None,
        has_time: Callable[[], bool],
        watch: Watch,
    ) -> ImportReport:
        key = found.key
        try:
            chosen = options or options_of(found.metadata)
            orders = self._open_orders(self._objects, found, chosen)
        except InvalidInputError as error:
            return self._refuse(key, error)
        if chosen.dry_run:
            return self._check(key, orders, watch)
        import_id = import_id_of(found, chosen)
        ltv = self._storage.repositories.ltv
        state = ltv.open_import(import_id)
        if not state.is_finished:
            state = self._load(orders, state, has_time, watch)
            report = _report("finished", key, state)
            # Where another import of the same object was quicker, its result stands already.
            with suppress(_FinishedElsewhereError):
                self._objects.write(report["result"], _document(report, ltv, import_id))
                ltv.finish_import(import_id)
        return _report("finished", key, state)

    def _refuse(self, key: str, error: InvalidInputError) -> ImportReport:
        report = _report("refused", key, OrderImport(""), violation_views(error.violations))
        document = {**report, "rejected_lines": [], "warned_lines": []}
        self._objects.write(report["result"], [_text(document), b"\n"])
        return report

    def _check(self, key: str, orders: OrderFile, watch: Watch) -> ImportReport:
        """Read all of the file, and say what would be recorded."""
        rules = OrderRules(self._currency, self._clock())
        found, told = Preview(), list[RejectedLine]()
        state = OrderImport("")
        for block in orders.blocks(START, rules):
            block.preview(found)
            told += _told(state, block)
            skipped = Counter(map(_reason, block.skipped))
            state = state.advanced(block.end, (), len(block.rejected), skipped=skipped)
            watch(state)
        report = _report("checked", key, replace(state, recorded=found.orders + found.refunds))
        report["preview"] = found.view()
        lines = [_rejection(each) for each in told]
        self._objects.write(report["result"], _as_document(report, lines))
        return report

    def _load(
        self, orders: OrderFile, state: OrderImport, has_time: Callable[[], bool], watch: Watch
    ) -> OrderImport:
        """Load what is behind the import's position.

        The next block is read while the storage works on one.
        """
        rules = OrderRules(self._currency, self._clock())
        watch(state)
        with ThreadPoolExecutor(1, "reader") as reader:
            blocks = orders.blocks(state.position, rules)
            ahead = reader.submit(next, blocks, None)
            while (block := ahead.result()) is not None:
                if not has_time():
                    raise UnfinishedImportError
                ahead = reader.submit(next, blocks, None)
                known = state
                state = self._storage.in_transaction(
                    partial(_load_block, block, state, self._tombstones)
                )
                watch(state)
                if state.position == block.end:
                    count_orders(
                        recorded=state.recorded + state.replaced - known.recorded - known.replaced,
                        unchanged=state.unchanged - known.unchanged,
                        conflicting=state.conflicting - known.conflicting,
                        rejected=state.rejected - known.rejected,
                        erased=state.erased - known.erased,
                    )
                else:
                    # Another import of the same object was quicker; this one goes on behind it.
                    blocks = orders.blocks(state.position, rules)
                    ahead = reader.submit(next, blocks, None)
        return state


def import_id_of(found: StoredObject, options: FileOptions) -> str:
    """The id of an import of this version of an object, read in this way."""
    return sha256(f"{found.place}\n{found.version}{options.identity}".encode()).hexdigest()


def _load_block(
    block: FileBlock, expected: OrderImport, tombstones: Tombstones, repositories: Repositories
) -> OrderImport:
    """The import behind the block, or where it stands if not where it was expected."""
    ltv = repositories.ltv
    state = ltv.open_import(expected.import_id)
    if state != expected:
        return state
    recording = block.record(repositories, tombstones)
    told = _told(expected, block)
    state = state.advanced(
        block.end,
        recording.outcomes,
        len(block.rejected),
        len(recording.warned),
        Counter(map(_reason, block.skipped)),
    )
    ltv.save_import(state, told + recording.conflicting, recording.warned)
    return state


def _told(before: OrderImport, block: FileBlock) -> list[RejectedLine]:
    """The lines of a block that a result lists: rejected ones, and the first skipped ones."""
    left = max(SKIPPED_TOLD - sum(before.skipped.values()), 0)
    return block.rejected + block.skipped[:left]


def _reason(line: RejectedLine) -> str:
    return line.violations[0].code.removeprefix(SKIPPED)


def _report(
    status: str, key: str, state: OrderImport, errors: list[ViolationView] | None = None
) -> ImportReport:
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


def _document(report: ImportReport, ltv: LTVRepository, import_id: str) -> Iterator[bytes]:
    """The result object: the report, then each line that changed nothing, or was warned of."""
    yield _text(report).removesuffix(b"}") + b', "rejected_lines": ['
    missing = report["rejected"] + report["conflicting"]
    missing += min(sum(report["skipped"].values()), SKIPPED_TOLD)
    before, after = b"\n", 0
    while page := ltv.get_rejected_lines(import_id, after=after, limit=RESULT_PAGE):
        yield before + b",\n".join(map(_rejection, page))
        before, after = b",\n", page[-1].line
        missing -= len(page)
    if missing:
        raise _FinishedElsewhereError
    yield b'\n], "warned_lines": ['
    before, after = b"\n", 0
    while warned := ltv.get_warned_lines(import_id, after=after, limit=RESULT_PAGE):
        yield before + b",\n".join(map(_warning, warned))
        before, after = b",\n", warned[-1].line
    yield b"\n]}\n"


def _warning(line: WarnedLine) -> bytes:
    return _text({"line": line.line, "warning": refund_warning_view(line.warning)})


def _rejection(line: RejectedLine) -> bytes:
    return _text(
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


def _as_document(report: ImportReport, lines: Sequence[bytes]) -> Iterator[bytes]:
    """The result of a dry run: the report, then each line that would not be taken."""
    yield _text(report).removesuffix(b"}") + b', "rejected_lines": ['
    yield b"".join((b"\n", b",\n".join(lines))) if lines else b""
    yield b'\n], "warned_lines": [\n]}\n'


def _text(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()
