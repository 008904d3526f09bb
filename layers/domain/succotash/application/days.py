"""Ranges of time as people give them: days of the company's zone, or instants."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from succotash.domain.values import require_aware
from succotash.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class TimeRange:
    """From `start`, included, to `end`, excluded; None leaves a side open."""

    start: datetime | None
    end: datetime | None


def start_of_day(day: date, time_zone: str) -> datetime:
    """The first instant of a day of the zone, in UTC, however long the day is."""
    # Where clocks jump over midnight, midnight by the old clock is the instant of the jump.
    return datetime.combine(day, time(), ZoneInfo(time_zone)).astimezone(UTC)


def range_of(start: date | datetime | None, end: date | datetime | None, zone: str) -> TimeRange:
    """The range that two days, both included, or two instants mean; they may be mixed.

    InvalidInputError where an instant has no zone, or the range ends before it starts.
    """
    first = _instant("start", start, zone)
    last = _instant("end", end, zone, is_end=True)
    if first is not None and last is not None and last < first:
        raise InvalidInputError.of("end", "range_reversed", "Must not be before the start")
    return TimeRange(first, last)


def _instant(
    field: str, given: date | datetime | None, zone: str, *, is_end: bool = False
) -> datetime | None:
    if given is None:
        return None
    if isinstance(given, datetime):
        return require_aware(field, given)
    return start_of_day(given + timedelta(days=1) if is_end else given, zone)


def days_of(covered: TimeRange, zone: str, *, at_most: int) -> list[date] | None:
    """Every day of the zone that has a part in the range; None for an open one or more days."""
    if covered.start is None or covered.end is None:
        return None
    if covered.end == covered.start:
        return []
    first = covered.start.astimezone(ZoneInfo(zone)).date()
    last = (covered.end - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date()
    count = (last - first).days + 1
    return [first + timedelta(days=each) for each in range(count)] if count <= at_most else None
