"""Businesses of any size, written by one statement a table, as benchmarks write theirs."""

from datetime import UTC, datetime

import pg8000.native

from benchmarks.leads import FILL_LEADS, FILL_SUBMISSIONS
from benchmarks.scoring_run import FILL_ORDERS

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
"""The instant before which all of it happened."""
EACH = 2
"""Orders of a customer at most."""
FEWER_LEADS = 10
"""So many customers for each lead."""


def fill_business(connection: pg8000.native.Connection, customers: int) -> None:
    """So many customers with their orders, and people who wrote; not scored yet."""
    connection.run(FILL_ORDERS, customers=customers, each=EACH)
    for fill in (FILL_LEADS, FILL_SUBMISSIONS):
        connection.run(fill, leads=customers // FEWER_LEADS)
    connection.run("ANALYZE")
