"""A large Shopify export by bulk import, against csv.reader and a bare COPY of its orders.

Run from the project's root: `python -m benchmarks.shop_files [LINES]`; 1,000,000 lines of orders
with one to three line items, by default, with all columns that Shopify writes. A real server is
started. What it is held against reads the same file with csv.reader, which does nothing with the
rows, and copies the resulting orders, ready made, into the ledger. The import runs in a process of
its own, whose peak memory is told. Then the same file comes again under a new date.
"""

import csv
import os
import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pg8000.native

from benchmarks.bulk_import import COPY_ORDERS, bulk_import, chunks
from succotash.infrastructure.postgres.migrations import migrate
from tests.servers import THROWAWAY, embedded_postgres, folder_of_a_server

LINES = 1_000_000
ORDERS_PER_CUSTOMER = 3
SAMPLE = Path("tests/exports/shopify.csv")
SETTINGS = f"{THROWAWAY} -c shared_buffers=1GB"
"""As the memory of a small server is divided: by default the tables' indexes outgrow 128 MB."""
START = datetime(2022, 1, 1, tzinfo=UTC)


def write_export(file: Path, lines: int) -> int:
    """Write an export of so many lines; how many orders are in it."""
    random_ = random.Random(lines)  # noqa: S311 - the same lines each time
    with SAMPLE.open(newline="", encoding="utf-8") as sample:
        header, example, *_ = csv.reader(sample)
    of = {name: place for place, name in enumerate(header)}
    written, orders = 1, 0
    customers = lines // 2 // ORDERS_PER_CUSTOMER
    with file.open("w", newline="", encoding="utf-8") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(header)
        while written < lines:
            orders += 1
            customer = random_.randrange(customers)
            at = START + timedelta(seconds=random_.randrange(100_000_000))
            row = [*example]
            row[of["Notes"]] = ""
            row[of["Name"]], row[of["Id"]] = f"#{orders}", str(5_550_000_000_000 + orders)
            row[of["Email"]] = f"customer{customer}@example.com"
            row[of["Created at"]] = row[of["Paid at"]] = at.strftime("%Y-%m-%d %H:%M:%S +0100")
            row[of["Total"]] = f"{random_.randrange(1, 300)}.{random_.randrange(100):02}"
            for name in ("Billing", "Shipping"):
                row[of[f"{name} Name"]], row[of[f"{name} City"]] = "Ada Example", "Berlin"
                row[of[f"{name} Street"]] = row[of[f"{name} Address1"]] = "Example Street 1"
            writer.writerow(row)
            written += 1
            for _ in range(min(random_.randrange(3), lines - written)):
                item = [""] * len(header)
                item[of["Name"]], item[of["Email"]] = row[of["Name"]], row[of["Email"]]
                item[of["Lineitem name"]], item[of["Lineitem price"]] = "Tea, 100 g", "5.00"
                item[of["Lineitem quantity"]] = "1"
                writer.writerow(item)
                written += 1
    return orders


def ready_rows(file: Path) -> Iterator[str]:
    """The orders of the export as COPY takes them."""
    with file.open(newline="", encoding="utf-8") as source:
        for row in csv.DictReader(source):
            if row["Financial Status"]:
                name, at = row["Name"], row["Created at"]
                yield f"{row['Email']}\tshopify:{name}\t{at}\t{row['Total']}\tUSD\n"


def main() -> None:
    """Measure, and print what came out."""
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else LINES
    os.environ.setdefault("ERASURE_KEYS", "a-key-of-this-benchmark-alone")
    with folder_of_a_server() as folder, embedded_postgres(folder / "data", SETTINGS) as server:
        file = folder / "orders.csv"
        orders = write_export(file, lines)
        print(f"{lines:,} lines, {orders:,} orders, {file.stat().st_size / 1e6:.0f} MB")
        began = time.perf_counter()
        with file.open(newline="", encoding="utf-8") as source:
            assert sum(1 for _ in csv.reader(source)) == lines
        reading = time.perf_counter() - began
        ready = list(chunks(ready_rows(file)))
        with server.new_database() as database:
            migrate(server.url(database))
            with server.connect(database) as connection:
                copying = copied(connection, ready)
        del ready
        print(f"csv.reader {reading:.1f} s, bare COPY {copying:.1f} s", flush=True)
        allowed = reading + copying
        with server.new_database() as database:
            migrate(server.url(database))
            for what in ("all new", "all known"):
                seconds, megabytes, recorded = bulk_import(server, database, file)
                print(
                    f"{what}: {recorded:,} recorded, {seconds:.1f} s, "
                    f"{seconds / allowed:.2f} times both together, {megabytes:.0f} MB at the peak"
                )
                os.utime(file)


def copied(connection: pg8000.native.Connection, ready: list[bytes]) -> float:
    """Seconds to COPY the orders."""
    began = time.perf_counter()
    connection.run(COPY_ORDERS, stream=ready)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
