"""The figures of a period and of the one before it, and what needs attention."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from succotash.domain.leads.analytics import PeriodCounts
from succotash.domain.scoring.progress import RunProgress
from succotash.domain.value.revenue import RevenueDay
from succotash.domain.values import Json, RunId


@dataclass(frozen=True, slots=True)
class OverviewQuery:
    """A period of whole days, compared with as many days before it."""

    last_day: date
    days: int
    earlier: datetime
    """The beginning of the period before."""
    start: datetime
    """The beginning of the period."""
    end: datetime
    """The end of its last day, not included."""
    imports_given_up_before: datetime
    """An import that began before it and has not ended counts as failed."""

    @property
    def first_day(self) -> date:
        """The first day of the period before."""
        return self.last_day - 2 * self.span + timedelta(days=1)

    @property
    def span(self) -> timedelta:
        """The length of the period, in days of the calendar."""
        return timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """A superseded run with its summary of all customers."""

    run_id: RunId
    as_of: datetime
    summary: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class OverviewFigures:
    """Figures of two periods, and of everybody, at one moment."""

    now: PeriodCounts
    before: PeriodCounts
    """Counts of the period before."""
    revenue: Sequence[RevenueDay]
    """Days of both periods by day and currency, empty ones left out, of the current run."""
    summary: Mapping[str, Json]
    """The summary of the current run; empty where it kept none."""
    earlier_run: EarlierRun | None
    """The run with a summary that is nearest to a period before the current one; the later of
    two."""
    quarantined: int
    """Submissions in quarantine, over all forms."""
    dead_lettered: int
    """Messages that were dead-lettered."""
    uncertain: int
    """Deliveries of which nobody knows whether they happened."""
    failed_imports: int
    """Imports that began in the period or later and were refused or broke off."""
    latest: RunProgress | None
    """The run with the latest instant, published or not."""
