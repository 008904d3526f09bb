"""The orders that most of a Shopify export consists of: paid, by somebody with an e-mail, as usual.

Reading such a row cell by cell always ends well, and takes several times as long. Every row that
looks different is left to that, however valid it is.
"""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from re import Pattern

from succotash.application.shops.files.cells import email
from succotash.application.shops.files.formats import FileContext, UsualOrder
from succotash.errors import InvalidInputError

_INSTANT = r"20\d\d-[01]\d-[0-3]\d (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d [+-](?:0\d|1[0-4])[0-5]\d"
_DAY, _OFFSET = slice(10), slice(19, None)
_CERTAINLY_PAST = timedelta(days=2)
"""The day of an instant and its day in UTC differ by one at most."""
DAYS_REMEMBERED = 10_000
_YES_NO = {"yes": True, "no": False, "": None}


class UsualShopifyOrders:
    """Reads usual rows, of which the cells are given in the order of the pattern."""

    def __init__(self, context: FileContext) -> None:
        self._match = _pattern(context).fullmatch
        last = context.now.date() - _CERTAINLY_PAST

        @lru_cache(DAYS_REMEMBERED)
        def is_past(day: str) -> bool:
            try:
                return date.fromisoformat(day) <= last
            except ValueError:
                return False

        self._is_past = is_past

    def read(self, cells: Sequence[str]) -> UsualOrder | None:
        """The order in these cells; None where they are none of the usual ones."""
        if self._match("\n".join(cells)) is None:
            return None
        name, address_text, _, _, total, created, paid, fulfilled = cells[:8]
        told_at = created
        if not self._is_past(created[_DAY]):
            return None
        for text in (paid, fulfilled):
            if text and text != created:
                if text[_OFFSET] != created[_OFFSET] or not self._is_past(text[_DAY]):
                    return None
                # Of two texts with one offset the later one is the greater one.
                told_at = max(told_at, text)
        try:
            address = email("Email", address_text)
        except InvalidInputError:
            return None
        if address is None:
            return None
        return UsualOrder(
            name, cells[13] or None, told_at, created, total, address, _YES_NO[cells[10]]
        )


def _pattern(context: FileContext) -> Pattern[str]:
    """The pattern of the cells, each on a line of its own; no cell holds the end of a line."""
    nothing = "(?!)"
    own_currency = nothing if context.own_currency is None else re.escape(context.own_currency)
    currency = own_currency if context.decimal_sign == "." else nothing
    return re.compile(
        "\n".join(
            (
                r"(?:[A-Za-z#][\w-]{0,40}|\d{1,40})",  # Name; no number of a spreadsheet's
                r"[^\n]+",  # Email
                r"(?:paid|partially_refunded)",  # Financial Status
                currency,  # Currency
                r"(?=[^\n]*[1-9])\d{1,9}(?:\.\d{1,4})?",  # Total, and not free
                _INSTANT,  # Created at
                rf"(?:{_INSTANT})?",  # Paid at
                rf"(?:{_INSTANT})?",  # Fulfilled at
                "",  # Cancelled at
                "",  # Canceled at
                r"(?:yes|no|)",  # Accepts Marketing
                r"(?![^\n]*(?i:bogus))[^\n]*",  # Payment Method
                r"(?:0(?:\.0{1,4})?)?",  # Refunded Amount
                r"\d{0,40}",  # Id
            )
        ),
        re.ASCII,
    )
