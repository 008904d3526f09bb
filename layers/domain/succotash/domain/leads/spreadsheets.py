"""Tables as CSV that a spreadsheet can open without running what somebody wrote into a form.

The rule: a text whose first character that is seen is = + - @, in whatever width, or which begins
with a tab, a line break or an apostrophe, gets an apostrophe in front. So no text is a formula
(OWASP, CSV Injection), and taking one leading apostrophe away gives back what was there. Every cell
is quoted, so that no separator within a text begins a cell; numbers stay as they are.
"""

import json
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from succotash.domain.values import Json, instant_text

FORMULA_STARTS = frozenset("=+-@\u2212")
"""And whatever is compatible with one of them (NFKC): full-width and small forms."""
LINE_STARTS = frozenset("\t\r\n")
MARK = "'"
UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
"""Unicode's categories of what a spreadsheet may pass over: controls, formats, separators."""

type Cell = Json | datetime | Decimal


def harmless(text: str) -> str:
    """The text, with an apostrophe in front where it would be a formula, or has one already."""
    first = text[:1]
    if first.isalnum():  # as nearly every text begins
        return text
    if first == MARK or first in LINE_STARTS:
        return MARK + text
    seen = next((each for each in text if unicodedata.category(each) not in UNSEEN), "")
    is_formula = not FORMULA_STARTS.isdisjoint(unicodedata.normalize("NFKC", seen)[:1])
    return MARK + text if is_formula else text


def cell_text(value: Cell) -> str:
    """The text of a cell: instants in ISO 8601 (UTC), lists and objects as JSON."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case Decimal():
            return f"{value:f}"
        case datetime():
            return instant_text(value)
        case str():
            return harmless(value)
        case _:
            return harmless(json.dumps(value, ensure_ascii=False))


def csv_row(cells: Iterable[Cell]) -> str:
    """A line of CSV as RFC 4180 has it."""
    quoted = (cell_text(each).replace('"', '""') for each in cells)
    return ",".join(f'"{each}"' for each in quoted) + "\r\n"
