"""Importing whole files of orders: in bounded memory, each line once, resumed where it stopped."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from hashlib import sha256

from succotash.application.batches import (
    ViolationView,
    count_orders,
    violation_views,
)
from succotash.application.value.file_options import FileOptions, options_of
from succotash.application.value.import_results import (
    RESULT_SUFFIX,
    SKIPPED_TOLD,
    FinishedElsewhereError,
    ImportReport,
    dry_run_document,
    json_text,
    report_of,
    result_document,
)
from succotash.application.value.one_ahead import one_ahead, quick_turns
from succotash.application.value.order_blocks import FileBlock, OpenOrders, OrderFile, Recording
from succotash.application.value.previews import Preview
from succotash.domain.people.erasures import NO_TOMBSTONES, Tombstones
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
    Position,
    RejectedLine,
    WarnedLine,
)
from succotash.domain.value.orders import OrderRules
from succotash.domain.values import Clock, Currency
from succotash.errors import (
    InvalidInputError,
    NotFoundError,
    StorageUnavailableError,
    SuccotashError,
)

GIVEN_UP: ViolationView = {
    "field": "",
    "code": "given_up",
    "message": "Failed for good; the log says why, and the file is still there",
}

type Watch = Callable[[OrderImport], None]


class UnfinishedImportError(SuccotashError):
    """Time ran out within an import; doing it again goes on where it stands."""

    def __init__(self) -> None:
        super().__init__("the import is not finished; done again, it goes on where it stands")


class _UndoneError(Exception):
    """Rolls a transaction back in which a block was recorded."""

    def __init__(self, recording: Recording) -> None:
        super().__init__()
        self.recording = recording


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
            return report_of("gone", key, OrderImport(""))
        report = self._import(found, options, has_time, watch)
        if removes:
            # What took its place meanwhile has a message of its own.
            with suppress(ObjectReplacedError):
                self._objects.remove(found)
        return report

    def give_up(self, key: str) -> ImportReport | None:
        """Write a result that tells how far an import came that nobody tries again.

        The object stays, and importing it later goes on there. None where nothing was to be told:
        the object is gone, or its import ended.
        """
        try:
            found = self._objects.describe(key)
            options = options_of(found.metadata)
            state = self._storage.repositories.ltv.find_import(import_id_of(found, options))
        except NotFoundError:
            return None
        except (InvalidInputError, StorageUnavailableError):
            state = None
        if state is not None and state.is_finished:
            return None
        report = report_of("failed", key, state or OrderImport(""), [GIVEN_UP])
        document = {**report, "rejected_lines": [], "warned_lines": []}
        self._objects.write(report["result"], [json_text(document), b"\n"])
        return report

    def _import(
        self,
        found: StoredObject,
        options: FileOptions | None,
        has_time: Callable[[], bool],
        watch: Watch,
    ) -> ImportReport:
        key, ltv = found.key, self._storage.repositories.ltv
        # Of a file whose options cannot be read, too.
        attempt = import_id_of(found, options or FileOptions())
        ltv.note_import_started(attempt, self._clock())
        try:
            chosen = options or options_of(found.metadata)
            orders = self._open_orders(self._objects, found, chosen)
        except InvalidInputError as error:
            report = self._refuse(key, error)
            ltv.note_import_ended(attempt, self._clock(), error.violations[0].code)
            return report
        if chosen.dry_run:
            report = self._check(key, orders, watch)
        else:
            report = self._record(key, orders, import_id_of(found, chosen), has_time, watch)
        ltv.note_import_ended(attempt, self._clock())
        return report

    def _record(
        self,
        key: str,
        orders: OrderFile,
        import_id: str,
        has_time: Callable[[], bool],
        watch: Watch,
    ) -> ImportReport:
        ltv = self._storage.repositories.ltv
        state = ltv.open_import(import_id)
        if not state.is_finished:
            state = self._load(orders, state, has_time, watch)
            report = report_of("finished", key, state)
            # Where another import of the same object was quicker, its result stands already.
            with suppress(FinishedElsewhereError):
                self._objects.write(report["result"], result_document(report, ltv, import_id))
                ltv.finish_import(import_id)
        return report_of("finished", key, state)

    def _refuse(self, key: str, error: InvalidInputError) -> ImportReport:
        report = report_of("refused", key, OrderImport(""), violation_views(error.violations))
        document = {**report, "rejected_lines": [], "warned_lines": []}
        self._objects.write(report["result"], [json_text(document), b"\n"])
        return report

    def _check(self, key: str, orders: OrderFile, watch: Watch) -> ImportReport:
        """Record each block and undo it, and say what recording it changed.

        An order that stands in two blocks counts in both.
        """
        rules = OrderRules(self._currency, self._clock())
        found, told, warned = Preview(), list[RejectedLine](), list[WarnedLine]()
        state = OrderImport("")
        for block in orders.blocks(START, rules):
            recording = self._undone(block)
            block.preview(found)
            told += _told(state, block) + recording.conflicting
            warned += recording.warned
            state = _advanced(state, block, recording)
            watch(state)
        report = report_of("checked", key, state)
        report["preview"] = found.view()
        self._objects.write(report["result"], dry_run_document(report, told, warned))
        return report

    def _undone(self, block: FileBlock) -> Recording:
        """Record a block's orders, and undo it; the outcomes."""

        def record(repositories: Repositories) -> None:
            raise _UndoneError(block.record(repositories, self._tombstones))

        try:
            self._storage.in_transaction(record)
        except _UndoneError as undone:
            return undone.recording
        raise AssertionError("a transaction that failed was committed")

    def _load(
        self, orders: OrderFile, state: OrderImport, has_time: Callable[[], bool], watch: Watch
    ) -> OrderImport:
        """Load what is behind the import's position.

        While the storage works on a block, the next ones are read and recorded ahead.
        """
        rules = OrderRules(self._currency, self._clock())
        watch(state)
        with (
            quick_turns(),
            ThreadPoolExecutor(1, "reader") as reader,
            ThreadPoolExecutor(1, "ahead") as recorder,
        ):

            def blocks_behind(position: Position) -> Iterator[FileBlock]:
                read = one_ahead(orders.blocks(position, rules), reader)
                recorded = map(self._record_ahead, read)
                return one_ahead(recorded, recorder) if self._storage.writers > 1 else recorded

            blocks = blocks_behind(state.position)
            while (block := next(blocks, None)) is not None:
                if not has_time():
                    raise UnfinishedImportError
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
                    blocks = blocks_behind(state.position)
        return state

    def _record_ahead(self, block: FileBlock) -> FileBlock:
        block.record_ahead(self._storage, self._tombstones)
        return block


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
    state = _advanced(state, block, recording)
    ltv.save_import(state, told + recording.conflicting, recording.warned)
    return state


def _advanced(state: OrderImport, block: FileBlock, recording: Recording) -> OrderImport:
    return state.advanced(
        block.end,
        recording.outcomes,
        len(block.rejected),
        len(recording.warned),
        Counter(map(_reason, block.skipped)),
    )


def _told(before: OrderImport, block: FileBlock) -> list[RejectedLine]:
    """The lines of a block that a result lists: rejected ones, and the first skipped ones."""
    left = max(SKIPPED_TOLD - sum(before.skipped.values()), 0)
    return block.rejected + block.skipped[:left]


def _reason(line: RejectedLine) -> str:
    return line.violations[0].code.removeprefix(SKIPPED)
