"""Submissions that wait."""

from collections.abc import Mapping

from succotash.domain.intake.queued_submissions import Delivery, QueuedSubmission
from succotash.domain.values import FormId, Json, SubmissionId
from tests.builders import NOON


def parked(
    number: int = 1,
    *,
    form_id: str = "contact",
    key: str | None = None,
    fields: Mapping[str, Json] | None = None,
    body_digest: str = "digest",
) -> QueuedSubmission:
    return QueuedSubmission(
        submission_id=SubmissionId(f"submission-{number}"),
        form_id=FormId(form_id),
        received_at=NOON,
        fields=fields or {"email": "ada@example.com"},
        key=key,
        body_digest=body_digest,
    )


def deliveries(*forms: str, receives: int = 1) -> list[Delivery]:
    """One message for each form, numbered from 1."""
    return [
        Delivery(f"message-{number}", each.group, each.as_text(), receives)
        for number, each in enumerate(
            (parked(number, form_id=form) for number, form in enumerate(forms, 1)), 1
        )
    ]
