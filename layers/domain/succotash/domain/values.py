"""Values that everything else is made of: money, instants, identities, pages."""

import secrets
import threading
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NewType, Protocol, Self
from uuid import UUID

from succotash.errors import CurrencyMismatchError, InvalidInputError, Violation

type Json = str | int | float | bool | list[Json] | dict[str, Json] | None

Currency = NewType("Currency", str)
FormId = NewType("FormId", str)
SubmissionId = NewType("SubmissionId", str)
LeadId = NewType("LeadId", str)
RuleId = NewType("RuleId", str)
CustomerId = NewType("CustomerId", str)
OrderId = NewType("OrderId", str)
EventId = NewType("EventId", str)
CampaignId = NewType("CampaignId", str)
CohortId = NewType("CohortId", str)
SegmentId = NewType("SegmentId", str)
RunId = NewType("RunId", str)
MessageId = NewType("MessageId", str)

MONEY_PLACES = 4
MONEY_UNIT = Decimal(10) ** -MONEY_PLACES
"""The smallest amount kept: one ten-thousandth, as in numeric(19,4)."""
AMOUNT_LIMIT = Decimal(10) ** 12
"""Single amounts stay below this: then the ten-thousandths of hundreds of them fit into 64 bits."""
LARGEST_UNITS = 2**63 - 1
"""The most ten-thousandths, of either sign, that one customer's total may come to: 64 bits."""
TOTAL_LIMIT = Decimal(LARGEST_UNITS + 1).scaleb(-MONEY_PLACES)
"""No total of one customer is as large."""
USUAL_MINOR_UNITS = 2
MINOR_UNITS: Mapping[str, int] = {
    code: places
    for places, codes in {
        0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
        3: "BHD IQD JOD KWD LYD OMR TND",
        4: "CLF UYW",
    }.items()
    for code in codes.split()
}
"""Decimal places of the currencies that have other than two (ISO 4217, list one)."""
ID_LIMIT = 200
"""The most characters in an id that comes from outside."""


def is_printable(text: str) -> bool:
    """Whether a text is free of control characters and halves of surrogate pairs."""
    # Nearly every text is printable in Python's narrower sense too, which is quick to find out.
    return text.isprintable() or not any(
        unicodedata.category(each) in ("Cc", "Cs") for each in text
    )


RANDOM_BITS = 74
"""In a UUID version 7, besides its 48 bits of time."""


class Clock(Protocol):
    """Gives the present instant."""

    def __call__(self) -> datetime:
        """The present, aware, in UTC."""


class IdFactory(Protocol):
    """Gives new identifiers."""

    def __call__(self) -> str:
        """An identifier never given before, greater than those this process gave earlier."""


def system_clock() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


class UuidSequence:
    """UUIDs version 7 (RFC 9562): milliseconds first, so that new rows are index neighbours.

    Each is greater than those given before it, also within a millisecond and where the clock goes
    back: it then continues from the last one (section 6.2, method 2).
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._turn = threading.Lock()
        self._last = 0

    def __call__(self) -> str:
        """The next one."""
        milliseconds = int(self._clock().timestamp() * 1000)
        fresh = (milliseconds << RANDOM_BITS) | secrets.randbits(RANDOM_BITS)
        with self._turn:
            self._last = max(fresh, self._last + 1)
            number = self._last
        # 48 bits of time, version 7, 12 random bits, variant 2, and the other 62.
        time, a, b = number >> 74, (number >> 62) & 0xFFF, number & ((1 << 62) - 1)
        value = (time << 80) | (0x7 << 76) | (a << 64) | (0x2 << 62) | b
        return str(UUID(int=value))


uuid7 = UuidSequence(system_clock)
"""The ids of this process."""


def require_aware(field: str, moment: datetime) -> datetime:
    """The instant in UTC; an instant without a zone raises InvalidInputError."""
    if moment.tzinfo is None:
        raise InvalidInputError.of(field, "timezone_missing", "Requires a time zone")
    return moment.astimezone(UTC)


def counted(count: float, thing: str, things: str = "") -> str:
    """Say how many there are of a thing, such as `1 day` or `1,200 days`."""
    text = f"{count:,.0f}"
    return f"{text} {thing if text == '1' else things or f'{thing}s'}"


def instant_text(moment: datetime) -> str:
    """ISO 8601 in UTC with a Z, to the microsecond where there is any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def rounded_amount(amount: Decimal, currency: str) -> Decimal:
    """The amount to the currency's minor unit, half to even, for people."""
    places = MINOR_UNITS.get(currency, USUAL_MINOR_UNITS)
    return amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)


def amount_violation(field: str, amount: Decimal) -> Violation | None:
    """The violation of a single amount from outside, if any."""
    if abs(amount) >= AMOUNT_LIMIT:
        return Violation(field, "amount_out_of_range", "Too large")
    if amount % MONEY_UNIT:
        return Violation(field, "too_precise", "Must have at most four decimal places")
    return None


@dataclass(frozen=True, slots=True)
class Money:
    """An amount, or a total of amounts, in one currency (ISO 4217).

    Amounts of two currencies never meet. How large a single amount may be is not decided here: see
    `amount_violation`.
    """

    amount: Decimal
    currency: Currency

    def __post_init__(self) -> None:
        if not self.amount.is_finite():
            raise InvalidInputError.of("amount", "amount_out_of_range", "Must be finite")

    def __add__(self, other: Self) -> "Money":
        self._same_currency(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Self) -> "Money":
        self._same_currency(other)
        return Money(self.amount - other.amount, self.currency)

    def rounded(self) -> Decimal:
        """To the currency's minor unit, half to even, for people."""
        return rounded_amount(self.amount, self.currency)

    def exact(self) -> Decimal:
        """Every digit there is, and at least the currency's minor units, for people."""
        rounded = self.rounded()
        return rounded if rounded == self.amount else self.amount.normalize()

    @classmethod
    def of_units(cls, units: int, currency: Currency) -> "Money":
        """From ten-thousandths of the currency."""
        return cls(Decimal(units).scaleb(-MONEY_PLACES), currency)

    def units(self) -> int:
        """In ten-thousandths of the currency."""
        return int(self.amount.scaleb(MONEY_PLACES).to_integral_value(ROUND_HALF_EVEN))

    def _same_currency(self, other: "Money") -> None:
        if other.currency != self.currency:
            raise CurrencyMismatchError(self.currency, other.currency)


@dataclass(frozen=True, slots=True)
class Shard:
    """One of `count` disjoint parts of all customers; `index` counts from 0."""

    index: int
    count: int

    def __post_init__(self) -> None:
        if not 0 <= self.index < self.count:
            raise InvalidInputError.of("shard", "shard_out_of_range", "Unknown shard")


SHARDS = 16
"""Hash partitions of the ledgers, and so the shards of a scoring run."""


PAGE = 50
"""Rows a list gives unless told otherwise."""


@dataclass(frozen=True, slots=True)
class After:
    """The beginning of a page: behind the row with this instant (newest first) and id."""

    moment: datetime
    id: str
