"""Who a session of the database works for, as its administrator sees it."""

import time
from threading import Event, Thread

from succotash.infrastructure.postgres.database import Database
from succotash.infrastructure.postgres.errors import BusyError
from succotash.infrastructure.postgres.pool import PoolLimits
from succotash.infrastructure.postgres.session import Session
from succotash.observation import Invocation, Metric, observed
from tests.faults.conftest import Opener
from tests.faults.rows import values

NAME = "SELECT current_setting('application_name') AS name"
SEEN = "SELECT application_name AS name FROM pg_stat_activity WHERE pid = :pid"
OWN = "SELECT pg_backend_pid() AS pid"


def test_a_statement_runs_under_the_name_of_its_invocation(database: Database) -> None:
    with observed("ltv_queries", "JKJaXmPLvHcESHA="):
        [name] = values(database.run(NAME), "name")

    assert name == "succotash:ltv_queries:JKJaXmPLvHcESHA="


def test_others_see_the_name_while_a_transaction_is_open(
    database: Database, other: Database
) -> None:
    with observed("form_intake", "request-7"), database.transaction() as session:
        [pid] = values(session.run(OWN), "pid")
        [name] = values(other.run(SEEN, pid=pid), "name")

    assert name == "succotash:form_intake:request-7"


def test_a_warm_session_takes_the_name_of_the_next_invocation(open_database: Opener) -> None:
    database = open_database(PoolLimits(maximum=1))
    names = []
    for request in ("one", "two"):
        with observed("lead_queries", request):
            names += [database.run(NAME)[0]["name"], _in_transaction(database)]

    assert names == [
        f"succotash:lead_queries:{request}" for request in ("one", "one", "two", "two")
    ]


def test_a_transaction_that_fails_leaves_no_name_behind(open_database: Opener) -> None:
    database = open_database(PoolLimits(maximum=1))
    with observed("form_intake", "failing"):
        try:
            with database.transaction():
                raise ValueError
        except ValueError:
            pass

    assert values(database.run(NAME), "name") == ["succotash"]


def test_a_hostile_id_is_no_statement(database: Database) -> None:
    with observed("form_intake", "x'; DROP TABLE leads; --"):
        assert _in_transaction(database) == "succotash:form_intake:xDROPTABLEleads--"


def test_behind_a_proxy_a_session_keeps_its_name(open_database: Opener) -> None:
    database = open_database(proxied=True, application_name="behind")
    with observed("form_intake", "one"):
        assert values(database.run(NAME), "name") == ["behind"]
        assert _in_transaction(database) == "behind"


def test_waiting_for_a_connection_is_counted(open_database: Opener) -> None:
    database = open_database(PoolLimits(maximum=1, wait=30))
    taken = Event()

    def hold(until: Invocation) -> None:
        with database.transaction():
            taken.set()
            while not until.counts:
                time.sleep(0.001)

    with observed("form_intake", "waiting") as waiting:
        holder = Thread(target=hold, args=(waiting,))
        holder.start()
        taken.wait()
        database.run(OWN)
        holder.join()

    assert waiting.counts == {Metric.POOL_WAITS: 1}


def test_an_attempt_made_again_is_counted(database: Database) -> None:
    with observed("form_intake", "conflicting") as invocation:
        attempts = iter((BusyError("40001"), None))

        def work(_: Session) -> None:
            if (error := next(attempts)) is not None:
                raise error

        database.in_transaction(work)

    assert invocation.counts == {Metric.DATABASE_RETRIES: 1}


def _in_transaction(database: Database) -> str:
    with database.transaction() as session:
        return str(session.run(NAME)[0]["name"])
