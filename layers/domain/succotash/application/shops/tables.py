"""Files of separated values as spreadsheets and shops write them, read row by row.

A quoted cell may hold the end of a line. Each row is told with its first line and the position
behind it, from where reading can go on. What is wrong with a row costs no other: a quotation mark
that is never closed spoils its own line, and reading goes on with the next one.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator

from succotash.domain.value.order_import import START, Position
from succotash.errors import InvalidInputError, Violation

ROW_LIMIT = 256 * 1024
"""Bytes of the longest row that is read: nothing longer is an order."""
COLUMN_LIMIT = 2_000
MARK = b"\xef\xbb\xbf"
"""What some programs put before UTF-8."""
DELIMITERS = (",", ";", "\t")

_TOO_LONG = Violation("", "row_too_long", f"Row exceeds {ROW_LIMIT} bytes")
_NOT_UTF8 = Violation("", "encoding", "Invalid UTF-8; save the file as CSV UTF-8")
_UTF16 = Violation("", "encoding", "UTF-16 is not supported; save the file as CSV UTF-8")
_MALFORMED = Violation("", "malformed", "Unexpected or missing quotation mark")

type Row = tuple[int, list[str] | Violation, Position]
"""Its first line, its cells or what is wrong with it, and the position behind it."""


class _TooLongError(Exception):
    """A row that is not read."""


class _Lines:
    """The lines of a file as text, and what they are for: rows, which may be given up."""

    def __init__(self, parts: Iterable[bytes], start: Position) -> None:
        self._source = _split(parts)
        self._waiting: deque[bytes | int] = deque()
        self._taken: list[bytes | int] = []
        self._bytes = 0
        self.position = start

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
        position = self.position
        length = self._bytes or sum(map(_length, self._taken))
        self.position = Position(position.offset + length, position.line + len(self._taken))
        self._taken.clear()
        self._bytes = 0

    def give_up_row(self) -> None:
        """Count the first line since the last row as a row, and give the others again."""
        first, *others = self._taken
        self._waiting.extendleft(reversed(others))
        self._taken = [first]
        self._bytes = 0
        self.end_row()


def rows(parts: Iterable[bytes], delimiter: str, start: Position = START) -> Iterator[Row]:
    """The rows of a file from a position on; blank lines are none."""
    lines = _Lines(parts, start)
    while True:
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        try:
            for cells in reader:
                first = lines.position.line + 1
                lines.end_row()
                if cells:
                    yield first, cells, lines.position
        except (csv.Error, _TooLongError, UnicodeDecodeError) as error:
            first = lines.position.line + 1
            lines.give_up_row()
            yield first, _reason(error), lines.position
        else:
            return


def lines_of(
    parts: Iterable[bytes], start: Position = START
) -> Iterator[tuple[int, str | Violation, Position]]:
    """The lines of a file from a position on, told as rows are; blank ones are none."""
    lines = _Lines(parts, start)
    while True:
        text: str | Violation
        try:
            text = next(lines).strip()
        except StopIteration:
            return
        except (_TooLongError, UnicodeDecodeError) as error:
            text = _reason(error)
        lines.end_row()
        if text:
            yield lines.position.line, text, lines.position


def header_of(parts: Iterable[bytes]) -> tuple[str, list[str], Position]:
    """How the first row's cells are separated, the cells, and the position behind it.

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
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in head[:200]:
        raise InvalidInputError([_UTF16])
    found = [(each, *_first(head, each)) for each in DELIMITERS]
    delimiter, cells, end = max(found, key=_width)
    if isinstance(cells, Violation):
        raise InvalidInputError([cells])
    if len(cells) > COLUMN_LIMIT:
        raise InvalidInputError.of("", "too_many_columns", f"More than {COLUMN_LIMIT} columns")
    return delimiter, [each.strip() for each in cells], end


def _width(found: tuple[str, list[str] | Violation, Position]) -> int:
    cells = found[1]
    return 0 if isinstance(cells, Violation) else len(cells)


def _first(head: bytes, delimiter: str) -> tuple[list[str] | Violation, Position]:
    for _, cells, end in rows([head], delimiter):
        return cells, end
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
    return _TOO_LONG if isinstance(error, _TooLongError) else _MALFORMED
