"""What the thread through everything costs on PostgreSQL: statements, round trips, seconds.

Run from the project's root: `python -m benchmarks.one_thread`. A real server is started for it. For
orders and queries a proxy between the handlers and the server counts round trips; scoring is timed
without it. Each function's handler gets the
events API Gateway would send. Times are the best of five.
"""

import csv
import json
import logging
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np

from succotash.domain.models.purchases import column
from succotash.infrastructure.postgres.migrations import migrate
from tests.faults.proxy import Proxy, proxy_to
from tests.http.gateway import Gateway
from tests.servers import PostgresServer, embedded_postgres, folder_of_a_server

with warnings.catch_warnings():
    # Importing lifetimes sets an option that pandas has deprecated.
    warnings.simplefilter("ignore")
    from lifetimes import BetaGeoFitter

PURCHASES = Path("local/data/cdnow_sample.csv")
BATCH = 500
RUNS = 5
AS_OF = datetime(1998, 7, 1, tzinfo=UTC)


def batches() -> Iterator[list[dict[str, str]]]:
    """The CDNOW purchases as bodies of `POST /orders`."""
    with PURCHASES.open(encoding="utf-8", newline="") as source:
        orders = [
            {
                "customer_id": f"cdnow-{row['customer_id']}",
                "order_id": f"{row['customer_id']}-{number}",
                "ordered_at": f"{row['date']}T00:00:00Z",
                "amount": row["amount"],
            }
            for number, row in enumerate(csv.DictReader(source))
        ]
    for start in range(0, len(orders), BATCH):
        yield orders[start : start + BATCH]


@contextmanager
def functions(server: PostgresServer, database: str, port: int) -> Iterator[Gateway]:
    """The functions on this database, reached by a port of this machine."""
    gateway = Gateway(
        {
            "SUCCOTASH_STORAGE": "postgres",
            "DB_HOST": "127.0.0.1",
            "DB_PORT": str(port),
            "DB_NAME": database,
            "DB_USER": server.user,
            "DB_PASSWORD": server.password,
        }
    )
    yield gateway
    gateway.container.close()


def best_of(work: Callable[[int], object]) -> float:
    """Seconds of the fastest run."""
    seconds = []
    for number in range(RUNS):
        began = time.perf_counter()
        work(number)
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def record(gateway: Gateway, proxy: Proxy) -> None:
    """Send every batch; print round trips and the statements behind them."""
    trips: list[int] = []
    began = time.perf_counter()
    for batch in batches():
        before = proxy.round_trips
        answer = gateway.call("POST", "/orders", json_body={"orders": batch})
        assert answer.status == 200, answer.body
        assert answer.json["recorded"] == len(batch)
        trips.append(proxy.round_trips - before)
    seconds = time.perf_counter() - began
    print(f"POST /orders: {sum(map(len, batches())):,} purchases in {len(trips)} batches")
    print(f"  round trips: first batch {trips[0]} (connecting, preparing), then {set(trips[1:])}")
    print(f"  {seconds:.2f} s in all")


def again(gateway: Gateway, path: str, _number: int) -> None:
    """Ask once more."""
    route, _, query = path.partition("?")
    assert gateway.call("GET", route, query=query).status == 200


def read(gateway: Gateway, proxy: Proxy) -> None:
    """Warm queries; print round trips and time."""
    for path in (
        "/ltv/customers/cdnow-0001",
        "/ltv/analysis",
        "/retention/customers/cdnow-0001",
        f"/overview?end={AS_OF:%Y-%m-%d}",
    ):
        for number in range(2):
            again(gateway, path, number)
        before = proxy.round_trips
        again(gateway, path, 2)
        trips = proxy.round_trips - before
        seconds = best_of(partial(again, gateway, path))
        print(f"GET {path}: {trips} round trips, {seconds * 1000:.1f} ms")


def score(gateway: Gateway) -> None:
    """The scheduled run against the time lifetimes needs for its fit alone."""
    scoring = gateway.container.get_churn_scoring()
    scoring.run(AS_OF - timedelta(hours=1))
    ours = best_of(lambda number: scoring.run(AS_OF + timedelta(hours=number)))
    histories = gateway.container.get_ltv_repository().purchase_histories(AS_OF, "UTC").days
    columns: Sequence[object] = (
        column(histories.frequency),
        column(histories.recency),
        column(histories.age),
    )
    BetaGeoFitter().fit(*columns)
    theirs = best_of(lambda _: BetaGeoFitter().fit(*columns))
    customers = len(histories.customer_ids)
    print(f"Scoring {customers:,} customers, fits, backtest, rollups and grids included:")
    print(f"  {ours:.3f} s; lifetimes, one fit alone: {theirs:.3f} s; ratio {ours / theirs:.2f}")
    report = gateway.call("GET", "/retention/model").json["runs"][0]
    print("  " + json.dumps(report["models"]["purchases"]["parameters"]))


def main() -> None:
    """Print all of it."""
    np.seterr(all="ignore")  # lifetimes overflows on its way
    logging.disable()
    with (
        folder_of_a_server() as folder,
        embedded_postgres(folder / "data") as server,
        server.new_database() as database,
    ):
        migrate(server.url(database))
        with (
            proxy_to(("127.0.0.1", server.port)) as proxy,
            functions(server, database, proxy.port) as counted,
            functions(server, database, server.port) as direct,
        ):
            record(counted, proxy)
            score(direct)
            read(counted, proxy)


if __name__ == "__main__":
    main()
