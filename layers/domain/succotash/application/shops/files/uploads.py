"""Files of orders that are sent past the API: where they go, and how their import went."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any, TypedDict

from succotash.application.batches import ViolationView
from succotash.application.shops.files.mapping import Mapping as ColumnMapping
from succotash.application.value.file_options import METADATA, FileOptions, options_of
from succotash.application.value.import_results import RESULT_SUFFIX
from succotash.application.value.order_import import GIVEN_UP, import_id_of
from succotash.application.value.previews import ImportPreviewView
from succotash.domain.repositories.objects import ObjectStore, StoredObject
from succotash.domain.repositories.storage import Storage
from succotash.domain.repositories.uploads import LARGEST_UPLOAD, UploadStore
from succotash.domain.value.order_import import IMPORT_GIVEN_UP_AFTER, OrderImport
from succotash.domain.values import Clock, Currency, IdFactory
from succotash.errors import ConflictError, InvalidInputError, NotFoundError

MAPPING_LIMIT = 1_800
"""Characters of a mapping: S3 keeps 2 KB of metadata."""
QUEUED, IMPORTING, FAILED = "queued", "importing", "failed"


class NoUploadsError(ConflictError):
    """There is nowhere to send files to."""

    def __init__(self) -> None:
        super().__init__("no place for files is set")


class UploadFormView(TypedDict):
    """A form (multipart/form-data) that takes the file, without a token."""

    url: str
    """The address to post it to."""
    fields: Mapping[str, str]
    """Send them first and as they are, and the file last, in the field `file`."""
    max_bytes: int
    """The most bytes of the file."""
    expires_at: datetime


class UploadView(TypedDict):
    """The address to send a file to, and that of its import."""

    import_id: str
    import_url: str
    """The address of the import, which is there once the file was sent."""
    upload: UploadFormView


class ProblemLineView(TypedDict):
    """A line that changed nothing, or was warned of."""

    line: int
    """Counts from 1, a header included."""
    status: str
    """`rejected`, `conflicting`, `skipped`, or `warned`, which was recorded."""
    errors: list[ViolationView]


class ImportView(TypedDict):
    """The progress or the result of an import; in lines, or in a shop's orders."""

    import_id: str
    state: str
    """`queued`, `importing`, `finished`, `checked` (a dry run), `refused` (see `errors`), or
    `failed`: given up, after what is counted, or not tried again for three hours."""
    bytes: int | None
    """The size of the file; None once it is imported and gone."""
    bytes_read: int | None
    """Bytes of the file that are behind an import under way; None once it has ended."""
    lines_read: int | None
    """Lines that are behind an import under way; None once it has ended."""
    errors: list[ViolationView]
    """Why the file was refused as a whole."""
    recorded: int
    """New in the ledger."""
    unchanged: int
    """Known already, with the same contents."""
    conflicting: int
    """Known already with other contents, and left as they were."""
    rejected: int
    """Lines that cannot be taken."""
    erased: int
    """The number of orders of customers who were erased since; they are not kept."""
    warned: int
    """Refunds that are recorded and do not fit what they refund."""
    replaced: int
    """Orders of a shop that were known otherwise."""
    skipped: Mapping[str, int]
    """Orders of a shop that do not count, by reason."""
    preview: ImportPreviewView | None
    """The result of a dry run, which records nothing: the counts say what an import would do."""
    problems: list[ProblemLineView]
    """The first lines that changed nothing, then those warned of, once the import has ended."""
    problems_truncated: bool
    """Whether there are more than are shown."""


