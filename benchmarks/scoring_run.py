"""A scoring run shard by shard, against the least that any such run has to do.

Run from the project's root: `python -m benchmarks.scoring_run [CUSTOMERS [RUNS]]`; 100,000
customers with up to five orders and five events each, by default. A real server is started for it.
The floor aggregates both ledgers once (the statements of the run, COPY out), and copies the rows
that the run writes into the same indexed tables. Shards are scored by processes of their own, one
and then two at a time; the plan is told apart, since it reads a sample however many customers there
are.
"""

# ruff: noqa: S608 - statements made of constants

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date

import pg8000.native

from succotash.container import Container
from succotash.domain.values import SHARDS
from succotash.infrastructure.postgres.migrations import migrate
from succotash.infrastructure.postgres.sql import statements
from tests.servers import PostgresServer, embedded_postgres, folder_of_a_server

CUSTOMERS = 100_000
EACH = 5
FEW = 10_000
REPETITIONS = 51
RUNS = 5
"""With one and with two shards at a time each; medians are told."""
AS_OF = "2026-01-01T00:00:00Z"
# Everybody comes for the first time within 600 days, and again after gaps that are exponential
# around a mean of their own, from three days to two hundred; what would lie after AS_OF has not
# happened. Chance is a hash, so that the same customers come each time.
_VISITS = """
WITH people AS (
    SELECT
        customer, (abs(hashint8(customer)) % 1000003 + 0.5) / 1000003 AS luck,
        3 + 200 * power((abs(hashint8(customer * 31 + 7)) % 1000003 + 0.5) / 1000003, 2) AS rhythm
    FROM generate_series(1, CAST(:customers AS bigint)) AS all_of_them (customer)
),
visits AS (
    SELECT
        customer, number,
        timestamptz '2024-01-01 09:00Z' + interval '1 day' * (
            600 * luck + sum(
                CASE
                    WHEN number = 1 THEN 0
                    ELSE -ln((abs(hashint8(customer * 97 + number)) % 1000003 + 0.5) / 1000003)
                        * rhythm
                END
            ) OVER (PARTITION BY customer ORDER BY number)
        ) AS moment
    FROM people CROSS JOIN generate_series(1, CAST(:each AS integer)) AS numbers (number)
)
"""
FILL_ORDERS = f"""
{_VISITS}
INSERT INTO orders (customer_id, order_id, ordered_at, amount, currency)
SELECT
    'customer-' || customer, number, moment, (customer * 31 + number * 17) % 900 + 10, 'USD'
FROM visits
WHERE moment < timestamptz '{AS_OF}'
"""
FILL_ACTIVITY = f"""
{_VISITS}
INSERT INTO activity_events (customer_id, event_id, occurred_at, kind)
SELECT
    'customer-' || customer, number, moment - interval '1 hour',
    CASE WHEN number % 3 = 0 THEN 'session' ELSE 'click' END
FROM visits
WHERE moment < timestamptz '{AS_OF}'
"""
KEPT = ("customer_ltv", "churn_predictions", "user_engagement_profiles")
WORKER = """
import json, re, sys, time
from pathlib import Path
from succotash.container import container
scoring = container.get_churn_scoring()
run_id, shards = sys.argv[1], json.loads(sys.argv[2])
began, own = time.perf_counter(), time.process_time()
for shard in shards:
    scoring.score(run_id, shard)
seconds, own = time.perf_counter() - began, time.process_time() - own
[peak] = re.findall(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())
print(json.dumps([seconds, int(peak) / 1024, own]))
container.close()
"""
STEP = """
import json, re, sys, time
from datetime import datetime
from pathlib import Path
from succotash.container import container
scoring = container.get_churn_scoring()
began = time.perf_counter()
if sys.argv[1] == "finish":
    scoring.finish(sys.argv[2])
else:
    getattr(scoring, sys.argv[1])(datetime.fromisoformat(sys.argv[2]))
seconds = time.perf_counter() - began
[peak] = re.findall(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())
print(json.dumps([seconds, int(peak) / 1024]))
container.close()
"""


