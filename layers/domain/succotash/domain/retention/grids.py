"""Retention grids counted on request: who belongs to which cohort, and when they came back."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import accumulate

from succotash.domain.retention.retention import (
    BRACKETS,
    GRID_LENGTHS,
    GridCell,
    GridMode,
    GridPeriod,
)
from succotash.errors import InvalidInputError

LONGEST_RANGE_DAYS = 366
"""From the first day of the first cohort to the last day of the last."""
MOST_BRACKETS = 20
LAST_BRACKET_DAY = 1095
ONE_DAY = timedelta(days=1)
HOURS_LENGTHS = {GridPeriod.DAY: 1, GridPeriod.WEEK: 7, GridPeriod.MONTH: 30}
"""Days in a period of a customer's own windows of 24 hours."""


class CohortAnchor(StrEnum):
    """The event by which a customer joins a cohort, and those that count as coming back.

    PURCHASE: buying; buying. ACTIVITY: an activity event; an event or a purchase. FORM: an accepted
    submission of a form by a lead; an event or a purchase of a customer tied to the lead.
    """

    PURCHASE = "purchase"
    ACTIVITY = "activity"
    FORM = "form"


class CohortMembership(StrEnum):
    """FIRST_TIME: in one cohort, by the first time ever. RECURRING: in one of every period."""

    FIRST_TIME = "first_time"
    RECURRING = "recurring"


class GridWindows(StrEnum):
    """CALENDAR: days of the deployment's zone. HOURS: each one's own 24 hours since they joined."""

    CALENDAR = "calendar"
    HOURS = "24h"


@dataclass(frozen=True, slots=True)
class GridRequest:
    """The grid to count; InvalidInputError where it makes no sense or would be too large."""

    start: date
    """A day of the first cohort."""
    end: date
    """A day of the last cohort."""
    period: GridPeriod = GridPeriod.MONTH
    mode: GridMode = GridMode.NDAY
    origin: CohortAnchor = CohortAnchor.PURCHASE
    entry: CohortMembership = CohortMembership.FIRST_TIME
    windows: GridWindows = GridWindows.CALENDAR
    brackets: tuple[tuple[int, int], ...] = BRACKETS
    """First and last day since joining, both included; of use in their mode only."""

    def __post_init__(self) -> None:
        require_order(self.start, self.end)
        if (self.end - self.start).days >= LONGEST_RANGE_DAYS:
            sentence = f"Must be less than {LONGEST_RANGE_DAYS} days after the start"
            raise InvalidInputError.of("end", "range_too_long", sentence)
        _check_brackets(self.brackets)

    @property
    def first_day(self) -> date:
        """The first day of the first cohort."""
        return period_start(self.start, self.period)

    @property
    def last_day(self) -> date:
        """The last day of the last cohort, which is counted as a whole."""
        return next_period(self.end, self.period) - ONE_DAY

    @property
    def last_offset(self) -> int:
        """The last period, or the last bracket, that is counted."""
        if self.mode is GridMode.BRACKETS:
            return len(self.brackets) - 1
        return GRID_LENGTHS[self.period]


@dataclass(frozen=True, slots=True, order=True)
class TimelineEvent:
    """An event of a customer: the instant, the day of the zone, the amount."""

    at: datetime
    day: date
    units: int = 0
    """Net revenue in ten-thousandths; 0 for what is no purchase."""


@dataclass(frozen=True, slots=True)
class CustomerTimeline:
    """The events of one person, earliest first."""

    joined: Sequence[TimelineEvent]
    """At least once."""
    came_back: Sequence[TimelineEvent]


def require_order(start: date, end: date) -> None:
    """InvalidInputError where the end lies before the start."""
    if end < start:
        raise InvalidInputError.of("end", "range", "Must not be before the start")


def period_start(day: date, period: GridPeriod) -> date:
    """The first day of the period; weeks begin on Monday (ISO 8601)."""
    match period:
        case GridPeriod.DAY:
            return day
        case GridPeriod.WEEK:
            return day - timedelta(days=day.weekday())
        case GridPeriod.MONTH:
            return day.replace(day=1)


def periods_between(start: date, day: date, period: GridPeriod) -> int:
    """The number of periods from the one that begins with `start` to that of the day."""
    match period:
        case GridPeriod.DAY:
            return (day - start).days
        case GridPeriod.WEEK:
            return (day - start).days // 7
        case GridPeriod.MONTH:
            return 12 * (day.year - start.year) + day.month - start.month


def count_grid(request: GridRequest, people: Iterable[CustomerTimeline]) -> list[GridCell]:
    """The grid's cells by cohort, then offset; those nobody was active in are left out.

    Offset 0 of the modes by period holds the whole cohort. Revenue is that of the offset, or,
    unbounded, of the offset and all after it, within all of time known.
    """
    sizes = Counter[date]()
    active = Counter[tuple[date, int]]()
    revenue = Counter[tuple[date, int]]()
    for person in people:
        for joined in _joined(request, person.joined):
            cohort = period_start(joined.day, request.period)
            sizes[cohort] += 1
            for offset, units in _offsets(request, cohort, joined, person.came_back).items():
                active[cohort, offset] += 1
                revenue[cohort, offset] += units
    for cohort, size in sizes.items():
        active[cohort, 0] = active[cohort, 0] if request.mode is GridMode.BRACKETS else size
    return [
        GridCell(cohort, sizes[cohort], offset, count, revenue[cohort, offset])
        for (cohort, offset), count in sorted(active.items())
    ]


