"""Functions that SQL calls: calendars, shards, sums, means, digests; for every connection."""

from datetime import date, datetime, timedelta
from fractions import Fraction
from zlib import crc32
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from succotash.domain.people.erasures import DigestBlocks
from succotash.domain.values import Shard
from succotash.errors import StorageError

_EPOCH_DAY = date(1970, 1, 1)
_EPOCH_ORDINAL = _EPOCH_DAY.toordinal()
_MICROSECONDS = 1_000_000


def local_day(microseconds: int, time_zone: str) -> int:
    """The calendar day of an instant in a zone, as days since 1970-01-01."""
    local = datetime.fromtimestamp(microseconds // _MICROSECONDS, ZoneInfo(time_zone))
    return local.toordinal() - _EPOCH_ORDINAL


def month_number(day: int) -> int:
    """The number of the month that a day lies in; neighbours differ by one."""
    start = day_of(day)
    return start.year * 12 + start.month - 1


def day_of(days: int) -> date:
    """The date so many days after 1970-01-01."""
    return _EPOCH_DAY + timedelta(days=days)


def days_of(day: date) -> int:
    """Days from 1970-01-01 to the date."""
    return day.toordinal() - _EPOCH_ORDINAL


def shard_of(customer_id: str, count: int) -> int:
    """The index of a customer's shard among `count`."""
    return crc32(customer_id.encode()) % count


def keyed_digest(text: str, inner_block: bytes, outer_block: bytes) -> str:
    """The digest of a text under a key; see DigestBlocks."""
    return DigestBlocks(inner_block, outer_block).digest(text)


def from_hex(digits: str) -> bytes:
    """The bytes that hexadecimal digits say, as JSON brings them."""
    return bytes.fromhex(digits)


def shard_parameters(shard: Shard | None) -> dict[str, object]:
    """The parameters `shard` and `shards` of a statement; both NULL for all customers."""
    if shard is None:
        return {"shard": None, "shards": None}
    return {"shard": shard.index, "shards": shard.count}


class ExactSum:
    """An aggregate like SUM, as text: no total is too large for it, and it adds up its own too."""

    def __init__(self) -> None:
        self._total: int | None = None

    def step(self, value: int | str | None) -> None:
        """Add a whole number; NULL adds nothing."""
        if value is not None:
            self._total = int(value) + (self._total or 0)

    def finalize(self) -> str | None:
        """The sum; NULL of nothing."""
        return None if self._total is None else str(self._total)


def exact_add(one: int | str | None, other: int | str | None) -> str | None:
    """The sum of two whole numbers, as text, however large; NULL where one is missing."""
    return None if one is None or other is None else str(int(one) + int(other))


def mean(total: int | str, count: int) -> int:
    """The mean as a whole number, half to even, however large the total."""
    return round(Fraction(int(total), count))


def require_zone(time_zone: str) -> None:
    """Raise StorageError where there is no such zone."""
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise StorageError("unknown time zone") from None
