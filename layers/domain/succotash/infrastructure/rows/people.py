"""Short-lived records of people, from rows."""

from collections.abc import Iterable
from datetime import datetime

from succotash.domain.people.erasures import AnsweredRequest
from succotash.infrastructure.rows.row import Row


def erasures_of(rows: Iterable[Row]) -> dict[str, datetime]:
    """Instants of erasures by tombstone."""
    return {row["tombstone"]: row.instant("erased_at") for row in rows}


def answered_request_of(row: Row) -> AnsweredRequest:
    """A request whose answer is remembered."""
    return AnsweredRequest(
        scope=row["scope"],
        key=row["key"],
        expires_at=row.instant("expires_at"),
        answer=row.optional_json("answer"),
    )