def environment(server: PostgresServer, database: str) -> dict[str, str]:
    """Settings of the processes that score."""
    return os.environ | {
        "SUCCOTASH_STORAGE": "postgres",
        "DB_HOST": server.host,
        "DB_PORT": str(server.port),
        "DB_NAME": database,
        "DB_USER": server.user,
        "DB_PASSWORD": server.password,
        "DB_STATEMENT_TIMEOUT": "600",
        "PUBLISH_WORSE": "true",
        "OPENBLAS_NUM_THREADS": "1",
    }


def process(code: str, arguments: Sequence[str], given: dict[str, str]) -> Sequence[float]:
    """What a process of its own tells: seconds of its work, megabytes at its peak, and others."""
    done = subprocess.run(  # noqa: S603 - this repository's own code
        [sys.executable, "-c", code, *arguments],
        env=given,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return [float(each) for each in json.loads(done.stdout.splitlines()[-1])]


def scored(run_id: str, at_a_time: int, given: dict[str, str]) -> tuple[float, float, float]:
    """Wall-clock seconds of the slowest process, the highest peak, and all of their own seconds."""
    parts = [list(range(first, SHARDS, at_a_time)) for first in range(at_a_time)]
    with ThreadPoolExecutor(at_a_time) as threads:
        found = list(
            threads.map(lambda part: process(WORKER, [run_id, json.dumps(part)], given), parts)
        )
    seconds, peaks, own = zip(*found, strict=True)
    return max(seconds), max(peaks), sum(own)


def floor(connection: pg8000.native.Connection) -> float:
    """Seconds to aggregate both ledgers by shard, and to copy in what the run wrote."""
    rows = {}
    for table in KEPT:
        columns = [
            name
            for [name] in connection.run(
                "SELECT attname FROM pg_attribute WHERE attrelid = CAST(:name AS regclass) "
                "AND attnum > 0 AND attgenerated = '' AND NOT attisdropped",
                name=table,
            )
        ]
        names = ", ".join(columns)
        out = Lines()
        connection.run(f"COPY (SELECT {names} FROM {table}) TO STDOUT", stream=out)
        rows[table] = (names, out.chunks)
    connection.run(f"TRUNCATE {', '.join(KEPT)}")
    set_as_of = statements("moments")["set_as_of"]
    aggregates = (
        (statements("purchases"), "copy_purchase_histories"),
        (statements("activity"), "copy_activity_summaries"),
    )
    began = time.perf_counter()
    for index in range(SHARDS):
        connection.run("BEGIN")
        connection.run(set_as_of, as_of=AS_OF, until=AS_OF, time_zone="UTC")
        for known, name in aggregates:
            connection.run(known.of_shard(name, index), stream=Lines())
        connection.run("COMMIT")
    for table, (names, chunks) in rows.items():
        connection.run(f"COPY {table} ({names}) FROM STDIN", stream=chunks)
    return time.perf_counter() - began


class Lines:
    """What COPY gave, in the pieces in which it came."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Keep a piece; a thousand rows go back at a time."""
        if self.chunks and len(self.chunks[-1]) < 200_000:
            self.chunks[-1] += data
        else:
            self.chunks.append(data)


def filled(server: PostgresServer, database: str, customers: int) -> dict[str, str]:
    """Settings of processes on this database, which then holds so many customers."""
    migrate(server.url(database))
    with server.connect(database) as connection:
        for fill in (FILL_ORDERS, FILL_ACTIVITY):
            connection.run(fill, customers=customers, each=EACH)
        connection.run("VACUUM ANALYZE")
    return environment(server, database)


def queries(small: dict[str, str], large: dict[str, str]) -> dict[str, tuple[float, float]]:
    """Seconds of what people ask for with few and many orders.

    Each the median of many once warm, asked by turns.
    """
    with closing(Container(small)) as few, closing(Container(large)) as many:
        both = [asked(few), asked(many)]
        return {name: by_turns([each[name] for each in both]) for name in both[0]}


def asked(container: Container) -> dict[str, Callable[[], object]]:
    """Questions by their route."""
    values, retention = container.get_ltv_handler(), container.get_retention_handler()
    return {
        "GET /ltv/analysis": values.get_ltv_analysis,
        "with dates": lambda: values.get_ltv_analysis(start=date(2024, 3, 1), end=date(2024, 9, 1)),
        "GET /ltv/customers/{id}": lambda: values.get_customer_ltv_details("customer-77"),
        "GET /retention/analytics": retention.get_retention_analytics,
        "GET /retention/cohorts": retention.get_retention_grid,
    }


def by_turns(questions: Sequence[Callable[[], object]]) -> tuple[float, float]:
    """The median time of the first and of the second."""
    times: list[list[float]] = [[], []]
    for _ in range(REPETITIONS):
        for ask, taken in zip(questions, times, strict=True):
            began = time.perf_counter()
            ask()
            taken.append(time.perf_counter() - began)
    return statistics.median(times[0]), statistics.median(times[1])


def main(customers: int = CUSTOMERS, runs: int = RUNS) -> None:
    """Print all of it."""
    with (
        folder_of_a_server() as folder,
        embedded_postgres(folder / "data") as server,
        server.new_database() as few,
        server.new_database() as many,
    ):
        small = filled(server, few, FEW)
        process(STEP, ["run", AS_OF], small)
        compare(server, many, customers, runs, small)


def compare(
    server: PostgresServer, database: str, customers: int, runs: int, small: dict[str, str]
) -> None:
    """Print what a run over so many customers takes, and what answers take after it."""
    given = filled(server, database, customers)
    print(f"{customers:,} customers, {customers * EACH:,} orders and as many events at most")
    # Each time a run of its own, since a shard that is scored again first removes what it wrote.
    moments = (f"2026-01-01T00:00:{second:02d}Z" for second in range(60))
    taken: dict[int, list[float]] = {1: [], 2: []}
    plans, finishes = [], []
    plan_peak = shard_peak = finish_peak = own = 0.0
    for at_a_time in (1, 2) * runs:
        moment = next(moments)
        seconds, plan_peak = process(STEP, ["plan", moment], given)
        plans.append(seconds)
        seconds, shard_peak, own = scored(moment, at_a_time, given)
        taken[at_a_time].append(seconds)
        seconds, finish_peak = process(STEP, ["finish", moment], given)
        finishes.append(seconds)
    plan, finish = statistics.median(plans), statistics.median(finishes)
    one, two = statistics.median(taken[1]), statistics.median(taken[2])
    print(f"  plan: {plan:.1f} s, {plan_peak:.0f} MB")
    print(f"  16 shards, one at a time: {one:.1f} s, {shard_peak:.0f} MB")
    print(f"  of them in the processes that score: {own:.1f} s")
    print(f"  two at a time: {two:.1f} s, {one / two:.2f} times as fast")
    print(f"  finish: {finish:.1f} s, {finish_peak:.0f} MB")
    seconds, peak = process(STEP, ["run", next(moments)], given)
    print(f"  all of it in one process: {seconds:.1f} s, {peak:.0f} MB", flush=True)
    for name, (few, seconds) in queries(small, given).items():
        ratio = f"{seconds / few:.2f} times as long as with {FEW * EACH:,} orders"
        print(f"  {name}: {seconds * 1000:.1f} ms, {ratio}", flush=True)
    with server.connect(database) as connection:
        least = floor(connection)
    total = one + finish
    print(f"  floor: {least:.1f} s; score and finish take {total / least:.2f} times as long")
    print(f"  {1e6 * total / customers:.0f} microseconds a customer")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
