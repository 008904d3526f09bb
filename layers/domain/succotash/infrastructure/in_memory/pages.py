"""Lists of rows by time, a page at once."""

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import islice

from succotash.domain.forms.submissions import FormSubmission
from succotash.domain.values import After


def page[T](
    rows: Iterable[T],
    place_of: Callable[[T], tuple[datetime, str]],
    limit: int | None = None,
    after: After | None = None,
) -> list[T]:
    """Newest first, then by id descending, behind `after`."""
    behind = (row for row in rows if not after or place_of(row) < (after.moment, after.id))
    return list(islice(sorted(behind, key=place_of, reverse=True), limit))


def submission_place(submission: FormSubmission) -> tuple[datetime, str]:
    """The position of a submission in a list by time."""
    return submission.submitted_at, submission.submission_id
