"""The files that are known, each told by its header, and what reads their rows."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import NamedTuple

from succotash.domain.shops.orders import ShopOrder
from succotash.domain.values import Currency
from succotash.errors import InvalidInputError, Violation

PLAIN_COLUMNS = frozenset({"customer_id", "order_id", "ordered_at", "amount"})


@dataclass(frozen=True, slots=True)
class FileContext:
    """Facts that a file itself does not say."""

    zone: tzinfo
    """The zone of instants without an offset: the shop's, which is the deployment's."""
    now: datetime
    """The time of the import: refunds up to it are in the totals that the file tells."""
    currency: Currency | None = None
    """The currency of a file without a column for it."""
    decimal_sign: str = "."
    own_currency: Currency | None = None
    """The deployment's; orders in another one do not count."""


class UsualOrder(NamedTuple):
    """An order that counts, has no refunds, and names its customer by e-mail alone.

    Instants are ISO 8601 with an offset, the amount is decimal, as text.
    """

    name: str
    number: str | None
    told_at: str
    ordered_at: str
    amount: str
    email: str
    """In canonical form."""
    accepts_marketing: bool | None


class RowReader(ABC):
    """Reads the rows of one file; those of an order stand together, its first one tells it."""

    system: str
    """Whose orders they are."""

    @abstractmethod
    def key(self, cells: list[str]) -> str | None:
        """The key of the order that a row belongs to; None if the row names none."""

    @abstractmethod
    def order(self, cells: list[str]) -> ShopOrder:
        """The order that a row tells; InvalidInputError with the columns at fault."""

    def usual(self, _cells: list[str]) -> UsualOrder | None:
        """The order of a row that is quick to read, in the deployment's currency; else None."""
        return None

    def continues(self, _cells: list[str]) -> bool:
        """Whether a row only adds a line item to the order told before it."""
        return False

    def repeats(self, _first: list[str], _cells: list[str]) -> bool:
        """Whether a row with the same key tells the same order once more, for a line item."""
        return False

    def differs(self, _first: list[str], _cells: list[str]) -> Violation | None:
        """The field in which two rows of one order contradict each other, if any."""
        return None


class ShopFormat(ABC):
    """A kind of file: its columns, and a reader for its rows."""

    name: str
    """The name by which it is chosen."""
    title: str
    """The title that people know."""
    required: Sequence[str]
    """Columns without which nothing can be read."""
    known: Sequence[str]
    """All columns that are read; others may be there."""
    amounts: Sequence[str] = ()
    """The columns that show how the file writes amounts."""

    def missing(self, header: Sequence[str]) -> list[str]:
        """The required columns that the header lacks."""
        return [each for each in self.required if each not in header]

    @abstractmethod
    def reader(self, header: Sequence[str], context: FileContext) -> RowReader:
        """A reader for a file with this header; InvalidInputError where something is missing."""


@dataclass(frozen=True, slots=True)
class UnusableFormat:
    """A kind of file that is known, and of no use."""

    title: str
    signature: frozenset[str]
    """Columns by which it is told, in lower case."""
    advice: str


UNUSABLE = (
    UnusableFormat(
        "WooCommerce Analytics, Orders",
        frozenset({"order #", "customer type", "items sold"}),
        "It names no customer by e-mail. Export orders with the plug-in Advanced Order Export for "
        "WooCommerce or Order Export & Order Import (WebToffee).",
    ),
    UnusableFormat(
        "Stripe, balance history",
        frozenset({"source", "net", "available on (utc)", "transfer"}),
        "It names no customer. Export Payments instead.",
    ),
    UnusableFormat(
        "Stripe, itemised balance report",
        frozenset({"balance_transaction_id", "reporting_category"}),
        "Its rows are movements of money, not orders. Export Payments instead.",
    ),
)


def refuse_unusable(header: Sequence[str]) -> None:
    """InvalidInputError for a header of a file of no use, which says what to export instead."""
    lower = {each.lower() for each in header}
    for each in UNUSABLE:
        if each.signature <= lower:
            raise InvalidInputError.of("", "unusable_format", f"{each.title}: {each.advice}")


def in_usual_spelling(header: Sequence[str], formats: Sequence[ShopFormat]) -> Sequence[str]:
    """The header as the format spells it whose columns it has in other capitals, if any."""
    if not all(each.missing(header) for each in formats):
        return header
    for each in formats:
        usual = {name.lower(): name for name in each.known}
        spelled = [usual.get(name.lower(), name) for name in header]
        if not each.missing(spelled):
            return spelled
    return header


def looks_plain(header: Sequence[str], formats: Sequence[ShopFormat]) -> bool:
    """Whether the header has as many of the plain columns as of any shop's."""
    shared = len(PLAIN_COLUMNS.intersection(map(str.lower, header))) / len(PLAIN_COLUMNS)
    return shared >= max(_nearness(each, header) for each in formats)


def recognised(
    header: Sequence[str], formats: Sequence[ShopFormat], chosen: str | None = None
) -> ShopFormat:
    """The format of a file with this header, among those of the chosen name where one is.

    InvalidInputError says which format is nearest, which of its columns are missing, and which
    are known.
    """
    candidates = [each for each in formats if chosen is None or each.name == chosen]
    fitting = [each for each in candidates if not each.missing(header)]
    if fitting:
        found = max(fitting, key=lambda each: len(each.required))
        _require_single(header, found)
        return found
    nearest = max(candidates, key=lambda each: _nearness(each, header))
    raise InvalidInputError(
        [
            Violation(
                "",
                "unknown_header",
                f"Unknown header; the nearest format is {nearest.title} ({nearest.name}), "
                f"whose columns are {', '.join(nearest.known)}",
            ),
            *(
                Violation(each, "column_missing", f"Missing column: {each}")
                for each in nearest.missing(header)
            ),
        ]
    )


def _require_single(header: Sequence[str], found: ShopFormat) -> None:
    repeated = [each for each in found.known if header.count(each) > 1]
    if repeated:
        raise InvalidInputError(
            [Violation(each, "column_repeated", f"Duplicate column: {each}") for each in repeated]
        )


def _nearness(each: ShopFormat, header: Sequence[str]) -> float:
    return 1 - len(each.missing(header)) / len(each.required)
