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
