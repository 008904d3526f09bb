"""Values are grouped in one pass, though statistics know only runs from before."""

from collections.abc import Iterator, Mapping
from typing import Any

import pg8000.native
import pytest

from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.postgres.statements import Statement
from tests.databases import migrated_database
from tests.servers import PostgresServer

CUSTOMERS = 2_000
BUILD = statements("cohorts")["build_rollups"]
VALUES = """
INSERT INTO customer_ltv (
    run_id, customer_id, actual_clv, residual_value, average_order_value, currency, order_count,
    frequency, lifetime_months, probability_alive, expected_purchases_30, expected_purchases_90,
    expected_purchases_365, segment_id, cohort_id, first_purchase_at, last_purchase_at
)
SELECT
    :run_id, n, 10, 1, 10, 'USD', 1, 0, 1, 1, 0, 0, 0, 'vip', '2024-05', '2024-05-02',
    '2024-05-02'
FROM generate_series(1, CAST(:customers AS integer)) AS n
"""


@pytest.fixture
def scored_twice(postgres_server: PostgresServer) -> Iterator[pg8000.native.Connection]:
    """A database with a lead and a submission of each customer, analysed before its second run."""
    with (
        migrated_database(postgres_server) as settings,
        postgres_server.connect(settings.database) as connection,
    ):
        for statement in (
            """
            INSERT INTO leads (
                lead_id, email, canonical_email, first_submission_at, last_submission_at
            )
            SELECT n, n, n, '2024-05-01', '2024-05-01'
            FROM generate_series(1, CAST(:customers AS integer)) AS n
            """,
            """
            INSERT INTO customers (customer_id, first_seen_at, lead_id)
            SELECT lead_id, first_submission_at, lead_id FROM leads LIMIT :customers
            """,
            """
            INSERT INTO form_submissions (
                submission_id, form_id, answers, submitted_at, fingerprint, lead_id
            )
            SELECT lead_id, 'default', '{}', first_submission_at, lead_id, lead_id
            FROM leads LIMIT :customers
            """,
        ):
            connection.run(statement, customers=CUSTOMERS)
        connection.run(VALUES, run_id="first", customers=CUSTOMERS)
        connection.run("ANALYZE")
        connection.run(VALUES, run_id="second", customers=CUSTOMERS)
        yield connection


def test_no_pair_of_customers_is_compared(scored_twice: pg8000.native.Connection) -> None:
    statement = Statement.of(BUILD)
    given = {"run_id": "'second'", "time_zone": "'UTC'", "unknown_source": "'unknown'"}
    parameters = ", ".join(given[name] for name in statement.names)
    scored_twice.run(f"PREPARE built AS {statement.text}")
    # What is chosen for a run that statistics take for empty.
    scored_twice.run("SET enable_hashjoin = off")
    scored_twice.run("SET enable_mergejoin = off")
    scored_twice.run("SET session_replication_role = replica")  # no row of the run is needed
    explained = f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE built ({parameters})"
    [[[told]]] = scored_twice.run(explained)
    assert visited(told["Plan"]) < 20 * CUSTOMERS


def visited(node: Mapping[str, Any]) -> float:
    """Rows that the plan's steps gave or threw away, however often they ran."""
    removed = sum(value for name, value in node.items() if name.startswith("Rows Removed"))
    own = (node["Actual Rows"] + removed) * node["Actual Loops"]
    return float(own + sum(visited(each) for each in node.get("Plans", ())))