def _joined(request: GridRequest, occurrences: Sequence[TimelineEvent]) -> Iterator[TimelineEvent]:
    seen: set[date] = set()
    for each in occurrences:
        cohort = period_start(each.day, request.period)
        if request.entry is CohortMembership.FIRST_TIME and seen:
            return
        if cohort not in seen and request.first_day <= each.day <= request.last_day:
            yield each
        seen.add(cohort)


def _offsets(
    request: GridRequest, cohort: date, joined: TimelineEvent, came_back: Sequence[TimelineEvent]
) -> dict[int, int]:
    """The offsets at which somebody counts as active, and what they bought there."""
    found = defaultdict[int, int](int)
    for each in came_back:
        offset = _offset(request, cohort, joined, each) if each.at >= joined.at else None
        if offset is not None:
            found[offset] += each.units
    if request.mode is GridMode.UNBOUNDED and found:
        last = max(found)
        later = list(accumulate(found.get(offset, 0) for offset in range(last, -1, -1)))[::-1]
        found = defaultdict(int, enumerate(later))
    return {offset: units for offset, units in found.items() if offset <= request.last_offset}


def _offset(
    request: GridRequest, cohort: date, joined: TimelineEvent, each: TimelineEvent
) -> int | None:
    by_hours = request.windows is GridWindows.HOURS
    days = (each.at - joined.at) // ONE_DAY if by_hours else (each.day - joined.day).days
    if request.mode is GridMode.BRACKETS:
        return _bracket(request.brackets, days)
    if by_hours:
        return days // HOURS_LENGTHS[request.period]
    return periods_between(cohort, each.day, request.period)


def materialised_cells(
    people: Iterable[CustomerTimeline],
) -> Mapping[tuple[GridPeriod, GridMode], Sequence[GridCell]]:
    """The cells of the grids that runs keep, of everybody: as `count_grid`, without revenue.

    First-time, by calendar days, by every period and in every mode with BRACKETS.
    """
    sizes = Counter[tuple[GridPeriod, date]]()
    active = Counter[tuple[GridPeriod, GridMode, date, int]]()
    for person in people:
        joined = person.joined[0]
        days = {each.day for each in person.came_back if each.at >= joined.at}
        found = (_bracket(BRACKETS, (day - joined.day).days) for day in days)
        brackets = {place for place in found if place is not None}
        for period, length in GRID_LENGTHS.items():
            cohort = period_start(joined.day, period)
            offsets = {0, *(periods_between(cohort, day, period) for day in days)}
            by_mode: Mapping[GridMode, Iterable[int]] = {
                GridMode.NDAY: (offset for offset in offsets if offset <= length),
                GridMode.UNBOUNDED: range(min(max(offsets), length) + 1),
                GridMode.BRACKETS: brackets,
            }
            sizes[period, cohort] += 1
            for mode, places in by_mode.items():
                active.update((period, mode, cohort, place) for place in places)
    for period, cohort in sizes:
        active[period, GridMode.BRACKETS, cohort, 0] += 0
    grids: dict[tuple[GridPeriod, GridMode], list[GridCell]] = {
        (period, mode): [] for period in GridPeriod for mode in GridMode
    }
    for (period, mode, cohort, place), count in sorted(active.items()):
        grids[period, mode].append(GridCell(cohort, sizes[period, cohort], place, count))
    return grids


def _bracket(brackets: Sequence[tuple[int, int]], days: int) -> int | None:
    return next((place for place, (low, high) in enumerate(brackets) if low <= days <= high), None)


def next_period(day: date, period: GridPeriod) -> date:
    """The first day of the period after the one the day lies in."""
    longest = {GridPeriod.DAY: 1, GridPeriod.WEEK: 7, GridPeriod.MONTH: 31}[period]
    return period_start(period_start(day, period) + timedelta(days=longest), period)


def _check_brackets(brackets: Sequence[tuple[int, int]]) -> None:
    def refuse(code: str, sentence: str) -> InvalidInputError:
        return InvalidInputError.of("brackets", code, sentence)

    if not 1 <= len(brackets) <= MOST_BRACKETS:
        raise refuse("bracket_count", f"Must be 1 to {MOST_BRACKETS} brackets")
    before = -1
    for first, last in brackets:
        if first < 0 or last < first:
            raise refuse("bracket", "The last day of a bracket must not be before its first")
        if last > LAST_BRACKET_DAY:
            raise refuse("bracket_too_late", f"The last day must be at most {LAST_BRACKET_DAY}")
        if first <= before:
            raise refuse("brackets_overlap", "Brackets must be in order and must not overlap")
        before = last
