"""The demo is taken out of both databases of a local run, and what looks like it stays."""

import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import churn_scoring
from local.background_workers import settings_of
from local.demo import SCORED_AT, Answer, load, scheduled_event
from local.demo_campaigns import CAMPAIGNS
from local.demo_removal import MemoryHoldsDemoError, remove_demo
from local.past_campaign import run_past_campaign
from local.setup_postgres_db import Plan, set_up
from succotash.container import Container
from succotash.domain.values import Json
from tests.contexts import Context
from tests.http.gateway import Gateway
from tests.servers import PostgresServer

pytestmark = pytest.mark.long

PASSWORD = "not-the-one-everybody-knows"
TABLES = {
    "orders": "customer_id, order_id",
    "activity_events": "customer_id, event_id",
    "customers": "customer_id",
    "form_submissions": "submission_id",
    "leads": "canonical_email, submission_count",
    "consents": "consent_id",
    "current_consents": "canonical_email, purpose",
    "retention_campaigns": "campaign_id, name",
    "campaign_members": "campaign_id",
    "campaign_readings": "campaign_id",
    "customer_ltv": "customer_id",
    "churn_predictions": "customer_id",
    "user_engagement_profiles": "customer_id",
}
SCORED = ("customer_ltv", "churn_predictions", "user_engagement_profiles")


class Run:
    """A database as `make run` has it, and the API on it."""

    def __init__(self, environment: Mapping[str, str], server: PostgresServer | None) -> None:
        self.storage = environment["SUCCOTASH_STORAGE"]
        self.admin_url = None if server is None else server.admin_url
        self.container = Container(environment)
        self._environment = environment
        self._server = server
        self._gateway = Gateway(container=self.container)

    def call(
        self,
        method: str,
        path: str,
        body: Json = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        given: dict[str, Any] = {} if body is None else {"json_body": body}
        answer = self._gateway.call(method, path, headers=headers, **given)
        return Answer(answer.status, answer.json)

    def rows(self) -> dict[str, list[Any]]:
        """What lies in the tables that the demo fills."""
        statements = {
            table: f"SELECT {names} FROM {table} ORDER BY {names}"  # noqa: S608 - names above
            for table, names in TABLES.items()
        }
        if self._server is None:
            with closing(sqlite3.connect(self._environment["SQLITE_PATH"])) as connection:
                return {
                    table: [list(row) for row in connection.execute(each)]
                    for table, each in statements.items()
                }
        with self._server.connect(self._environment["DB_NAME"]) as connection:
            return {table: list(connection.run(each)) for table, each in statements.items()}


@pytest.fixture(params=["sqlite", "postgres"])
def run(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Run]:
    environment = {
        "SUCCOTASH_STORAGE": request.param,
        "SQLITE_PATH": str(tmp_path / "succotash.db"),
        **settings_of(tmp_path, "http://127.0.0.1", queues=False),
    }
    server: PostgresServer | None = None
    mark = secrets.token_hex(4)
    plan = Plan(f"demo_{mark}", f"user_{mark}", PASSWORD, f"migrator_{mark}")
    if request.param == "postgres":
        server = request.getfixturevalue("postgres_server")
        set_up(server.admin_url, plan)
        environment |= {
            "DB_HOST": server.host,
            "DB_PORT": str(server.port),
            "DB_NAME": plan.database,
            "DB_USER": plan.user,
            "DB_PASSWORD": PASSWORD,
            "DB_SSLMODE": "disable",
        }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    made = Run(environment, server)
    yield made
    made.container.close()
    if server is not None:
        with server.connect() as connection:
            connection.run(f"DROP DATABASE {plan.database} WITH (FORCE)")
            for role in (*plan.users, plan.migrator):
                connection.run(f"DROP ROLE {role}")


def ask(run: Run, method: str, path: str, body: Any) -> None:  # noqa: ANN401 - JSON
    answer = run.call(method, path, body)
    assert answer.status < 300, answer.body


def enter_what_looks_like_the_demo(run: Run) -> None:
    """Orders and visits of its customers, an id like theirs, an address, a campaign's name."""
    at = {"ordered_at": "2026-01-05T10:00:00Z", "amount": "12.00", "currency": "USD"}
    ask(
        run,
        "POST",
        "/orders",
        {
            "orders": [
                {"customer_id": "customer_123", "order_id": "customer_123-mine", **at},
                {"customer_id": "cdnow-mine", "order_id": "cdnow-0001-001", **at},
                {"customer_id": "summer-holiday", "order_id": "summer-0001-1", **at},
            ]
        },
    )
    visit = {"event_id": "mine", "occurred_at": "2026-01-05T10:00:00Z", "kind": "session"}
    ask(run, "POST", "/activity", {"events": [{"customer_id": "user_456", **visit}]})
    mine = {"first_name": "John", "email": "john@example.com", "company": "Mine Ltd"}
    ask(run, "POST", "/forms/default/submissions", mine)
    campaign, _ = CAMPAIGNS[0]
    ask(run, "POST", "/retention/campaigns", {**campaign, "description": "My own."})


def test_all_of_the_demo_goes_and_all_else_stays(run: Run) -> None:
    enter_what_looks_like_the_demo(run)
    before = run.rows()
    assert [len(before[each]) for each in ("orders", "leads", "retention_campaigns")] == [3, 1, 1]

    load(run.call, lambda _: None)
    run_past_campaign(run.container)
    churn_scoring.scoring(run.container)(scheduled_event(SCORED_AT), Context())
    loaded = run.rows()
    assert all(len(loaded[table]) > len(before[table]) for table in TABLES), loaded.keys()

    assert remove_demo(run.storage, run.admin_url) > 10_000
    after = run.rows()
    for table in SCORED:  # of customers who have something else by now, until the next run
        assert [list(each) for each in after.pop(table)] == [["customer_123"], ["user_456"]]
        assert before.pop(table) == []
    assert after == before
    assert remove_demo(run.storage, run.admin_url) == 0


def test_memory_says_why_nothing_can_be_removed() -> None:
    with pytest.raises(MemoryHoldsDemoError, match="DEMO=0"):
        remove_demo("memory")
