"""Submissions, and what they are judged by, of rows."""

from succotash.domain.forms.forms import FormSubmission, SubmissionState
from succotash.domain.intake.spam import RecentTraffic
from succotash.domain.intake.submissions import IdempotencyRecord, OriginalSubmission
from succotash.infrastructure.rows.row import Row


def submission_of(row: Row) -> FormSubmission:
    """A submission."""
    return FormSubmission(
        submission_id=row["submission_id"],
        form_id=row["form_id"],
        answers=row.json("answers"),
        submitted_at=row.instant("submitted_at"),
        fingerprint=row["fingerprint"],
        attribution=row.json("attribution"),
        source=row["source"],
        canonical_email=row["canonical_email"],
        lead_id=row["lead_id"],
        ip_address=row["ip_address"],
        user_agent=row["user_agent"],
        state=SubmissionState(row["state"]),
        duplicate_of=row["duplicate_of"],
        spam_reasons=tuple(row.json("spam_reasons")),
        text_digest=row["text_digest"],
        consent=row["consent"],
        waited_until=row.optional_instant("waited_until"),
    )


def original_of(row: Row) -> OriginalSubmission:
    """The submission that another repeats."""
    return OriginalSubmission(row["submission_id"], row["lead_id"])


def idempotency_record_of(row: Row) -> IdempotencyRecord:
    """What is known of a key."""
    return IdempotencyRecord(row["body_digest"], row.optional_json("answer"))


def traffic_of(row: Row) -> RecentTraffic:
    """What came in shortly before."""
    return RecentTraffic(
        from_address=row["from_address"], to_form=row["to_form"], same_text=row["same_text"]
    )