class Uploads:
    """Permits to send files, and reports of their imports."""

    def __init__(
        self,
        storage: Storage,
        store: UploadStore | None,
        objects: ObjectStore | None,
        clock: Clock,
        new_id: IdFactory,
        zone: tzinfo,
        currency: Currency,
    ) -> None:
        """Zone and currency are the deployment's, by which mappings are read."""
        self._zone = zone
        self._currency = currency
        self._storage = storage
        self._store = store
        self._objects = objects
        self._clock = clock
        self._new_id = new_id

    def permit(self, options: FileOptions) -> UploadView:
        """A form for one file that is imported by these options once it is there.

        InvalidInputError for a mapping that cannot be read; NoUploadsError.
        """
        if self._store is None:
            raise NoUploadsError
        if options.mapping is not None:
            currency = Currency(options.currency) if options.currency else self._currency
            ColumnMapping.of_json(options.mapping, self._zone, currency)
            if len(options.mapping) > MAPPING_LIMIT:
                sentence = f"Must have at most {MAPPING_LIMIT} characters"
                raise InvalidInputError.of("mapping", "too_long", sentence)
        import_id = self._new_id()
        form = self._store.permit(key_of(import_id), _metadata(options), self._clock())
        return {
            "import_id": import_id,
            "import_url": f"/imports/{import_id}",
            "upload": {
                "url": form.address,
                "fields": form.fields,
                "max_bytes": LARGEST_UPLOAD,
                "expires_at": form.expires_at,
            },
        }

    def get_import(self, import_id: str, *, limit: int) -> ImportView:
        """Return the progress or the result of an import, with so many problems at most.

        NotFoundError before its file was sent, and a month later.
        """
        if self._objects is None:
            raise NotFoundError("import")
        key = key_of(import_id)
        for _ in range(2):  # an import that ends in between writes its result first
            try:
                found = self._objects.describe(key + RESULT_SUFFIX)
            except NotFoundError:
                pass
            else:
                return _ended(import_id, _lines(self._objects.read(found)), limit)
            try:
                return self._under_way(import_id, self._objects.describe(key))
            except NotFoundError:
                continue
        raise NotFoundError("import")

    def _under_way(self, import_id: str, found: StoredObject) -> ImportView:
        options = options_of(found.metadata)
        ltv = self._storage.repositories.ltv
        known = ltv.find_import(import_id_of(found, options))
        # One that was killed in its last attempt could not write a result.
        has_failed = ltv.has_import_broken_off(
            import_id_of(found, FileOptions()), self._clock() - IMPORT_GIVEN_UP_AFTER
        )
        state = known or OrderImport("")
        return {
            "import_id": import_id,
            "state": FAILED if has_failed else QUEUED if known is None else IMPORTING,
            "bytes": found.size,
            "bytes_read": None if has_failed else state.position.offset,
            "lines_read": None if has_failed else state.position.line,
            "errors": [GIVEN_UP] if has_failed else [],
            "recorded": state.recorded,
            "unchanged": state.unchanged,
            "conflicting": state.conflicting,
            "rejected": state.rejected,
            "erased": state.erased,
            "warned": state.warned,
            "replaced": state.replaced,
            "skipped": state.skipped,
            "preview": None,
            "problems": [],
            "problems_truncated": False,
        }


def key_of(import_id: str) -> str:
    """The key under which a file is stored; its format is found out by its first line."""
    return f"uploads/{import_id}.upload"


def _metadata(options: FileOptions) -> dict[str, str]:
    """The metadata that `options_of` reads; ASCII, which is all that S3 keeps as it is."""
    mapping = options.mapping
    told = dict.fromkeys(METADATA, "") | {
        "format": options.format,
        "mapping": "" if mapping is None else json.dumps(json.loads(mapping)),
        "currency": options.currency or "",
        "dry-run": "true" if options.dry_run else "",
    }
    return {name: value for name, value in told.items() if value}


def _ended(import_id: str, lines: Iterator[str], limit: int) -> ImportView:
    """Read a result: the report on its first line, then a line for each problem."""
    first = next(lines)
    head, _, rest = first.partition(', "rejected_lines": [')
    report: dict[str, Any] = json.loads(head + "}")
    problems = [] if rest else list(_problems(lines, limit + 1))
    return {
        "import_id": import_id,
        "state": report["status"],
        "bytes": None,
        "bytes_read": None,
        "lines_read": None,
        "errors": report["errors"],
        "recorded": report["recorded"],
        "unchanged": report["unchanged"],
        "conflicting": report["conflicting"],
        "rejected": report["rejected"],
        "erased": report["erased"],
        "warned": report["warned"],
        "replaced": report["replaced"],
        "skipped": report["skipped"],
        "preview": report.get("preview"),
        "problems": problems[:limit],
        "problems_truncated": len(problems) > limit,
    }


def _problems(lines: Iterator[str], limit: int) -> Iterator[ProblemLineView]:
    for line in lines:
        if not limit:
            return
        if not line.startswith("{"):
            continue  # the end of a list
        limit -= 1
        told = json.loads(line.removesuffix(","))
        if (warning := told.get("warning")) is None:
            yield {"line": told["line"], "status": told["status"], "errors": told["errors"]}
        else:
            error: ViolationView = {
                "field": "refund_of",
                "code": warning["code"],
                "message": warning["message"],
            }
            yield {"line": told["line"], "status": "warned", "errors": [error]}


def _lines(parts: Iterator[bytes]) -> Iterator[str]:
    """The lines of a text that comes in parts."""
    rest = b""
    for part in parts:
        *whole, rest = (rest + part).split(b"\n")
        yield from (each.decode() for each in whole)
    if rest:
        yield rest.decode()
