"""Outcomes of campaigns' messages, of rows."""

from collections.abc import Sequence

from succotash.domain.campaigns.outcomes import MemberOutcome, OutcomeKind
from succotash.domain.values import MessageId
from succotash.infrastructure.rows.row import Row


def outcome_of(row: Row) -> MemberOutcome:
    """The outcome of a message."""
    return MemberOutcome(
        row["campaign_id"],
        row["person_key"],
        OutcomeKind(row["kind"]),
        row.instant("occurred_at"),
    )


def added_of(rows: Sequence[Row]) -> set[tuple[MessageId, OutcomeKind]]:
    """The keys of the outcomes that are new."""
    return {(MessageId(row["person_key"]), OutcomeKind(row["kind"])) for row in rows}
