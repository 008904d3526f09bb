"""Files of separated values as spreadsheets and shops write them, read row by row.

A quoted cell may hold the end of a line. What is wrong with a row costs no other: a quotation mark
that is never closed spoils its own line, and reading goes on with the next one.
"""

import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain

from succotash.domain.value.order_import import START, Position
from succotash.errors import InvalidInputError, Violation

ROW_LIMIT = 256 * 1024
"""Bytes of the longest row that is read: nothing longer is an order."""
PIECE = 4 * 1024 * 1024
"""Bytes that are read at a time."""
COLUMN_LIMIT = 2_000
MARK = b"\xef\xbb\xbf"
"""The mark that some programs put before UTF-8."""
DELIMITERS = (",", ";", "\t")

_TOO_LONG = Violation("", "row_too_long", f"Row exceeds {ROW_LIMIT} bytes")
_NOT_UTF8 = Violation("", "encoding", "Invalid UTF-8; save the file as CSV UTF-8")
_UTF16 = Violation("", "encoding", "UTF-16 is not supported; save the file as CSV UTF-8")
_WORKBOOK = Violation("", "encoding", "Workbooks are not supported; save the file as CSV UTF-8")
_JSON_LIST = Violation("", "json_list", "JSON must be NDJSON: one object on each line")
_NO_TEXT = Violation("", "encoding", "Not a text file; save it as CSV UTF-8")
_LINE_ENDS = Violation("", "line_ends", "Lines must end with LF; save the file as CSV UTF-8")
_MALFORMED = Violation("", "malformed", "Unexpected or missing quotation mark")

type Row = tuple[int, list[str] | Violation]
"""The number of its first line, and its cells or what is wrong with it."""


class Rows:
    """The rows of a file from a position on, which begins a row; blank lines are none.

    A file without a fault is parsed by pieces, each of them whole rows: one that ends between an
    even number of quotation marks. From the first fault on it is parsed line by line.
    """

    def __init__(self, parts: Iterable[bytes], delimiter: str, start: Position = START) -> None:
        self._parts = iter(parts)
        self._delimiter = delimiter
        self._piece, self._rest, self._begin = b"", b"", start
        self._line = start.line + 1
        self._lines: _Lines | None = None

    def __iter__(self) -> Iterator[Row]:
        while (piece := self._next_piece()) and self._lines is None:
            self._piece = piece
            yield from self._whole(piece)
            if self._lines is None:
                newlines = piece.count(b"\n") + (not piece.endswith(b"\n"))
                begin = self._begin
                self._begin = Position(begin.offset + len(piece), begin.line + newlines)
                self._line, self._piece = self._begin.line + 1, b""
        if self._lines is not None:
            yield from self._by_line(self._lines)

    @property
    def row_begin(self) -> Position:
        """The position of the row that was read last; at the end of the file, that of its end."""
        if self._lines is not None:
            return self._lines.row_begin
        at = 0
        for _ in range(self._line - 1 - self._begin.line):
            at = self._piece.index(b"\n", at) + 1
        return Position(self._begin.offset + at, self._line - 1)

    def _next_piece(self) -> bytes:
        """Whole rows, or nothing at the end, or where rows cannot be told from their quotes."""
        rest, self._rest = self._rest, b""
        while len(rest) < PIECE and (part := next(self._parts, b"")):
            rest += part
        if len(rest) < PIECE:
            return rest
        end = rest.rfind(b"\n") + 1
        is_odd = rest.count(b'"', 0, end) % 2
        while is_odd and end:
            begin = rest.rfind(b"\n", 0, end - 1) + 1
            is_odd ^= rest.count(b'"', begin, end) % 2
            end = begin
        if not end:
            self._go_by_line(rest, self._begin)
            return b""
        self._rest = rest[end:]
        return rest[:end]

    def _whole(self, piece: bytes) -> Iterator[Row]:
        first = base = self._begin.line
        try:
            text = (piece if self._begin.offset else piece.removeprefix(MARK)).decode()
            reader = csv.reader(
                io.StringIO(text, newline="\n"), delimiter=self._delimiter, strict=True
            )
            for cells in reader:
                if cells:
                    self._line = first + 1
                    yield first + 1, cells
                first = base + reader.line_num
        except (csv.Error, UnicodeDecodeError):
            self._line = first + 1
            begin = self.row_begin
            self._go_by_line(piece[begin.offset - self._begin.offset :] + self._rest, begin)

    def _go_by_line(self, rest: bytes, begin: Position) -> None:
        self._lines = _Lines(chain([rest], self._parts), begin)

    def _by_line(self, lines: "_Lines") -> Iterator[Row]:
        while True:
            reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
            try:
                for cells in reader:
                    lines.end_row()
                    if cells:
                        yield lines.row_begin.line + 1, cells
            except (csv.Error, _TooLongError, UnicodeDecodeError) as error:
                lines.give_up_row()
                yield lines.row_begin.line + 1, _reason(error)
            else:
                lines.row_begin = lines.position
                return


class _TooLongError(Exception):
    """A row that is not read."""


