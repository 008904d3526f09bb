"""Dispatching a campaign to a tenth of all scored customers, on PostgreSQL.

Run from the project's root: `python -m benchmarks.campaign_dispatch [CUSTOMERS]`; 1,000,000 by
default, of whom 100,000 are of the audience and agreed. A real server is started for it. Statements
are counted, and the time is compared with bare INSERT … SELECT of the same rows, members and
messages, into empty tables with the same indexes.
"""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import override

from succotash.application.campaigns.rules import CampaignRules
from succotash.domain.campaigns.alternatives import AudienceField
from succotash.domain.campaigns.audiences import Audience, Condition, Operator
from succotash.domain.campaigns.campaigns import CampaignStatus, RetentionCampaign
from succotash.domain.campaigns.definition import Budget, CampaignDefinition, FrequencyCap
from succotash.domain.people.erasures import Tombstones
from succotash.domain.values import CampaignId, Currency, Money
from succotash.infrastructure.postgres.connection_settings import (
    ConnectionSettings,
    SslMode,
    fixed_password,
)
from succotash.infrastructure.postgres.database import Database
from succotash.infrastructure.postgres.migrations import migrate
from succotash.infrastructure.postgres.pool import PoolLimits
from succotash.infrastructure.postgres.retention import PostgresRetentionRepository
from succotash.infrastructure.postgres.session import Row, Session
from tests.servers import PostgresServer, embedded_postgres, folder_of_a_server

CUSTOMERS = 1_000_000
TIMES = 3
AT = datetime(2026, 1, 1, tzinfo=UTC)
USD = Currency("USD")
MOST_STATEMENTS, MOST_TIMES_BARE = 5, 3.0
FILL = (
    """
    INSERT INTO customers (customer_id, first_seen_at, canonical_email)
    SELECT 'c' || lpad(n::text, 8, '0'), '2025-01-01',
        'person' || n || '@example' || n % 900 || '.com'
    FROM generate_series(1, {customers}) AS numbers (n)
    """,
    """
    INSERT INTO churn_predictions (
        run_id, customer_id, churn_probability, probability_alive, risk_level, risk_score,
        horizon_days, last_seen_on, reasons, engagement_score, value_at_risk, value_at_risk_currency
    )
    SELECT
        'initial', 'c' || lpad(n::text, 8, '0'), (n % 97) / 97.0, 0.5,
        CASE WHEN n % 10 = 0 THEN 'high' ELSE 'low' END, 5, 90, '1969-10-01', '["silent"]', 50,
        (n::bigint * 7919) % 100000 / 100.0, 'USD'
    FROM generate_series(1, {customers}) AS numbers (n)
    """,
    """
    INSERT INTO customer_ltv (
        run_id, customer_id, actual_clv, residual_value, average_order_value, currency, order_count,
        frequency, lifetime_months, probability_alive, expected_purchases_30, expected_purchases_90,
        expected_purchases_365, segment_id, cohort_id, first_purchase_at, last_purchase_at
    )
    SELECT
        'initial', 'c' || lpad(n::text, 8, '0'), 30, (n::bigint * 7919) % 100000 / 100.0, 15, 'USD',
        2, 1, 3, 0.5, 0.1, 0.3, 1, 'low_value', '2025-01', '2025-01-01', '2025-06-01'
    FROM generate_series(1, {customers}) AS numbers (n)
    """,
    """
    INSERT INTO user_engagement_profiles (
        run_id, customer_id, sessions, clicks, conversions, engagement_score, segment
    )
    SELECT 'initial', 'c' || lpad(n::text, 8, '0'), 3, 2, 1, 50, 'at_risk'
    FROM generate_series(1, {customers}) AS numbers (n)
    """,
    """
    INSERT INTO current_consents (canonical_email, purpose, said, said_at)
    SELECT 'person' || n || '@example' || n % 900 || '.com', 'marketing', 'granted', '2025-01-01'
    FROM generate_series(1, {customers}) AS numbers (n)
    """,
    """
    INSERT INTO suppressions (address_key, purpose, reason, since)
    SELECT encode(sha256(n::text::bytea), 'hex'), 'marketing', 'bounce', '2025-01-01'
    FROM generate_series(1, {customers} / 100) AS numbers (n)
    """,
    "VACUUM ANALYZE",
)
BARE = (
    "CREATE TABLE bare_members (LIKE campaign_members INCLUDING ALL)",
    "CREATE TABLE bare_outbox (LIKE outbox INCLUDING ALL)",
)
BARE_MEMBERS = "INSERT INTO bare_members SELECT * FROM campaign_members"
BARE_MESSAGES = "INSERT INTO bare_outbox SELECT * FROM outbox"
EMPTY = (
    "TRUNCATE campaign_members, outbox, bare_members, bare_outbox CASCADE",
    "UPDATE retention_campaigns SET targeted = 0",
)


