"""Files of orders, one a line: CSV with a header, or NDJSON.

A record never spans lines, since no field may hold a line's end: so a quotation mark that is never
closed spoils its own line and no other.
"""

import csv
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import override

from succotash.application.value.file_options import FileOptions
from succotash.application.value.order_blocks import Block, OrderFile
from succotash.domain.people.identities import NameCustomer
from succotash.domain.repositories.objects import ObjectStore, StoredObject
from succotash.domain.value.order_import import START, Position, RejectedLine
from succotash.domain.value.orders import OrderRules
from succotash.errors import UNKNOWN_FIELD, InvalidInputError, MalformedRequestError, Violation
from succotash.http.orders import OrderItem
from succotash.http.reading import Parsed, adapter, check_plain, parse_json
from succotash.http.rejections import Rejections
from succotash.http.usual_orders import UsualObjects, UsualOrders, UsualRows

LINE_LIMIT = 16 * 1024
"""Bytes of the longest line that is read; a longer one is rejected without being kept."""
BLOCK_LINES = 50_000
BLOCK_BYTES = 16 * 1024 * 1024
CUSTOMERS_REMEMBERED = 50_000
"""A customer's orders repeat id and e-mail, and finding what they stand for is dear."""
VIOLATIONS_KEPT = 10
"""The most violations of one line, which could have hundreds of unknown fields."""
MARK = b"\xef\xbb\xbf"
"""The mark that some programs put before UTF-8."""
COLUMNS = tuple(OrderItem.model_fields)
REQUIRED = tuple(name for name, each in OrderItem.model_fields.items() if each.is_required())
NDJSON_SUFFIXES = (".ndjson", ".jsonl")

_TOO_LONG = Violation("", "line_too_long", f"Line exceeds {LINE_LIMIT} bytes")
_NOT_UTF8 = Violation("", "encoding", "Invalid UTF-8")
_WRONG_WIDTH = Violation("", "column_count", "Number of columns differs from the header")


class OrderFiles:
    """Opens files of orders; amounts without a currency are in the deployment's own."""

    def __init__(
        self, own_currency: str, name_customer: NameCustomer, block_lines: int = BLOCK_LINES
    ) -> None:
        self._own_currency = own_currency
        self._name_customer = name_customer
        self._block_lines = block_lines

    def __call__(
        self, store: ObjectStore, found: StoredObject, options: FileOptions | None = None
    ) -> OrderFile:
        """The file in this object; InvalidInputError where it has no line or a wrong header.

        It is NDJSON or CSV as its name says, or else its first character.
        """
        first = next(_lines(store.read(found)), None)
        if first is None:
            raise InvalidInputError.of("", "empty", "Empty file")
        line, length = first
        own_currency = self._own_currency
        if options is not None and options.currency is not None:
            own_currency = options.currency
        source = _Source(store, found, own_currency, self._name_customer, self._block_lines)
        if _is_ndjson(found.key.lower(), line or b""):
            return _NDJSONFile(source, START)
        columns = _header(line)
        return _CSVFile(source, Position(length, 1), columns)


def _is_ndjson(name: str, first_line: bytes) -> bool:
    if name.endswith(NDJSON_SUFFIXES):
        return True
    return not name.endswith(".csv") and first_line.removeprefix(MARK).lstrip().startswith(b"{")


@dataclass(frozen=True, slots=True)
class _Source:
    """A file's lines and the function that takes them."""

    store: ObjectStore
    found: StoredObject
    own_currency: str
    name_customer: NameCustomer
    block_lines: int


