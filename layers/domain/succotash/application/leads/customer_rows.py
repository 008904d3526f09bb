"""Customers as lines of CSV."""

from collections.abc import Callable, Iterator

from succotash.application.leads.export_progress import PAGE, Progress
from succotash.application.paging import encode_cursor
from succotash.application.rounding import rounded_or_none
from succotash.domain.consents.consents import MARKETING
from succotash.domain.leads.spreadsheets import Cell, csv_row
from succotash.domain.people.erasures import Tombstones
from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.customers import CustomerFilter, CustomerRow
from succotash.domain.values import CustomerId

CUSTOMER_COLUMNS = (
    "customer_id", "email", "segment", "risk_level", "probability_alive", "predicted_value",
    "value_at_risk", "currency", "last_purchase_at", "marketing_consent", "suppressed",
)  # fmt: skip
BEGINNING = "1970-01-01T00:00:00+00:00"
"""In place of an instant, in the cursor of a list that is ordered by id alone."""


def customer_pages(
    repositories: Repositories,
    tombstones: Tombstones,
    wanted: CustomerFilter,
    after: CustomerId | None,
    has_time: Callable[[], bool],
    progress: Progress,
) -> Iterator[str]:
    """Lines of the customers that are wanted, by id, a page at a time, as long as there is time."""
    while True:
        page = repositories.retention.get_customers_by_id(wanted, limit=PAGE, after=after)
        progress.rows += len(page)
        full = len(page) == PAGE
        if page:
            after = page[-1].customer_id
        progress.cursor = encode_cursor(BEGINNING, after) if full and after is not None else None
        suppressed = _suppressed(repositories, tombstones, page)
        yield "".join(csv_row(_cells(each, suppressed)) for each in page)
        if not full or not has_time():
            return


def _suppressed(
    repositories: Repositories, tombstones: Tombstones, page: list[CustomerRow]
) -> set[str]:
    """The addresses of these customers that are not written to."""
    keys = {
        key: each.canonical_email
        for each in page
        if each.canonical_email is not None
        for key in tombstones.of_suppression(each.canonical_email)
    }
    if not keys:
        return set()
    return {
        keys[each.address_key]
        for each in repositories.consents.find_suppressions(keys)
        if each.purpose == MARKETING
    }


def _cells(row: CustomerRow, suppressed: set[str]) -> list[Cell]:
    value, at_risk = row.predicted_clv, row.value_at_risk
    currency = next((each.currency for each in (value, at_risk) if each is not None), None)
    return [
        row.customer_id,
        row.canonical_email,
        row.segment_id,
        row.risk_level,
        rounded_or_none(row.probability_alive),
        None if value is None else value.rounded(),
        None if at_risk is None else at_risk.rounded(),
        currency,
        row.last_purchase_at,
        row.marketing,
        row.canonical_email in suppressed,
    ]
