"""Lifecycle counts: who of the customers present in a period is new, stayed, or came back."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from succotash.domain.retention.grids import next_period, period_start
from succotash.domain.retention.retention import GridPeriod

LIFECYCLE_LENGTHS = {GridPeriod.DAY: 90, GridPeriod.WEEK: 52, GridPeriod.MONTH: 36}
"""The number of periods that are kept, that of the run included."""


@dataclass(frozen=True, slots=True)
class LifecycleCounts:
    """Customers by what their presence in one period means; present is a purchase or activity."""

    starts_on: date
    arrived: int
    """Present for the first time ever."""
    returned: int
    """Present in the period before, too."""
    resurrected: int
    """Present before, but not in the period before."""
    dormant: int
    """Present in the period before, and not in this one."""


def period_before(day: date, period: GridPeriod) -> date:
    """The first day of the period before the one the day lies in."""
    return period_start(period_start(day, period) - timedelta(days=1), period)


def lifecycle_start(today: date, period: GridPeriod) -> date:
    """The first day of the first period that is kept."""
    first = period_start(today, period)
    for _ in range(LIFECYCLE_LENGTHS[period] - 1):
        first = period_before(first, period)
    return first


def count_lifecycle(
    lives: Iterable[Collection[date]], period: GridPeriod, today: date
) -> list[LifecycleCounts]:
    """Counts by period, those without any left out; `lives` are the days each was present on."""
    first_shown, last_shown = lifecycle_start(today, period), period_start(today, period)
    counts = defaultdict[date, Counter[str]](Counter)
    for life in lives:
        present = {period_start(day, period) for day in life}
        born = min(present)
        for starts_on in present:
            if starts_on == born:
                counts[starts_on]["arrived"] += 1
            elif period_before(starts_on, period) in present:
                counts[starts_on]["returned"] += 1
            else:
                counts[starts_on]["resurrected"] += 1
            following = next_period(starts_on, period)
            if following not in present:
                counts[following]["dormant"] += 1
    return [
        LifecycleCounts(
            starts_on,
            found["arrived"],
            found["returned"],
            found["resurrected"],
            found["dormant"],
        )
        for starts_on, found in sorted(counts.items())
        if first_shown <= starts_on <= last_shown
    ]


def add_up(counts: Iterable[LifecycleCounts]) -> list[LifecycleCounts]:
    """Counts of several shards together, by period."""
    totals = dict[date, LifecycleCounts]()
    for each in counts:
        known = totals.get(each.starts_on, LifecycleCounts(each.starts_on, 0, 0, 0, 0))
        totals[each.starts_on] = LifecycleCounts(
            each.starts_on,
            known.arrived + each.arrived,
            known.returned + each.returned,
            known.resurrected + each.resurrected,
            known.dormant + each.dormant,
        )
    return [counts for _, counts in sorted(totals.items())]
