"""Lifecycle counts as they are shown."""

from collections.abc import Sequence
from datetime import date
from typing import TypedDict

from succotash.application.scoring.run_views import RunView
from succotash.domain.retention.grids import next_period
from succotash.domain.retention.lifecycle import LifecycleCounts, lifecycle_start
from succotash.domain.retention.retention import GridPeriod


class LifecyclePeriod(TypedDict):
    """Customers present in a period (active), by what came before, and those who stayed away."""

    starts_on: date
    active: int
    """Customers with a purchase or activity in the period: new, returning and resurrecting ones."""
    new: int
    """Active for the first time ever."""
    returning: int
    """Active in the period before, too."""
    resurrecting: int
    """Active before, but not in the period before."""
    dormant: int
    """Active in the period before, and not in this one."""
    mature: bool
    """Not while the period had not ended when they were counted."""


class LifecycleView(TypedDict):
    """New, retained, returning and lost customers, period by period."""

    period: str
    periods: list[LifecyclePeriod]
    run: RunView | None


def lifecycle_periods(
    counts: Sequence[LifecycleCounts], period: GridPeriod, today: date
) -> list[LifecyclePeriod]:
    """Every period from the first with any customers to that of `today`."""
    if not counts:
        return []
    known = {each.starts_on: each for each in counts}
    starts_on = max(counts[0].starts_on, lifecycle_start(today, period))
    periods: list[LifecyclePeriod] = []
    while starts_on <= today:
        found = known.get(starts_on, LifecycleCounts(starts_on, 0, 0, 0, 0))
        following = next_period(starts_on, period)
        periods.append(
            {
                "starts_on": starts_on,
                "active": found.arrived + found.returned + found.resurrected,
                "new": found.arrived,
                "returning": found.returned,
                "resurrecting": found.resurrected,
                "dormant": found.dormant,
                "mature": following <= today,
            }
        )
        starts_on = following
    return periods
