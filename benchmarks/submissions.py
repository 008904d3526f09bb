"""Submissions a second against the same job the way it is usually written, and what they cost.

Run from the project's root: `python -m benchmarks.submissions [SUBMISSIONS] [STORED]`; 1,500 and
1,000,000 by default, with the folders of `functions/` on `PYTHONPATH`. A real server is started for
it, as durable as it comes: every commit is on the disk. Both sides are called in process, one
request at a time, each in a process of its own on a core of its own: the function by its handler
with events of API Gateway, FastAPI by its ASGI interface. They take turns, and the best turn of
each counts. The same bodies go in, to twenty forms from many addresses; one person in ten wrote
before.
"""

import asyncio
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from succotash.infrastructure.postgres.migrations import migrate
from tests.faults.proxy import Proxy, proxy_to
from tests.servers import PostgresServer, embedded_postgres, folder_of_a_server

SUBMISSIONS = 1500
STORED = 1_000_000
WARMING = 200
TURNS = 3
DURABLE = "-c shared_buffers=256MB"
OURS, THEIRS = "succotash", "fastapi"
FORMS = 20
MAKE_FORMS = """
WITH made AS (
    INSERT INTO forms (form_id, title)
    SELECT 'form-' || n, 'Form ' || n
    FROM generate_series(0, CAST(:forms AS integer) - 1) AS n
    RETURNING form_id
)
INSERT INTO validation_rules (rule_id, form_id, field_name, kind, position)
SELECT form_id || kind, form_id, 'email', kind, place
FROM made, (VALUES ('required', 0), ('email', 1)) AS rule (kind, place)
"""
FILL_LEADS = """
INSERT INTO leads (lead_id, email, canonical_email, first_submission_at, last_submission_at)
SELECT
    'stored-' || n, 'stored-' || n || '@example.org', 'stored-' || n || '@example.org',
    now() - n * interval '10 seconds', now() - n * interval '10 seconds'
FROM generate_series(CAST(:first AS integer), CAST(:last AS integer)) AS n
"""
FILL_SUBMISSIONS = """
INSERT INTO form_submissions (
    submission_id, form_id, answers, submitted_at, fingerprint, canonical_email, lead_id, ip_address
)
SELECT
    'stored-' || n, 'form-' || n % CAST(:forms AS integer),
    jsonb_build_object('email', 'stored-' || n || '@example.org', 'message', repeat('words ', 20)),
    now() - n * interval '10 seconds', md5(CAST(n AS text)), 'stored-' || n || '@example.org',
    'stored-' || n, '198.51.100.0'::inet + n % 200
FROM generate_series(CAST(:first AS integer), CAST(:last AS integer)) AS n
"""

type Send = Callable[[int, dict[str, object]], int]
"""Sends the body with this number; the status it is answered with."""


def form_of(number: int) -> str:
    """Where it is sent to."""
    return f"form-{number % FORMS}"


def address_of(number: int) -> str:
    """Where it is sent from."""
    return f"203.0.{number // 200 % 200}.{number % 200}"


def body_of(turn: str, number: int) -> dict[str, object]:
    """What one person sends; every tenth of them wrote before."""
    person = number - 5 if number % 10 == 9 else number
    return {
        "email": f"person-{turn}-{person}@example-{person % 100}.com",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "company": "Analytical Engines",
        "phone": "+1 202 555 0173",
        "message": f"We would like an offer for {number} engines, to be delivered by May.",
        "utm_source": "newsletter",
        "utm_campaign": "spring",
    }


def our_handler(url: str) -> Send:
    """The function, called with events."""
    from aws_lambda_powertools.utilities.typing import LambdaContext

    import form_intake
    from succotash.container import Container
    from succotash.infrastructure.postgres.address import settings_of
    from tests.events import http_event

    at = settings_of(url)
    handler = form_intake.api.on(
        Container(
            {
                "SUCCOTASH_STORAGE": "postgres",
                "DB_HOST": at.host,
                "DB_PORT": str(at.port),
                "DB_NAME": at.database,
                "DB_USER": at.user,
                "DB_PASSWORD": at.password(),
                "DB_SSLMODE": "disable",
            }
        )
    )

    def send(number: int, body: dict[str, object]) -> int:
        path = f"/forms/{form_of(number)}/submissions"
        event = http_event("POST", path, json_body=body, route="/forms/{form_id}/submissions")
        event["requestContext"]["http"]["sourceIp"] = address_of(number)
        return int(handler(event, LambdaContext())["statusCode"])

    return send


def their_app(url: str) -> Send:
    """FastAPI, called as a server would."""
    from benchmarks.peers.fastapi_submissions import make_app

    app = make_app(url.replace("postgresql://", "postgresql+psycopg://"))
    loop = asyncio.new_event_loop()

    async def post(number: int, body: bytes) -> int:
        statuses: list[int] = []

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, object]) -> None:
            if message["type"] == "http.response.start":
                statuses.append(int(str(message["status"])))

        path = f"/forms/{form_of(number)}/submissions"
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [
                (b"host", b"api.example"),
                (b"content-type", b"application/json"),
                (b"user-agent", b"tests"),
            ],
            "client": (address_of(number), 50000),
            "server": ("api.example", 80),
        }
        await app(scope, receive, send)  # type: ignore[arg-type]  # narrower than ASGI's own
        return statuses[0]

    return lambda number, body: loop.run_until_complete(post(number, json.dumps(body).encode()))


