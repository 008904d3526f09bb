"""The context of submissions, from rows."""

from succotash.domain.intake.spam import RecentTraffic
from succotash.domain.intake.submissions import IdempotencyRecord, OriginalSubmission
from succotash.infrastructure.rows.row import Row


def original_of(row: Row) -> OriginalSubmission:
    """The submission that another repeats."""
    return OriginalSubmission(row["submission_id"], row["lead_id"])


def idempotency_record_of(row: Row) -> IdempotencyRecord:
    """The record of an idempotency key."""
    return IdempotencyRecord(row["body_digest"], row.optional_json("answer"))


def traffic_of(row: Row) -> RecentTraffic:
    """The counts of recent submissions."""
    return RecentTraffic(
        from_address=row["from_address"], to_form=row["to_form"], same_text=row["same_text"]
    )
