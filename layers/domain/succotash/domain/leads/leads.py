"""What is asked about leads and submissions beyond the ones at hand: histories, days, exports."""

from dataclasses import dataclass
from datetime import date, datetime

from succotash.domain.forms.forms import FormSubmission, StatusChange, SubmissionState
from succotash.domain.values import FormId


@dataclass(frozen=True, slots=True)
class LeadHistory:
    """How a lead came to be what it is."""

    status_changes: tuple[StatusChange, ...]
    """Oldest first."""
    submissions: tuple[FormSubmission, ...]
    """Everything its person sent, newest first: what an earlier answer was stands there."""


@dataclass(frozen=True, slots=True)
class DailyCounts:
    """What happened on one of the company's days."""

    day: date
    submissions: int
    accepted: int
    new_leads: int


@dataclass(frozen=True, slots=True)
class SubmissionFilter:
    """Which submissions of a form are meant; None leaves a side open."""

    form_id: FormId
    state: SubmissionState | None = None
    start: datetime | None = None
    """Included."""
    end: datetime | None = None
    """Excluded."""