def measure(side: str, url: str, turn: str, count: int) -> None:
    """In a process of its own: print the milliseconds of one submission."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    send = our_handler(url) if side == OURS else their_app(url)
    bodies = [body_of(f"{side}-{turn}", number) for number in range(WARMING + count)]
    for number in range(WARMING):
        assert send(number, bodies[number]) == 201
    began = time.perf_counter()
    statuses = {send(number, bodies[number]) for number in range(WARMING, WARMING + count)}
    seconds = time.perf_counter() - began
    assert statuses == {201}, statuses
    print(seconds / count * 1000, file=sys.__stdout__)


def milliseconds(side: str, url: str, turn: str, count: int) -> float:
    """Of one submission, by a process of its own."""
    done = subprocess.run(  # noqa: S603 - this repository's own code
        [sys.executable, "-m", "benchmarks.submissions", side, url, turn, str(count)],
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout.splitlines()[-1])


@contextmanager
def migrated(server: PostgresServer) -> Iterator[str]:
    """The address of a database with its schema."""
    with server.new_database() as name:
        migrate(server.url(name))
        with server.connect(name) as connection:
            connection.run(MAKE_FORMS, forms=FORMS)
        yield server.url(name)


def fill(server: PostgresServer, url: str, first: int, last: int) -> None:
    """Submissions of as many people, ten seconds apart."""
    with server.connect(url.rpartition("/")[2]) as connection:
        for statement in (FILL_LEADS, FILL_SUBMISSIONS):
            connection.run(statement, first=first, last=last, forms=FORMS)
        connection.run("VACUUM ANALYZE")


def through(proxy: Proxy, url: str) -> str:
    """The same database behind the proxy."""
    return url.replace(url.partition("@")[2].partition("/")[0], f"127.0.0.1:{proxy.port}")


def round_trips(side: str, send: Send, proxy: Proxy) -> int:
    """Of one more submission by somebody new, once warm."""
    for number in range(20):
        send(number, body_of(f"{side}-warming", number))
    before = proxy.round_trips
    assert send(1, body_of(f"{side}-counted", 1)) == 201
    return proxy.round_trips - before


def states(server: PostgresServer, url: str) -> dict[str, int]:
    """How many of those that were sent came to which state."""
    with server.connect(url.rpartition("/")[2]) as connection:
        return dict(
            connection.run(
                "SELECT state, count(*) FROM form_submissions "
                "WHERE submission_id NOT LIKE 'stored-%' GROUP BY state"
            )
        )


def best_of_turns(runs: Mapping[str, tuple[str, str]], count: int) -> dict[str, float]:
    """The milliseconds of each run's best turn; a run is a side and a database."""
    best = dict.fromkeys(runs, math.inf)
    for turn in range(TURNS):
        for name, (side, url) in runs.items():
            best[name] = min(best[name], milliseconds(side, url, f"{name}-{turn}", count))
    return best


def compare(server: PostgresServer, count: int) -> None:
    """Print both sides' throughput and round trips."""
    with migrated(server) as url:
        fill(server, url, 1, 1000)
        best = best_of_turns({side: (side, url) for side in (OURS, THEIRS)}, count)
        with proxy_to((server.host, server.port)) as proxy:
            trips = {
                side: round_trips(side, open_(through(proxy, url)), proxy)
                for side, open_ in ((OURS, our_handler), (THEIRS, their_app))
            }
        became = states(server, url)
    print(f"what became of all that were sent: {became}")
    for side, each in best.items():
        print(
            f"{side}: {each:.2f} ms a submission, {1000 / each:.0f} a second, "
            f"{trips[side]} round trips"
        )
    print(f"ratio {best[THEIRS] / best[OURS]:.2f}")


def grow(server: PostgresServer, count: int, stored: int) -> None:
    """Print what a submission costs next to few others and very many."""
    with migrated(server) as beside_few, migrated(server) as beside_many:
        fill(server, beside_few, 1, 1000)
        fill(server, beside_many, 1, stored)
        best = best_of_turns({"few": (OURS, beside_few), "many": (OURS, beside_many)}, count)
    print(
        f"{best['few']:.2f} ms a submission next to 1,000 stored ones, "
        f"{best['many']:.2f} ms next to {stored:,}"
    )
    print(f"ratio {best['many'] / best['few']:.2f}")


def main() -> None:
    """Compare, then grow."""
    os.environ["POWERTOOLS_LOG_LEVEL"] = "CRITICAL"
    count = int(sys.argv[1]) if len(sys.argv) > 1 else SUBMISSIONS
    stored = int(sys.argv[2]) if len(sys.argv) > 2 else STORED
    with folder_of_a_server() as folder, embedded_postgres(folder, DURABLE) as server:
        compare(server, count)
        grow(server, count, stored)


if __name__ == "__main__":
    if sys.argv[1:2] in ([OURS], [THEIRS]):
        measure(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        main()
