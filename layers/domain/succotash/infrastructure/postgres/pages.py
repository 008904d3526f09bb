"""Lists of rows by time, a page at once."""

from succotash.domain.values import After


def page_of(limit: int, after: After | None) -> dict[str, object]:
    """The parameters of a page: it begins behind a row, and the first behind the end of time."""
    if after is None:
        return {"limit": limit, "moment": "infinity", "id": ""}
    return {"limit": limit, "moment": after.moment, "id": after.id}
