"""The demo is taken out of both databases of a local run, and what looks like it stays."""

import json
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import churn_scoring
from local.background_workers import settings_of
from local.demo import Answer, Summary
from local.demo_campaigns import CAMPAIGNS
from local.demo_data import LocalDemo
from local.demo_removal import MemoryHoldsDemoError, remove_demo
from local.setup_postgres_db import Plan, set_up
from succotash.container import Container
from succotash.domain.values import Json
from tests.builders.values import at
from tests.contexts import Context
from tests.http.gateway import Gateway
from tests.servers import PostgresServer

pytestmark = pytest.mark.long

PASSWORD = "not-the-one-everybody-knows"
FILLED = {
    "orders",
    "activity_events",
    "customers",
    "forms",
    "form_submissions",
    "leads",
    "lead_scores",
    "lead_status_changes",
    "acquisition_costs",
    "outbox",
    "consents",
    "current_consents",
    "retention_campaigns",
    "campaign_members",
    "campaign_readings",
    "campaign_outcomes",
    "scoring_runs",
    "forecast_receipts",
    "forecast_tallies",
    "customer_ltv",
    "churn_predictions",
    "user_engagement_profiles",
}
"""Some of the tables that the demo fills."""
POSTGRES_TABLES = """
SELECT class.relname
FROM pg_class AS class
WHERE
    class.relnamespace = 'public'::regnamespace
    AND class.relkind IN ('r', 'p')
    AND NOT class.relispartition
"""
SQLITE_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"


class Run:
    """A database as `make run` has it, and the API on it."""

    def __init__(self, environment: Mapping[str, str], server: PostgresServer | None) -> None:
        self.storage = environment["SUCCOTASH_STORAGE"]
        self.admin_url = None if server is None else server.admin_url
        self.container = Container(environment)
        self.mails = Path(environment["MAIL_FOLDER"])
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

    def demo(self) -> LocalDemo:
        score = churn_scoring.scoring(self.container)
        return LocalDemo(
            self.call,
            lambda _, event: score(json.loads(event), Context()),
            self.container,
            self.admin_url,
        )

    def rows(self) -> dict[str, list[str]]:
        """What lies in all tables, in order."""
        if self._server is None:
            with closing(sqlite3.connect(self._environment["SQLITE_PATH"])) as connection:
                return _rows(lambda text: [*connection.execute(text)], SQLITE_TABLES)
        with self._server.connect(self._environment["DB_NAME"]) as connection:
            return _rows(lambda text: connection.run(text) or [], POSTGRES_TABLES)


def _rows(run: Callable[[str], Iterable[Any]], tables: str) -> dict[str, list[str]]:
    return {
        table: sorted(str([*row]) for row in run(f'SELECT * FROM "{table}"'))  # noqa: S608 - of the catalogue
        for (table,) in run(tables)
    }


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
    run.container.get_outbox_relay().run()
    before = run.rows()
    assert [len(before[each]) for each in ("orders", "leads", "retention_campaigns")] == [3, 1, 1]

    demo = run.demo()
    demo.load()
    run.container.get_campaign_dispatch().dispatch_all()
    run.container.get_outbox_relay().run()
    loaded = run.rows()
    assert [each for each in FILLED if len(loaded[each]) <= len(before[each])] == []
    assert list(run.mails.glob("*.eml"))

    assert demo.clear() > 10_000
    assert demo.place() == ""
    after = run.rows()
    assert [each for each in after if after[each] != before[each]] == []
    assert list(run.mails.glob("*.eml")) == []
    assert demo.clear() == 0


def test_the_weeks_that_the_demo_opens_on_have_every_figure_and_the_one_before(run: Run) -> None:
    demo = run.demo()
    demo.load()

    assert demo.place() == "#/?end=1998-06-30"
    overview = run.container.get_overview()
    for days, compared in ((7, at("1998-06-24")), (28, at("1998-06-01")), (90, at("1998-04-01"))):
        found = overview.get_overview(days, date(1998, 6, 30))
        revenue, risk, leads = found["revenue"], found["risk"], found["new_leads"]
        assert revenue is not None
        assert risk is not None
        assert risk["value_before"] is not None
        [own] = revenue["by_currency"]
        assert min(own["now"], own["before"], risk["value_before"]) > 0
        assert min(leads["now"], leads["before"]) > 0
        assert risk["before_as_of"] == compared
    sources = run.container.get_ltv_handler().get_source_values()["sources"]
    assert {each["source"] for each in sources if each["ltv_to_cac"]} == {"newsletter", "google"}
    assert demo.load() == Summary()


def test_memory_says_why_nothing_can_be_removed() -> None:
    with pytest.raises(MemoryHoldsDemoError, match="DEMO=0"):
        remove_demo("memory")
