"""Values that everything else is made of: money, instants, identities, pages."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NewType, Protocol, Self

from succotash.errors import CurrencyMismatchError, InvalidInputError

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

MONEY_PLACES = 4
MONEY_UNIT = Decimal(10) ** -MONEY_PLACES
"""The smallest amount kept: one ten-thousandth, as in numeric(19,4)."""
MONEY_LIMIT = Decimal(10) ** 14
"""Amounts stay below this, so that their ten-thousandths fit into 64 bits."""
CENT = Decimal("0.01")
ID_LIMIT = 200
"""The most characters in an id that comes from outside."""


class Clock(Protocol):
    """Gives the present instant."""

    def __call__(self) -> datetime:
        """The present, aware, in UTC."""


class IdFactory(Protocol):
    """Gives new identifiers."""

    def __call__(self) -> str:
        """An identifier never given before, greater than those given earlier."""


def system_clock() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


def uuid7() -> str:
    """A UUID version 7 (RFC 9562): milliseconds first, so that new rows are index neighbours."""
    milliseconds = int(system_clock().timestamp() * 1000)
    value = (milliseconds << 80) | secrets.randbits(80)
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    digits = f"{value:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def require_aware(field: str, moment: datetime) -> datetime:
    """The instant in UTC; an instant without a zone raises InvalidInputError."""
    if moment.tzinfo is None:
        raise InvalidInputError.of(field, "timezone_missing", "an instant needs its time zone")
    return moment.astimezone(UTC)


def instant_text(moment: datetime) -> str:
    """ISO 8601 in UTC with a Z, to the microsecond where there is any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in one currency (ISO 4217). Amounts of two currencies never meet."""

    amount: Decimal
    currency: Currency

    def __post_init__(self) -> None:
        if not self.amount.is_finite() or abs(self.amount) >= MONEY_LIMIT:
            raise InvalidInputError.of("amount", "amount_out_of_range", "the amount is too large")

    def __add__(self, other: Self) -> "Money":
        self._same_currency(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Self) -> "Money":
        self._same_currency(other)
        return Money(self.amount - other.amount, self.currency)

    def rounded(self) -> Decimal:
        """The amount to the cent, for people."""
        return self.amount.quantize(CENT, ROUND_HALF_EVEN)

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
            raise InvalidInputError.of("shard", "shard_out_of_range", "no such shard")


SHARDS = 16
"""Hash partitions of the ledgers, and so the shards of a scoring run."""


@dataclass(frozen=True, slots=True)
class After:
    """Where a page starts: behind the row with this instant (newest first) and id."""

    moment: datetime
    id: str
