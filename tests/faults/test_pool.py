"""The pool under load, out of connections, and after long silence."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Thread

import pytest

from succotash.errors import SettingsError, StorageUnavailableError
from succotash.infrastructure.postgres.connection_settings import ConnectionSettings
from succotash.infrastructure.postgres.database import Database
from succotash.infrastructure.postgres.errors import OutcomeUnknownError
from succotash.infrastructure.postgres.pool import PoolLimits
from tests.faults.conftest import Opener
from tests.faults.proxy import Proxy
from tests.faults.rows import values

BACKEND = "SELECT pg_backend_pid() AS pid"
KILL_ONE = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :name LIMIT 1
"""
STILL_THERE = """
    SELECT FROM pg_stat_activity AS each, pg_sleep(0.01) WHERE each.pid = ANY(:pids::integer[])
"""
OPEN = "SELECT count(*) AS sessions FROM pg_stat_activity WHERE application_name = :name"


class SettableClock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def ageing(settings: ConnectionSettings, clock: SettableClock) -> Iterator[Database]:
    """A database whose connections grow old by the clock."""
    limits = PoolLimits(minimum=1, trusted=30, unused=300, lifetime=3600)
    database = Database(settings, limits, clock=clock)
    yield database
    database.close()


def test_with_all_connections_in_use_waiting_ends_at_the_deadline(open_database: Opener) -> None:
    database = open_database(PoolLimits(maximum=1, wait=0.05))
    with (
        database.transaction(),
        pytest.raises(StorageUnavailableError, match="all of its connections are in use"),
    ):
        database.run("SELECT 1")

    assert values(database.run("SELECT 1 AS one"), "one") == [1]


def test_who_waits_gets_the_connection_that_comes_back(open_database: Opener) -> None:
    database = open_database(PoolLimits(maximum=1, wait=5))
    answers: list[object] = []
    waiting = Thread(target=lambda: answers.extend(values(database.run("SELECT 1 AS one"), "one")))
    with database.transaction():
        waiting.start()
    waiting.join()

    assert answers == [1]


def test_a_connection_that_cannot_be_opened_takes_no_place(open_database: Opener) -> None:
    database = open_database(PoolLimits(maximum=1, wait=0.05), database="succotash_nowhere")
    for _ in range(2):
        with pytest.raises(StorageUnavailableError, match="3D000"):
            database.run("SELECT 1")


def test_threads_share_few_connections_and_never_see_each_others_rows(
    open_database: Opener, other: Database
) -> None:
    database = open_database(PoolLimits(maximum=3, wait=30), application_name="hammer")

    def ask(number: int) -> bool:
        if number % 50 == 0:
            other.run(KILL_ONE, name="hammer")
        if number % 2:
            rows = database.run("SELECT :number::integer AS answer", number=number)
            return values(rows, "answer") == [number]
        try:
            rows = database.in_transaction(
                lambda session: session.run("SELECT :number::integer + 1 AS answer", number=number)
            )
        except OutcomeUnknownError:  # killed during COMMIT
            return True
        return values(rows, "answer") == [number + 1]

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(ask, range(1, 400)))

    assert all(answers)
    assert other.run(OPEN, name="hammer")[0]["sessions"] <= 3


def test_the_connection_used_last_is_used_next(database: Database) -> None:
    with database.transaction() as one:
        [first] = values(one.run(BACKEND), "pid")
        with database.transaction() as two:
            two.run("SELECT 1")

    assert [database.run(BACKEND)[0]["pid"] for _ in range(3)] == [first] * 3


def test_a_connection_unused_for_long_is_asked_before_it_is_used(
    settings: ConnectionSettings, clock: SettableClock, proxy: Proxy
) -> None:
    place = replace(settings, host="127.0.0.1", port=proxy.port)
    database = Database(place, PoolLimits(trusted=30), clock=clock)
    database.run("SELECT 1")
    round_trips = []
    for silence in (29, 31):
        before = proxy.round_trips
        clock.now += silence
        database.run("SELECT 1")
        round_trips.append(proxy.round_trips - before)
    database.close()

    assert round_trips == [1, 2]


def test_a_connection_past_its_lifetime_is_replaced(ageing: Database, clock: SettableClock) -> None:
    before = values(ageing.run(BACKEND), "pid")
    clock.now += 3601

    assert values(ageing.run(BACKEND), "pid") != before


def test_connections_unused_for_long_are_closed_down_to_the_minimum(
    ageing: Database, clock: SettableClock
) -> None:
    with ageing.transaction() as one, ageing.transaction() as two, ageing.transaction() as three:
        backends = [session.run(BACKEND)[0]["pid"] for session in (one, two, three)]
    clock.now += 301
    ageing.run(BACKEND)

    assert any(not ageing.run(STILL_THERE, pids=backends[1:]) for _ in range(500))
    assert values(ageing.run(BACKEND), "pid") == backends[:1]


def test_bounds_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(SettingsError, match="min_connections"):
        PoolLimits(minimum=3, maximum=2)


@pytest.mark.parametrize("wait", [0.0, 60.0], ids=["trusted", "asked before it is used"])
def test_a_connection_that_the_server_closed_for_idleness_is_replaced(
    open_database: Opener, settings: ConnectionSettings, clock: SettableClock, wait: float
) -> None:
    """`idle_session_timeout` ends the sessions of frozen functions, so that a cluster may pause."""
    database = Database(settings, PoolLimits(), clock=clock)
    [first] = values(database.run(BACKEND), "pid")
    database.run("SET idle_session_timeout = '50ms'")
    observer = open_database()
    while list(observer.run(STILL_THERE, pids=[first])):
        pass
    clock.now += wait

    [second] = values(database.run(BACKEND), "pid")

    assert second != first
    database.close()