class _LineFile(OrderFile):
    """A file that is read line by line from a position on."""

    def __init__(self, source: _Source, start: Position) -> None:
        self._source = source
        self._start = start
        # A file has millions of lines: what every one of them needs is looked up once.
        self._validate = adapter(OrderItem).validator.validate_python
        self._name_customer = lru_cache(CUSTOMERS_REMEMBERED)(source.name_customer)
        self._usual = self._usual_orders()
        self._rejections = Rejections()

    @override
    def blocks(self, after: Position, rules: OrderRules) -> Iterator[Block]:
        source = self._source
        start = max(after, self._start, key=lambda position: position.offset)
        offset, line = start.offset, start.line
        block = Block()
        for content, length in _lines(source.store.read(source.found, offset)):
            offset += length
            line += 1
            if content is None:
                block.rejected.append(RejectedLine(line, (_TOO_LONG,)))
            elif content and not content.isspace():
                self._read(content.removeprefix(MARK) if line == 1 else content, line, rules, block)
            if len(block.lines) + len(block.rejected) == source.block_lines or (
                offset - start.offset >= BLOCK_BYTES
            ):
                block.end = start = Position(offset, line)
                yield block
                block = Block()
        if offset > start.offset:
            block.end = Position(offset, line)
            yield block

    def _read(self, content: bytes, line: int, rules: OrderRules, block: Block) -> None:
        """Add the order in a line to the block, or what is wrong with it, whatever that is."""
        try:
            text = content.decode()
            if self._usual.add(text, rules, block.orders):
                block.lines.append(line)
                return
            item: OrderItem = self._validate(self._fields(text))
            order = item.order(self._source.own_currency, self._name_customer)
            violation = rules.violation(order)
            if violation is None:
                block.orders.append(order)
                block.lines.append(line)
                return
            violations: Sequence[Violation] = [violation]
        except UnicodeDecodeError:
            violations = [_NOT_UTF8]
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this line's
            violations = self._rejections.because_of(error)
        named = tuple(map(_without_foreign_names, violations[:VIOLATIONS_KEPT]))
        block.rejected.append(RejectedLine(line, named))

    @abstractmethod
    def _usual_orders(self) -> UsualOrders:
        """The reader of lines of a kind that is quick to read."""

    @abstractmethod
    def _fields(self, text: str) -> Parsed:
        """Read the fields of a line; MalformedRequestError or InvalidInputError if one is wrong."""


class _NDJSONFile(_LineFile):
    @override
    def _usual_orders(self) -> UsualOrders:
        return UsualObjects(self._source.own_currency, self._name_customer)

    @override
    def _fields(self, text: str) -> Parsed:
        item = parse_json(text)
        check_plain(item)
        return item


class _CSVFile(_LineFile):
    def __init__(self, source: _Source, start: Position, columns: list[str]) -> None:
        self._columns = columns
        super().__init__(source, start)

    @override
    def _usual_orders(self) -> UsualOrders:
        return UsualRows(self._columns, self._source.own_currency, self._name_customer)

    @override
    def _fields(self, text: str) -> Parsed:
        cells = _cells(text)
        if len(cells) != len(self._columns):
            raise InvalidInputError([_WRONG_WIDTH])
        return {name: cell for name, cell in zip(self._columns, cells, strict=True) if cell}


def _header(line: bytes | None) -> list[str]:
    """The names in a CSV file's first line; InvalidInputError lists all that is wrong with them."""
    if line is None:
        raise InvalidInputError([_TOO_LONG])
    try:
        names = _cells(line.removeprefix(MARK).decode())
    except UnicodeDecodeError:
        raise InvalidInputError([_NOT_UTF8]) from None
    except MalformedRequestError as error:
        raise InvalidInputError.of("", "malformed", str(error)) from None
    violations = [
        Violation(name, "column_missing", f"Missing column: {name}")
        for name in REQUIRED
        if name not in names
    ]
    violations += [
        Violation(name, "column_repeated", f"Duplicate column: {name}")
        for name in COLUMNS
        if names.count(name) > 1
    ]
    violations += [
        Violation("", "column_unknown", f"Unknown column: number {place} of the header")
        for place, name in enumerate(names, 1)
        if name not in COLUMNS
    ]
    if violations:
        raise InvalidInputError(violations)
    return names


def _cells(text: str) -> list[str]:
    """The cells of one line of CSV (RFC 4180); MalformedRequestError for stray quotation marks."""
    text = text.removesuffix("\r")
    if '"' not in text:
        return text.split(",")
    try:
        return next(csv.reader([text], strict=True))
    except csv.Error:
        raise MalformedRequestError("unexpected quotation mark") from None


def _lines(parts: Iterable[bytes]) -> Iterator[tuple[bytes | None, int]]:
    """Each line without its end, None where it is too long, and its bytes with its end."""
    rest, passed_over = b"", 0
    for part in parts:
        *whole, rest = (rest + part).split(b"\n")
        for line in whole:
            is_short = not passed_over and len(line) <= LINE_LIMIT
            yield line if is_short else None, passed_over + len(line) + 1
            passed_over = 0
        if len(rest) > LINE_LIMIT:
            passed_over += len(rest)
            rest = b""
    if rest or passed_over:
        yield None if passed_over else rest, passed_over + len(rest)


def _without_foreign_names(violation: Violation) -> Violation:
    """A name that the file made up could be anybody's."""
    if violation.field in COLUMNS:
        return violation
    is_named = violation.code == UNKNOWN_FIELD
    return Violation("", violation.code, "Unknown field" if is_named else violation.message)
