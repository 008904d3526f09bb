"""The lines that most plain files of orders consist of: purchases, written in the plainest way.

Reading such a line as `OrderItem` and judging the order by `OrderRules` always ends well, and takes
several times as long. Every line that looks different is left to these, however valid it is.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import override

from succotash.domain.people.email_addresses import EMAIL_LIMIT
from succotash.domain.people.identities import NameCustomer
from succotash.domain.value.orders import OrderColumns, OrderRules
from succotash.domain.values import AMOUNT_LIMIT, ID_LIMIT, MONEY_PLACES

_INSTANT = (
    r"20\d\d-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)"
)
_DIGITS = AMOUNT_LIMIT.adjusted()
_PLACES = rf"(?:\.\d{{1,{MONEY_PLACES}}})?"
_READ = ("customer_id", "order_id", "ordered_at", "amount", "email")
LAYOUTS_REMEMBERED = 64

type Found = Sequence[str | None]
"""The values of the names in _READ; nothing for one that is empty or left out."""


class UsualOrders(ABC):
    """Reads usual lines of a file."""

    def __init__(self, own_currency: str, name_customer: NameCustomer) -> None:
        self._currency = own_currency
        self._name_customer = name_customer

    @abstractmethod
    def _find(self, line: str) -> Found | None:
        """The values in a usual line; None for any other line."""

    def add(self, line: str, rules: OrderRules, orders: OrderColumns) -> bool:
        """Add the order in a line, or tell by False that the line is none of the usual ones.

        InvalidInputError for an impossible e-mail.
        """
        found = self._find(line)
        if found is None or rules.currency != self._currency:
            return False
        customer_id, order_id, ordered_at, amount, email = found
        if customer_id is None or order_id is None or ordered_at is None or amount is None:
            return False
        try:
            instant = datetime.fromisoformat(ordered_at)
        except ValueError:
            return False
        if instant > rules.latest:
            return False
        whole, _, places = amount.partition(".")
        orders.append_purchase(
            self._name_customer(customer_id, email or None),
            order_id,
            _in_utc(ordered_at, instant),
            int(whole + places.ljust(MONEY_PLACES, "0")),
            self._currency,
        )
        return True


def _in_utc(text: str, instant: datetime) -> str:
    if len(text) == len("2026-01-31T09:30:00Z"):
        return f"{text[:-1]}+00:00"
    return instant.astimezone(UTC).isoformat()


class UsualRows(UsualOrders):
    """Reads lines of a CSV file with these columns."""

    def __init__(
        self, columns: Sequence[str], own_currency: str, name_customer: NameCustomer
    ) -> None:
        super().__init__(own_currency, name_customer)
        visible = r"[!#-+\--~]"  # ASCII without blanks, commas and quotation marks
        patterns = {
            "customer_id": rf"{visible}{{1,{ID_LIMIT}}}",
            "order_id": rf"{visible}{{1,{ID_LIMIT}}}",
            "ordered_at": _INSTANT,
            "amount": rf"\d{{1,{_DIGITS}}}{_PLACES}",
            "email": rf"{visible}{{0,{EMAIL_LIMIT}}}",
            "refund_of": "",
            "currency": f"(?:{re.escape(own_currency)})?",
        }
        cells = ",".join(f"(?P<{name}>{patterns[name]})" for name in columns)
        # A column that is not there is as good as an empty one.
        lacking = "".join(f"(?P<{name}>)" for name in _READ if name not in columns)
        self._match = re.compile(cells + lacking, re.ASCII).fullmatch

    @override
    def _find(self, line: str) -> Found | None:
        found = self._match(line)
        return None if found is None else found.group(*_READ)


class UsualObjects(UsualOrders):
    """Reads lines of JSON, one object each, which mostly name the same fields in the same order."""

    def __init__(self, own_currency: str, name_customer: NameCustomer) -> None:
        super().__init__(own_currency, name_customer)
        visible = r"[ !#-\[\]-~]"  # ASCII without quotation marks and backslashes
        values = {
            "customer_id": rf'"(?P<customer_id>{visible}{{1,{ID_LIMIT}}})"',
            "order_id": rf'"(?P<order_id>{visible}{{1,{ID_LIMIT}}})"',
            "ordered_at": rf'"(?P<ordered_at>{_INSTANT})"',
            "amount": r'(?P<quoted>")?'
            rf"(?P<amount>(?(quoted)\d{{1,{_DIGITS}}}|(?:0|[1-9]\d{{0,{_DIGITS - 1}}})){_PLACES})"
            r'(?(quoted)")',
            "email": rf'(?:null|"(?P<email>{visible}{{1,{EMAIL_LIMIT}}})")',
            "refund_of": "null",
            "currency": f'(?:null|"{re.escape(own_currency)}")',
        }
        self._pattern = lru_cache(LAYOUTS_REMEMBERED)(lambda names: _of_layout(names, values))
        self._match = re.compile("(?!)").fullmatch

    @override
    def _find(self, line: str) -> Found | None:
        found = self._match(line)
        if found is None:
            match = self._pattern(tuple(_NAMES(line))).fullmatch
            if match == self._match or (found := match(line)) is None:
                return None
            self._match = match
        return found.group(*_READ)


_NAMES = re.compile(r'"(\w+)"[ \t]*:', re.ASCII).findall


def _of_layout(names: Sequence[str], values: Mapping[str, str]) -> re.Pattern[str]:
    """The pattern of an object with these fields in this order."""
    blank = r"[ \t\r]*"
    if len(set(names)) < len(names) or not values.keys() >= set(names):
        return re.compile("(?!)")
    fields = f"{blank},{blank}".join(f'"{each}"{blank}:{blank}{values[each]}' for each in names)
    lacking = "".join(f"(?:(?!)(?P<{each}>))?" for each in _READ if each not in names)
    return re.compile(rf"{blank}\{{{blank}{fields}{blank}\}}{blank}{lacking}", re.ASCII)
