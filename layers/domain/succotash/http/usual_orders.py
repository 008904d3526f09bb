"""The lines that most CSV files of orders consist of: purchases, written in the plainest way.

Reading such a line as `OrderItem` and judging the order by `OrderRules` always ends well, and takes
several times as long. Every line that looks different is left to these, however valid it is.
"""

import re
from collections.abc import Sequence
from datetime import datetime

from succotash.domain.people.email_addresses import EMAIL_LIMIT
from succotash.domain.people.identities import NameCustomer
from succotash.domain.value.orders import OrderColumns, OrderRules
from succotash.domain.values import AMOUNT_LIMIT, ID_LIMIT, MONEY_PLACES

_VISIBLE = r"[!#-+\--~]"
"""ASCII without blanks, commas and quotation marks."""
_READ = ("customer_id", "order_id", "ordered_at", "amount", "email")
_PATTERNS = {
    "customer_id": rf"{_VISIBLE}{{1,{ID_LIMIT}}}",
    "order_id": rf"{_VISIBLE}{{1,{ID_LIMIT}}}",
    "ordered_at": r"20\d\d-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\dZ",
    "amount": rf"\d{{1,{AMOUNT_LIMIT.adjusted()}}}(?:\.\d{{1,{MONEY_PLACES}}})?",
    "email": rf"{_VISIBLE}{{0,{EMAIL_LIMIT}}}",
    "refund_of": "",
}


class UsualOrders:
    """Reads usual lines of a file with these columns."""

    def __init__(
        self, columns: Sequence[str], own_currency: str, name_customer: NameCustomer
    ) -> None:
        self._currency = own_currency
        self._name_customer = name_customer
        patterns = _PATTERNS | {"currency": f"(?:{re.escape(own_currency)})?"}
        cells = ",".join(f"(?P<{name}>{patterns[name]})" for name in columns)
        # A column that is not there is as good as an empty one.
        lacking = "".join(f"(?P<{name}>)" for name in _READ if name not in columns)
        self._match = re.compile(cells + lacking, re.ASCII).fullmatch

    def add(self, line: str, rules: OrderRules, orders: OrderColumns) -> bool:
        """Add the order in a line, or tell by False that the line is none of the usual ones.

        InvalidInputError for an impossible e-mail.
        """
        found = self._match(line)
        if found is None or rules.currency != self._currency:
            return False
        customer_id, order_id, ordered_at, amount, email = found.group(*_READ)
        try:
            is_past = datetime.fromisoformat(ordered_at) <= rules.latest
        except ValueError:
            return False
        if not is_past:
            return False
        whole, _, places = amount.partition(".")
        orders.append_purchase(
            self._name_customer(customer_id, email or None),
            order_id,
            f"{ordered_at.removesuffix('Z')}+00:00",
            int(whole + places.ljust(MONEY_PLACES, "0")),
            self._currency,
        )
        return True