class _Lines:
    """The lines of a file as text, and what they are for: rows, which may be given up."""

    def __init__(self, parts: Iterable[bytes], start: Position) -> None:
        self._source = _split(parts)
        self._waiting: deque[bytes | int] = deque()
        self._taken: list[bytes | int] = []
        self._bytes = 0
        self.position = self.row_begin = start

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._waiting.popleft() if self._waiting else next(self._source)
        self._taken.append(line)
        if isinstance(line, int):
            raise _TooLongError
        self._bytes += len(line)
        if self._bytes > ROW_LIMIT:
            raise _TooLongError
        if not self.position.offset and len(self._taken) == 1:
            line = line.removeprefix(MARK)
        return line.decode()

    def end_row(self) -> None:
        """Take note that the lines since the last row are one."""
        begin = self.row_begin = self.position
        length = sum(map(_length, self._taken))
        self.position = Position(begin.offset + length, begin.line + len(self._taken))
        self._taken.clear()
        self._bytes = 0

    def give_up_row(self) -> None:
        """Count the first line since the last row as a row, and give the others again."""
        first, *others = self._taken
        self._waiting.extendleft(reversed(others))
        self._taken = [first]
        self.end_row()


class TextLines:
    """The lines of a file from a position on, blank ones apart, told as rows are."""

    def __init__(self, parts: Iterable[bytes], start: Position = START) -> None:
        self._lines = _Lines(parts, start)

    @property
    def row_begin(self) -> Position:
        """The position of the line that was read last; at the end of the file, that of its end."""
        return self._lines.row_begin

    def __iter__(self) -> Iterator[tuple[int, str | Violation]]:
        lines = self._lines
        while True:
            text: str | Violation
            try:
                text = next(lines).strip()
            except StopIteration:
                lines.row_begin = lines.position
                return
            except (_TooLongError, UnicodeDecodeError) as error:
                text = _reason(error)
            lines.end_row()
            if text:
                yield lines.position.line, text


def header_of(parts: Iterable[bytes]) -> tuple[str, list[str], Position]:
    """Find the separator of the first row's cells, the cells, and the position behind it.

    Of several separators the one that makes most cells is meant. InvalidInputError where there is
    no such row.
    """
    head = b""
    for part in parts:
        head += part
        if len(head) > ROW_LIMIT:
            break
    if not head.strip():
        raise InvalidInputError.of("", "empty", "Empty file")
    if (violation := _other_than_text(head)) is not None:
        raise InvalidInputError([violation])
    found = [(each, *_first(head, each)) for each in DELIMITERS]
    delimiter, cells, end = max(found, key=_width)
    if isinstance(cells, Violation):
        raise InvalidInputError([cells])
    if len(cells) > COLUMN_LIMIT:
        raise InvalidInputError.of("", "too_many_columns", f"More than {COLUMN_LIMIT} columns")
    return delimiter, [each.strip() for each in cells], end


def _other_than_text(head: bytes) -> Violation | None:
    """The reason why a file is not text in UTF-8, as far as its first bytes tell."""
    if head.startswith(b"PK\x03\x04"):
        return _WORKBOOK
    # Without a mark, every second byte of Latin letters is NUL.
    is_every_second = head[:2].count(0) == head[2:4].count(0) == 1
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or is_every_second:
        return _UTF16
    if head.removeprefix(MARK).lstrip().startswith((b"[{", b"[\n", b"[\r")):
        return _JSON_LIST
    return _NO_TEXT if b"\0" in head[:200] else None


def _width(found: tuple[str, list[str] | Violation, Position]) -> int:
    cells = found[1]
    return 0 if isinstance(cells, Violation) else len(cells)


def _first(head: bytes, delimiter: str) -> tuple[list[str] | Violation, Position]:
    """The first row, told line by line: what stands behind it may be cut off."""
    lines = _Lines([head], START)
    try:
        for cells in csv.reader(lines, delimiter=delimiter, strict=True):
            lines.end_row()
            if cells:
                return cells, lines.position
    except (csv.Error, _TooLongError, UnicodeDecodeError) as error:
        return _reason(error), START
    return Violation("", "empty", "Empty file"), START


def _split(parts: Iterable[bytes]) -> Iterator[bytes | int]:
    """Each line with its end, or its length where it is too long to be kept."""
    rest, passed_over = b"", 0
    for part in parts:
        *whole, rest = (rest + part).split(b"\n")
        for line in whole:
            is_kept = not passed_over and len(line) < ROW_LIMIT
            yield line + b"\n" if is_kept else passed_over + len(line) + 1
            passed_over = 0
        if len(rest) > ROW_LIMIT:
            passed_over += len(rest)
            rest = b""
    if rest or passed_over:
        yield rest if not passed_over else passed_over + len(rest)


def _length(line: bytes | int) -> int:
    return line if isinstance(line, int) else len(line)


def _reason(error: Exception) -> Violation:
    if isinstance(error, UnicodeDecodeError):
        return _NOT_UTF8
    if "new-line character" in str(error):
        return _LINE_ENDS
    is_long = isinstance(error, _TooLongError) or "field limit" in str(error)
    return _TOO_LONG if is_long else _MALFORMED
