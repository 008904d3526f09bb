"""Leads of a range of time by source and by grade, with their outcome."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import TypedDict

from succotash.application.days import range_of
from succotash.application.rounding import rounded
from succotash.domain.leads.analytics import UNSCORED, LeadGroup
from succotash.domain.leads.leads import LeadStatus
from succotash.domain.repositories.storage import Storage
from succotash.domain.retention.retention import INITIAL_RUN

SOURCES_SHOWN = 100


class LeadGroupView(TypedDict):
    """Leads that share a source, or a grade."""

    name: str
    """The source or the grade; `unscored` for leads without a score."""
    leads: int
    """Leads first seen in the range."""
    by_status: Mapping[str, int]
    """The leads by their present status."""
    hot_leads: int
    """Leads with a hot score."""
    won: int
    """Leads with the present status closed_won."""
    customers: int
    """Leads who had bought by the current run, in any status."""
    won_rate: float
    """Share of the leads that were won, 0 to 1."""
    customer_rate: float
    """Share of the leads who had bought by then, 0 to 1."""


class LeadAnalyticsView(TypedDict):
    """Outcomes of the leads first seen in a range of time."""

    start: datetime | None
    """Included."""
    end: datetime | None
    """Excluded."""
    time_zone: str
    """The zone that days are counted in."""
    customers_as_of: datetime | None
    """The instant of the run that counts customers; None before the first one."""
    leads: int
    """Leads first seen in the range."""
    by_source: list[LeadGroupView]
    """The most leads first; at most 100 sources."""
    sources_truncated: bool
    """Whether there are more sources."""
    by_grade: list[LeadGroupView]
    """The best grade first, leads without a score last."""


class LeadReports:
    """Reports on outcomes of leads."""

    def __init__(self, storage: Storage, time_zone: str = "UTC") -> None:
        self._storage = storage
        self._time_zone = time_zone

    def get_lead_analytics(
        self, *, start: date | datetime | None = None, end: date | datetime | None = None
    ) -> LeadAnalyticsView:
        """Count the leads first seen from `start` to `end`: days, both included, or instants.

        Days are the deployment's; an instant that ends the range is excluded. InvalidInputError
        where the range ends before it starts.
        """
        covered = range_of(start, end, self._time_zone)
        read = self._storage.repositories.forms.get_lead_breakdown(
            start=covered.start, end=covered.end
        )
        found, run = read.found, read.run
        by_source = [_group_view(name, group) for name, group in found.by_source.items()]
        by_source.sort(key=lambda each: (-each["leads"], each["name"]))
        by_grade = [_group_view(name, group) for name, group in found.by_grade.items()]
        by_grade.sort(key=lambda each: (each["name"] == UNSCORED, each["name"]))
        return {
            "start": covered.start,
            "end": covered.end,
            "time_zone": self._time_zone,
            "customers_as_of": None if run.run_id == INITIAL_RUN else run.as_of,
            "leads": sum(each["leads"] for each in by_source),
            "by_source": by_source[:SOURCES_SHOWN],
            "sources_truncated": len(by_source) > SOURCES_SHOWN,
            "by_grade": by_grade,
        }


def _group_view(name: str, group: LeadGroup) -> LeadGroupView:
    leads = sum(group.by_status.values())
    won = group.by_status.get(LeadStatus.CLOSED_WON, 0)
    return {
        "name": name,
        "leads": leads,
        "by_status": group.by_status,
        "hot_leads": group.hot_leads,
        "won": won,
        "customers": group.buyers,
        "won_rate": rounded(won / leads),
        "customer_rate": rounded(group.buyers / leads),
    }
