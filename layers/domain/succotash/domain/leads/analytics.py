"""Counts over submissions, and over the leads that came of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from succotash.domain.leads.leads import LeadStatus


@dataclass(frozen=True, slots=True)
class FormAnalytics:
    """Counts over submissions within a range of time."""

    total_submissions: int
    accepted: int
    quarantined: int
    duplicates: int
    unconfirmed: int
    new_leads: int
    """Leads whose first submission lies within the range."""
    hot_leads: int
    """The number of new leads whose score is hot."""
    buyers: int
    """The number of new leads known as customers with a purchase, whenever it was."""
    average_lead_score: float | None
    """Over the new leads with a score; None without one."""
    submissions_by_source: Mapping[str, int]
    submissions_by_form: Mapping[str, int]
    leads_by_status: Mapping[str, int]
    """The new leads by their present status."""


@dataclass(frozen=True, slots=True)
class FunnelStage:
    """The number of leads that ever reached a stage, or a later one."""

    status: LeadStatus
    reached: int


@dataclass(frozen=True, slots=True)
class ConversionFunnel:
    """The leads first seen within a range of time, by how far they got."""

    stages: tuple[FunnelStage, ...]
    """One per FUNNEL status, in that order."""
    lost: int
    """Leads whose present status is closed_lost."""


@dataclass(frozen=True, slots=True)
class DailyCounts:
    """The counts of one of the company's days."""

    day: date
    submissions: int
    accepted: int
    new_leads: int


@dataclass(frozen=True, slots=True)
class PeriodCounts:
    """Submissions and new leads within a range of time."""

    submissions: int
    new_leads: int
    hot_leads: int
    """New leads whose score is hot."""


@dataclass(frozen=True, slots=True)
class LeadGroup:
    """Leads that have something in common."""

    by_status: Mapping[str, int]
    """Counts by present status."""
    hot_leads: int
    buyers: int
    """Leads of whom the current run knows a customer with a value."""


@dataclass(frozen=True, slots=True)
class LeadBreakdown:
    """The leads first seen within a range of time, by source and by score."""

    by_source: Mapping[str, LeadGroup]
    by_grade: Mapping[str, LeadGroup]
    """Leads without a score under UNSCORED."""


UNSCORED = "unscored"
"""The grade under which leads without a score count."""
