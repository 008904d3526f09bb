"""Retention grids over a small and a large ledger: those that runs keep, and those counted again.

Run from the project's root: `python -m benchmarks.retention_grids [ORDERS]`; 1,000,000 orders of a
sixth as many customers, by default, as many events, and a form of every customer, against 50,000. A
real server is started for it. What a run keeps must cost the same over both; what is counted on
request grows with the ledgers.
"""

import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pg8000.native

from succotash.application.retention.grids import GridQuestion
from succotash.application.retention.retention_handler import RetentionHandler
from succotash.domain.retention.grids import CohortAnchor, CohortMembership
from succotash.domain.retention.retention import (
    GridMode,
    GridPeriod,
    RunState,
    ScoringRun,
    run_id_of,
)
from succotash.domain.values import Currency, system_clock, uuid7
from succotash.infrastructure.postgres.connection_settings import (
    ConnectionSettings,
    SslMode,
    fixed_password,
)
from succotash.infrastructure.postgres.migrations import migrate
from succotash.infrastructure.postgres.storage import PostgresStorage
from tests.servers import PostgresServer, embedded_postgres, folder_of_a_server

SMALL, LARGE = 50_000, 1_000_000
ORDERS_PER_CUSTOMER = 6
REPETITIONS = 51
AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
# Two years of orders; a customer's spread over theirs.
FILL = """
INSERT INTO orders (customer_id, order_id, ordered_at, amount, currency)
SELECT
    'customer-' || customer, number,
    timestamptz '2024-01-01' + (customer * 7919 % 600) * interval '1 day'
        + (number - 1) * (customer % 29) * interval '20 hours',
    (customer * 31 + number * 17) % 900 + 10, 'USD'
FROM
    generate_series(1, CAST(:customers AS bigint)) AS customers (customer),
    generate_series(1, CAST(:each AS integer)) AS numbers (number)
"""
# An hour after each order, and a form a week before each customer's first.
FILL_ACTIVITY = """
INSERT INTO activity_events (customer_id, event_id, occurred_at, kind)
SELECT customer_id, order_id, ordered_at + interval '1 hour', 'click' FROM orders
"""
FILL_FORMS = """
WITH firsts AS (
    SELECT customer_id, min(ordered_at) - interval '7 days' AS asked_at
    FROM orders
    GROUP BY customer_id
),
asked AS (
    INSERT INTO leads (
        lead_id, email, canonical_email, first_submission_at, last_submission_at
    )
    SELECT
        customer_id, customer_id || '@example.com', customer_id || '@example.com',
        asked_at, asked_at
    FROM firsts
),
known AS (
    INSERT INTO customers (customer_id, first_seen_at, lead_id)
    SELECT customer_id, asked_at, customer_id FROM firsts
)
INSERT INTO form_submissions (submission_id, form_id, answers, submitted_at, fingerprint, lead_id)
SELECT customer_id, 'default', '{}', asked_at, customer_id, customer_id FROM firsts
"""
KEPT = {
    f"{period}, {mode}, from first {origin}": GridQuestion(period, mode, origin)
    for origin in CohortAnchor
    for period in (GridPeriod.MONTH, GridPeriod.DAY)
    for mode in (GridMode.NDAY, GridMode.UNBOUNDED)
}
COUNTED = {
    "own brackets": GridQuestion(GridPeriod.MONTH, GridMode.BRACKETS, brackets=((1, 14), (15, 60))),
    "recurring": GridQuestion(entry=CohortMembership.RECURRING),
    "recurring, from activity": GridQuestion(
        origin=CohortAnchor.ACTIVITY, entry=CohortMembership.RECURRING
    ),
}


def filled(connection: pg8000.native.Connection, orders: int) -> None:
    """Let the ledgers hold so many orders and events."""
    customers = orders // ORDERS_PER_CUSTOMER
    connection.run(FILL, customers=customers, each=ORDERS_PER_CUSTOMER)
    connection.run(FILL_ACTIVITY)
    connection.run(FILL_FORMS)
    connection.run("VACUUM ANALYZE")


def handler_on(server: PostgresServer, database: str) -> tuple[PostgresStorage, RetentionHandler]:
    """The use cases on a database whose run has kept its grids."""
    storage = PostgresStorage(
        ConnectionSettings(
            server.host,
            server.port,
            database,
            server.user,
            fixed_password(server.password),
            sslmode=SslMode.DISABLE,
            statement_timeout=600,
        )
    )
    retention = storage.repositories.retention
    run = ScoringRun(run_id_of(AS_OF), AS_OF, RunState.RUNNING, {"time_zone": "UTC"}, {}, {})
    retention.open_scoring_run(run)
    retention.build_retention_grids(run.run_id, AS_OF, "UTC")
    retention.finish_scoring_run(run.run_id, 0)
    return storage, RetentionHandler(storage, system_clock, uuid7, Currency("USD"))


def median(call: Callable[[], object], repetitions: int) -> float:
    """Seconds, once it is warm."""
    call()
    times = []
    for _ in range(repetitions):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def measured(server: PostgresServer, orders: int) -> tuple[dict[str, float], dict[str, float]]:
    """Seconds of every kept and every counted grid over so many orders."""
    with server.new_database() as database:
        migrate(server.url(database))
        with server.connect(database) as connection:
            filled(connection, orders)
        storage, handler = handler_on(server, database)

        def times(questions: dict[str, GridQuestion], repetitions: int) -> dict[str, float]:
            return {
                name: median(lambda: handler.get_retention_grid(question), repetitions)  # noqa: B023
                for name, question in questions.items()
            }

        found = times(KEPT, REPETITIONS), times(COUNTED, 1)
        storage.close()
    return found


def main(orders: int) -> None:
    """Print all of it."""
    with folder_of_a_server() as folder, embedded_postgres(folder / "data") as server:
        kept_small, counted_small = measured(server, SMALL)
        kept_large, counted_large = measured(server, orders)
    print(f"Grids over {orders:,} orders against {SMALL:,}:")
    for name, seconds in kept_large.items():
        ratio = seconds / kept_small[name]
        print(f"  kept, by {name}: {seconds * 1000:.1f} ms, {ratio:.2f} times")
    for name, seconds in counted_large.items():
        print(f"  counted, {name}: {seconds:.2f} s against {counted_small[name]:.2f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else LARGE)
