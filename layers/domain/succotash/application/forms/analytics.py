"""Submissions, new leads and their progress within a range of time."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import TypedDict

from succotash.application.days import days_of, range_of
from succotash.application.rounding import rounded, rounded_or_none
from succotash.domain.leads.analytics import ConversionFunnel, DailyCounts, FormAnalytics
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.values import FormId

DAYS_SHOWN = 400
"""The most days that analytics show one by one."""


class SubmissionMetrics(TypedDict):
    """Counts of submissions."""

    total_submissions: int
    """All submissions in the range."""
    accepted: int
    """Accepted ones."""
    quarantined: int
    """Suspected of spam, waiting for a decision."""
    duplicates: int
    """Repeats of answers that had come before, within the form's window."""
    unconfirmed: int
    """Whose person has not confirmed them; the four add up to the total."""
    by_form: Mapping[str, int]
    """All submissions in the range by form."""


class LeadMetrics(TypedDict):
    """Counts of the leads first seen in the range."""

    new_leads: int
    """Leads whose first submission lies in the range."""
    hot_leads: int
    """New leads whose score is hot."""
    customers: int
    """New leads who have bought, whenever that was."""
    average_score: float | None
    """Mean score of the new leads that have one, 0 to 100 points; None without any."""
    by_status: Mapping[str, int]
    """The new leads by their present status."""


class FunnelStageView(TypedDict):
    """A stage and how many came at least so far."""

    status: str
    reached: int
    """Leads first seen in the range that ever came to this stage or a later one."""


class FunnelView(TypedDict):
    """The conversion funnel."""

    stages: list[FunnelStageView]
    lost: int
    """Leads first seen in the range whose present status is closed_lost."""


class ConversionRates(TypedDict):
    """Shares; None where the denominator is 0."""

    submission_to_lead: float | None
    """New leads per accepted submission."""
    stage_to_stage: dict[str, float | None]
    """For each stage after the first, its share of the stage before."""
    lead_to_customer: float | None
    """Share of the new leads who have bought, 0 to 1: whose customer has a purchase on record,
    before or after they wrote; None without new leads."""


class DailyCountsView(TypedDict):
    """The counts of a day."""

    day: date
    submissions: int
    """Submissions of the day, whatever became of them."""
    accepted: int
    """Submissions of the day that were accepted."""
    new_leads: int
    """Leads whose first submission fell on the day."""


class FormAnalyticsView(TypedDict):
    """Submissions and leads of a form, or of all, within a range of time."""

    start: datetime | None
    """Included."""
    end: datetime | None
    """Excluded."""
    time_zone: str
    """Whose days these are."""
    daily: list[DailyCountsView] | None
    """Every day of the range; None for a range that is open or longer than DAYS_SHOWN."""
    submission_metrics: SubmissionMetrics
    lead_metrics: LeadMetrics
    source_distribution: Mapping[str, int]
    """Submissions in the range by source."""
    conversion_funnel: FunnelView
    conversion_rates: ConversionRates


class FormReports:
    """Counts what forms brought."""

    def __init__(self, storage: Storage, time_zone: str = "UTC") -> None:
        self._storage = storage
        self._time_zone = time_zone

    def get_form_analytics(
        self,
        *,
        start: date | datetime | None = None,
        end: date | datetime | None = None,
        form_id: str | None = None,
        source: str | None = None,
    ) -> FormAnalyticsView:
        """Count submissions and leads from `start` to `end`: days, both included, or instants.

        Days are the deployment's; an instant that ends the range is excluded. InvalidInputError
        where the range ends before it starts, NotFoundError for an unknown form.
        """
        covered = range_of(start, end, self._time_zone)
        days = days_of(covered, self._time_zone, at_most=DAYS_SHOWN)
        form = None if form_id is None else FormId(form_id)

        def work(
            repositories: Repositories,
        ) -> tuple[FormAnalytics, ConversionFunnel, list[DailyCounts]]:
            forms = repositories.forms
            if form is not None:
                forms.get_form(form)
            found: list[DailyCounts] = []
            if days and covered.start is not None and covered.end is not None:
                found = repositories.leads.get_daily_counts(
                    covered.start, covered.end, self._time_zone, form_id=form, source=source
                )
            within = {"start": covered.start, "end": covered.end}
            return (
                forms.get_form_analytics(**within, form_id=form, source=source),
                forms.get_lead_conversion_funnel(**within, form_id=form, source=source),
                found,
            )

        counts, funnel, daily = self._storage.in_transaction(work)
        reached = {stage.status: stage.reached for stage in funnel.stages}
        stages = list(reached)
        return {
            "start": covered.start,
            "end": covered.end,
            "time_zone": self._time_zone,
            "daily": None if days is None else _each_day(days, daily),
            "submission_metrics": {
                "total_submissions": counts.total_submissions,
                "accepted": counts.accepted,
                "quarantined": counts.quarantined,
                "duplicates": counts.duplicates,
                "unconfirmed": counts.unconfirmed,
                "by_form": counts.submissions_by_form,
            },
            "lead_metrics": {
                "new_leads": counts.new_leads,
                "hot_leads": counts.hot_leads,
                "customers": counts.buyers,
                "average_score": rounded_or_none(counts.average_lead_score),
                "by_status": counts.leads_by_status,
            },
            "source_distribution": counts.submissions_by_source,
            "conversion_funnel": {
                "stages": [
                    {"status": stage.status, "reached": stage.reached} for stage in funnel.stages
                ],
                "lost": funnel.lost,
            },
            "conversion_rates": {
                "submission_to_lead": _share(counts.new_leads, counts.accepted),
                "stage_to_stage": {
                    later: _share(reached[later], reached[earlier])
                    for earlier, later in pairwise(stages)
                },
                "lead_to_customer": _share(counts.buyers, counts.new_leads),
            },
        }


def _each_day(days: Sequence[date], found: Sequence[DailyCounts]) -> list[DailyCountsView]:
    """One row for each day, whether or not anything happened."""
    by_day = {each.day: each for each in found}

    def row(day: date) -> DailyCountsView:
        counts = by_day.get(day) or DailyCounts(day, 0, 0, 0)
        return {
            "day": day,
            "submissions": counts.submissions,
            "accepted": counts.accepted,
            "new_leads": counts.new_leads,
        }

    return [row(day) for day in days]


def _share(part: int, whole: int) -> float | None:
    return rounded(part / whole) if whole else None
