"""Submissions of forms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from succotash.domain.values import FormId, Json, LeadId, SubmissionId

AWAITING_CHALLENGE = "awaits the answer about its challenge"
"""The reason of a submission in quarantine that leaves it as soon as its challenge is passed."""


class SubmissionState(StrEnum):
    """The state of a submission."""

    ACCEPTED = "accepted"
    QUARANTINED = "quarantined"
    DUPLICATE = "duplicate"
    UNCONFIRMED = "unconfirmed"
    """Its person has not followed the link yet that they were sent; no lead until then."""


@dataclass(frozen=True, slots=True)
class FormSubmission:
    """A submission as it was sent, and its state."""

    submission_id: SubmissionId
    form_id: FormId
    answers: Mapping[str, Json]
    submitted_at: datetime
    fingerprint: str
    """Equal for submissions with equal canonical answers; hexadecimal."""
    attribution: Mapping[str, str] = field(default_factory=dict)
    """utm_*, referrer, campaign_id, click_id: kept apart from the person's answers."""
    source: str = "direct"
    canonical_email: str | None = None
    lead_id: LeadId | None = None
    ip_address: str | None = None
    user_agent: str | None = None
    state: SubmissionState = SubmissionState.ACCEPTED
    duplicate_of: SubmissionId | None = None
    spam_reasons: tuple[str, ...] = ()
    text_digest: str | None = None
    """Equal for submissions with the same long text; None without one."""
    consent: str | None = None
    """The text its person agreed to; None where the form asked for nothing, or where it got another
    text while the submission waited for the storage."""
    waited_until: datetime | None = None
    """When it was stored, where it waited for the storage; None where it did not wait."""

    @property
    def is_duplicate(self) -> bool:
        """Whether the same answers had been sent before, within the form's window."""
        return self.state is SubmissionState.DUPLICATE

    @property
    def stored_at(self) -> datetime:
        """When it was stored."""
        return self.waited_until or self.submitted_at

    @property
    def awaits_challenge(self) -> bool:
        """Whether it is in quarantine until it is known how its challenge went."""
        is_quarantined = self.state is SubmissionState.QUARANTINED
        return is_quarantined and self.spam_reasons == (AWAITING_CHALLENGE,)


@dataclass(frozen=True, slots=True)
class SubmissionFilter:
    """Filters of a form's submissions; None leaves a side open."""

    form_id: FormId
    state: SubmissionState | None = None
    start: datetime | None = None
    """Included."""
    end: datetime | None = None
    """Excluded."""


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """A request its sender may repeat: the key they chose and a digest of what they sent."""

    scope: str
    """Keys of two scopes (such as two forms) never meet."""
    key: str
    body_digest: str
