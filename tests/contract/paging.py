"""Walking through lists page by page."""

from collections.abc import Callable


def all_pages[T, A](
    page_after: Callable[[A | None], list[T]], place: Callable[[T], A], *, at_most: int
) -> list[T]:
    """Rows of all pages; fails where there are more than there can be, as when a page repeats."""
    rows: list[T] = []
    after: A | None = None
    while page := page_after(after):
        rows += page
        assert len(rows) <= at_most
        after = place(page[-1])
    return rows
