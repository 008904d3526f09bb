"""A large file of orders by bulk import, against a bare COPY of the same into the same tables.

Run from the project's root: `python -m benchmarks.bulk_import [LINES]`; 500,000 lines of a sixth as
many customers, by default. A real server is started for it. The bare COPY is handed its rows ready
made and checks nothing; the import reads, checks and merges a CSV file, in a process of its own,
whose peak memory is told. Then the same file comes again under a new date, when all of it is known.
"""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import batched
from pathlib import Path

import pg8000.native

from succotash.infrastructure.postgres.migrations import migrate
from tests.servers import PostgresServer, embedded_postgres, folder_of_a_server

LINES = 500_000
ORDERS_PER_CUSTOMER = 6
CHUNK = 1000
COPY_ORDERS = "COPY orders (customer_id, order_id, ordered_at, amount, currency) FROM STDIN"
COPY_CUSTOMERS = "COPY customers (customer_id, first_seen_at) FROM STDIN"
IMPORT = """
import re, sys, time
from pathlib import Path
from rich.console import Console
from local.bulk_import import import_file
from succotash.container import container
began = time.perf_counter()
report = import_file(container, sys.argv[1], Console(stderr=True, quiet=True))
seconds = time.perf_counter() - began
assert report["rejected"] == report["conflicting"] == 0, report
[peak] = re.findall(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())
print(seconds, peak, report["recorded"])
container.close()
"""

type Line = tuple[str, str, str, str]


def lines(count: int) -> Iterator[Line]:
    """Customer, order, instant and amount, in no order of customers."""
    random_ = random.Random(count)  # noqa: S311 - the same lines each time
    customers = count // ORDERS_PER_CUSTOMER
    for number in range(count):
        day = f"2025-{random_.randrange(1, 13):02}-{random_.randrange(1, 29):02}"
        instant = f"{day}T{random_.randrange(24):02}:{random_.randrange(60):02}:00Z"
        amount = f"{random_.randrange(1, 1000)}.{random_.randrange(100):02}"
        yield f"customer-{random_.randrange(customers):07}", f"{number:08}", instant, amount


def chunks(rows: Iterator[str]) -> Iterator[bytes]:
    """Rows as COPY takes them quickest."""
    for some in batched(rows, CHUNK, strict=False):
        yield "".join(some).encode()


def bare_copy(connection: pg8000.native.Connection, count: int) -> float:
    """Seconds to COPY the orders and their customers."""
    first_seen: dict[str, str] = {}
    for customer, _, instant, _ in lines(count):
        first_seen[customer] = min(instant, first_seen.get(customer, instant))
    orders = list(chunks(f"{'\t'.join(each)}\tUSD\n" for each in lines(count)))
    customers = list(chunks(f"{each}\t{instant}\n" for each, instant in first_seen.items()))
    began = time.perf_counter()
    connection.run(COPY_ORDERS, stream=orders)
    connection.run(COPY_CUSTOMERS, stream=customers)
    return time.perf_counter() - began


def bulk_import(server: PostgresServer, database: str, file: Path) -> tuple[float, float, int]:
    """Seconds, megabytes at the peak, and orders recorded."""
    done = subprocess.run(  # noqa: S603 - this repository's own code
        [sys.executable, "-c", IMPORT, str(file)],
        env=os.environ
        | {
            "SUCCOTASH_STORAGE": "postgres",
            "DB_HOST": server.host,
            "DB_PORT": str(server.port),
            "DB_NAME": database,
            "DB_USER": server.user,
            "DB_PASSWORD": server.password,
        },
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    seconds, kilobytes, recorded = done.stdout.split()
    return float(seconds), int(kilobytes) / 1024, int(recorded)


def main(count: int) -> None:
    """Print all of it."""
    with folder_of_a_server() as folder, embedded_postgres(folder / "data") as server:
        with server.new_database() as database:
            migrate(server.url(database))
            with server.connect(database) as connection:
                bare = bare_copy(connection, count)
        print(f"{count:,} lines; bare COPY into both tables: {bare:.1f} s", flush=True)
        file = folder / "orders.csv"
        with file.open("w", encoding="utf-8") as target:
            target.write("customer_id,order_id,ordered_at,amount\n")
            target.writelines(f"{','.join(each)}\n" for each in lines(count))
        with server.new_database() as database:
            migrate(server.url(database))
            for what in ("all new", "all known"):
                seconds, megabytes, recorded = bulk_import(server, database, file)
                speed = f"{count / seconds:,.0f} lines a second, {bare / seconds:.2f} of bare COPY"
                peak = f"{megabytes:.0f} MB at the peak"
                print(f"{what}: {recorded:,} recorded, {seconds:.1f} s, {speed}, {peak}")
                os.utime(file)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else LINES)
