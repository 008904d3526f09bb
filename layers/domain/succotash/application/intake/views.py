"""A submission as the API shows it, and its acknowledgement."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypedDict, cast

from succotash.domain.forms.submissions import FormSubmission
from succotash.domain.values import FormId, Json, LeadId, SubmissionId, instant_text


class SubmissionReceipt(TypedDict):
    """The result of a submission: for the form's owner, not for its sender."""

    submission_id: str
    form_id: str
    lead_id: str | None
    """None where the form asked for no e-mail, or the submission waits in quarantine."""
    is_duplicate: bool
    duplicate_of: str | None
    submitted_at: str


class SubmissionView(TypedDict):
    """A submission as stored."""

    submission_id: str
    form_id: str
    lead_id: str | None
    state: str
    answers: Mapping[str, Json]
    attribution: Mapping[str, str]
    source: str
    is_duplicate: bool
    duplicate_of: str | None
    spam_reasons: list[str]
    consent: str | None
    """The text its person agreed to."""
    ip_address: str | None
    user_agent: str | None
    submitted_at: datetime
    waited_until: datetime | None
    """When it was stored, where it waited for the storage."""


class SubmissionList(TypedDict):
    """A page of submissions, newest first."""

    submissions: list[SubmissionView]
    next_cursor: str | None


def receipt(
    submission_id: SubmissionId,
    form_id: FormId,
    submitted_at: datetime,
    *,
    lead_id: LeadId | None = None,
    is_duplicate: bool = False,
    duplicate_of: SubmissionId | None = None,
) -> SubmissionReceipt:
    """A receipt; by itself, that of a submission that nobody has judged yet."""
    return {
        "submission_id": submission_id,
        "form_id": form_id,
        "lead_id": lead_id,
        "is_duplicate": is_duplicate,
        "duplicate_of": duplicate_of,
        "submitted_at": instant_text(submitted_at),
    }


def receipt_of(submission: FormSubmission) -> SubmissionReceipt:
    """The receipt of a submission that is judged."""
    return receipt(
        submission.submission_id,
        submission.form_id,
        submission.submitted_at,
        lead_id=submission.lead_id,
        is_duplicate=submission.is_duplicate,
        duplicate_of=submission.duplicate_of,
    )


def receipt_as_json(given: SubmissionReceipt) -> Mapping[str, Json]:
    """A receipt as it is stored, to answer repetitions with."""
    return cast("Mapping[str, Json]", given)  # each of its values is JSON


def receipt_from_json(stored: Mapping[str, Json]) -> SubmissionReceipt:
    """The receipt that `receipt_as_json` gave; what another release added is left out."""
    known = {name: stored[name] for name in SubmissionReceipt.__annotations__}
    return cast("SubmissionReceipt", known)


def submission_view(submission: FormSubmission) -> SubmissionView:
    """Serialised for the API."""
    return {
        "submission_id": submission.submission_id,
        "form_id": submission.form_id,
        "lead_id": submission.lead_id,
        "state": submission.state,
        "answers": submission.answers,
        "attribution": submission.attribution,
        "source": submission.source,
        "is_duplicate": submission.is_duplicate,
        "duplicate_of": submission.duplicate_of,
        "spam_reasons": list(submission.spam_reasons),
        "consent": submission.consent,
        "ip_address": submission.ip_address,
        "user_agent": submission.user_agent,
        "submitted_at": submission.submitted_at,
        "waited_until": submission.waited_until,
    }
