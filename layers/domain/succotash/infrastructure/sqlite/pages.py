"""Lists of rows by time, a page at once."""

from succotash.domain.values import After
from succotash.infrastructure.sqlite.columns import micros


def behind(after: After | None) -> dict[str, object]:
    """The parameters of a page that starts behind a row, or of the first one."""
    if after is None:
        return {"after_at": None, "after_id": None}
    return {"after_at": micros(after.moment), "after_id": after.id}
