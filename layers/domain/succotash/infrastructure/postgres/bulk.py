"""Columns to and from the text format of COPY."""

import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import batched, compress, repeat
from typing import cast

from succotash.domain.values import LARGEST_UNITS
from succotash.errors import StorageError

CHUNK = 20_000
"""Rows handed to the driver at once; with each, a thread that computes may get its turn."""
LOOKED_AT = 1000
"""Texts looked at together for what must be escaped."""
NULL = r"\N"
_DIGITS_OF_64_BITS = len(str(LARGEST_UNITS))

_NEEDS_ESCAPE = re.compile(r"[\\\t\n\r]").search
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
_UNESCAPED = {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f", "v": "\v"}


def texts(values: Iterable[str]) -> Sequence[str]:
    """A column of any text."""
    column = [*values]
    # Hardly a column holds anything to escape, and looking at many texts at once is quick.
    if any(_NEEDS_ESCAPE("".join(some)) for some in batched(column, LOOKED_AT, strict=False)):
        return [_escaped(value) for value in column]
    return column


def optional_texts(values: Sequence[str | None]) -> Iterable[str]:
    """A column of any text where some is missing."""
    missing = values.count(None)
    if missing == len(values):
        return repeat(NULL, len(values))
    if not missing:
        return texts(cast("Sequence[str]", values))
    return (NULL if value is None else _escaped(value) for value in values)


def numbers(values: Iterable[float]) -> Iterator[str]:
    """A column of numbers."""
    return map(str, values)


def amounts(units: Iterable[int]) -> Iterator[str]:
    """A column of money given in ten-thousandths."""
    return (f"{value}e-4" for value in units)


def optional_amounts(units: Iterable[int | None]) -> Iterator[str]:
    """A column of money given in ten-thousandths, where some is missing."""
    return (NULL if value is None else f"{value}e-4" for value in units)


def optional[T](values: Iterable[T | None]) -> Iterator[str]:
    """A column of numbers, dates or instants, where some are missing."""
    return (NULL if value is None else str(value) for value in values)


def lines(constants: Sequence[str], columns: Sequence[Iterable[str]]) -> list[bytes]:
    """The rows in chunks, each led by the constants; ValueError where columns differ in length.

    Everything is encoded before any of it is sent: a source that fails midway would cost the
    connection.
    """
    head = "".join(f"{constant}\t" for constant in texts(constants))
    rows = map("\t".join, zip(*columns, strict=True))
    return [
        f"{head}{f'\n{head}'.join(some)}\n".encode() for some in batched(rows, CHUNK, strict=False)
    ]


def columns_of(data: bytes, width: int) -> list[tuple[str, ...]]:
    """The columns of what COPY gave; text in them is still escaped."""
    if not data:
        return [()] * width
    return list(zip(*(line.split("\t") for line in data.decode().split("\n")[:-1]), strict=True))


def whole(values: Iterable[str]) -> array[int]:
    """A column of whole numbers; StorageError for one beyond 64 bits."""
    try:
        return array("q", map(int, values))
    except OverflowError:
        raise StorageError("a total exceeds 64 bits") from None


def countable(
    columns: Sequence[Sequence[str]], *, amounts: Sequence[Sequence[str]]
) -> tuple[list[tuple[str, ...]], list[str]]:
    """The rows of which 64 bits hold every amount, and the first column of the others."""
    # Looking at lengths is quick, and nearly always enough.
    if all(len(each) < _DIGITS_OF_64_BITS for column in amounts for each in column):
        return [tuple(column) for column in columns], []
    fits = [
        all(abs(int(each)) <= LARGEST_UNITS for each in row) for row in zip(*amounts, strict=True)
    ]
    return (
        [tuple(compress(column, fits)) for column in columns],
        list(compress(columns[0], (not each for each in fits))),
    )


def unescaped(values: Iterable[str]) -> list[str]:
    """A column of text as it was."""
    return [_unescaped(value) if "\\" in value else value for value in values]


def unescaped_or_none(values: Iterable[str]) -> list[str | None]:
    """A column of text where some are missing."""
    return [None if value == NULL else _unescaped(value) for value in values]


def _unescaped(text: str) -> str:
    first, *rest = text.split("\\")
    parts = [first]
    pieces = iter(rest)
    for piece in pieces:
        if piece:
            parts.append(_UNESCAPED.get(piece[0], piece[0]) + piece[1:])
        else:
            parts.append("\\" + next(pieces, ""))
    return "".join(parts)


def _escaped(text: str) -> str:
    # Most text is plain, and looking is five times as quick as translating.
    return text.translate(_ESCAPES) if _NEEDS_ESCAPE(text) else text