class Counting(Session):
    """A session that counts its statements."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.statements = 0

    @override
    def run(self, statement: str, /, **parameters: object) -> list[Row]:
        self.statements += 1
        return self._session.run(statement, **parameters)


def campaign() -> RetentionCampaign:
    """For those at high risk, with a cap and a budget that suffices."""
    condition = Condition(AudienceField.RISK_LEVEL, Operator.EQUAL, ("high",))
    definition = CampaignDefinition(
        audience=Audience(condition),
        frequency_cap=FrequencyCap(2, 7),
        budget=Budget(Money.of_units(1, USD), Money.of_units(10_000_000, USD)),
    )
    return RetentionCampaign(
        CampaignId("campaign"),
        "Come back",
        AT,
        AT,
        status=CampaignStatus.ACTIVE,
        ends_at=AT + timedelta(days=90),
        definition=definition,
    )


def dispatch(database: Database) -> int:
    """One dispatch; how many statements it took."""
    rules = CampaignRules(tombstones=Tombstones(lambda: ("a key of sixteen characters",)))

    def work(session: Session) -> int:
        counting = Counting(session)
        retention = PostgresRetentionRepository.within(counting)
        found = retention.lock_dispatch(CampaignId("campaign"))
        assigned = retention.assign_members(rules.terms(found, AT), "dispatch")
        queued = retention.queue_messages(found.campaign_id, "dispatch", AT)
        if queued != assigned.treatment:
            raise AssertionError("a message is missing")
        return counting.statements

    return database.in_transaction(work)


def seconds(work: Callable[[], object]) -> float:
    """How long it took."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main(customers: int, server: PostgresServer) -> int:
    """Print what was measured; 1 where it is more than it may be."""
    with server.new_database() as name:
        migrate(server.url(name))
        settings = ConnectionSettings(
            host=server.host,
            port=server.port,
            database=name,
            user=server.user,
            password=fixed_password(server.password),
            sslmode=SslMode.DISABLE,
            statement_timeout=900.0,
        )
        database = Database(settings, PoolLimits(maximum=1))
        try:
            PostgresRetentionRepository.within(database).save_retention_campaign(campaign())
            with server.connect(name) as connection:
                for each in (*FILL, *BARE):
                    connection.run(each.format(customers=customers))
            took: list[tuple[float, float, int]] = []
            for _ in range(TIMES):
                with server.connect(name) as connection:
                    for each in EMPTY:
                        connection.run(each)
                started = time.perf_counter()
                statements = dispatch(database)
                whole = time.perf_counter() - started
                bare = seconds(lambda: database.run(BARE_MEMBERS)) + seconds(
                    lambda: database.run(BARE_MESSAGES)
                )
                took.append((whole, bare, statements))
                print(f"dispatch {whole:.2f} s, bare {bare:.2f} s, {statements} statements")
        finally:
            database.close()
    whole, bare = (sorted(each)[TIMES // 2] for each in list(zip(*took, strict=True))[:2])
    most = max(each[2] for each in took)
    print(
        f"{customers:,} customers, a tenth of them reached: {whole:.2f} s, "
        f"{whole / bare:.2f} times the bare {bare:.2f} s, {most} statements"
    )
    return int(most > MOST_STATEMENTS or whole / bare > MOST_TIMES_BARE)


if __name__ == "__main__":
    with folder_of_a_server() as folder, embedded_postgres(folder) as postgres:
        sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else CUSTOMERS, postgres))
