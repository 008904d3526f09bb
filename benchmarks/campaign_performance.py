"""What came of a campaign with 100,000 members over 5,000,000 orders, on PostgreSQL.

Run from the project's root: `python -m benchmarks.campaign_performance [MEMBERS]`; 100,000 by
default, ten times as many customers, with five orders each. A real server is started for it. The
statement is compared with a bare scan of the members' orders: the same orders within the same
windows, only counted and added up.
"""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from succotash.domain.campaigns.campaigns import RetentionCampaign
from succotash.domain.campaigns.readings import LookTerms
from succotash.domain.values import CampaignId, Currency
from succotash.infrastructure.postgres.connection_settings import (
    ConnectionSettings,
    SslMode,
    fixed_password,
)
from succotash.infrastructure.postgres.database import Database
from succotash.infrastructure.postgres.migrations import migrate
from succotash.infrastructure.postgres.pool import PoolLimits
from succotash.infrastructure.postgres.retention import PostgresRetentionRepository
from tests.servers import PostgresServer, embedded_postgres, folder_of_a_server

MEMBERS = 100_000
TIMES = 5
AT = datetime(2026, 1, 1, tzinfo=UTC)
CAMPAIGN = CampaignId("campaign")
TERMS = LookTerms(
    CAMPAIGN,
    [AT + timedelta(days=90 + 10 * number) for number in range(1, 9)],
    None,
    timedelta(days=90),
    Currency("USD"),
)
MOST_TIMES_BARE = 1.5
FILL = (
    """
    INSERT INTO customers (customer_id, first_seen_at, canonical_email)
    SELECT 'c' || lpad(n::text, 8, '0'), '2025-01-01', 'person' || n || '@example.com'
    FROM generate_series(1, {members} * 10) AS numbers (n)
    """,
    """
    INSERT INTO orders (customer_id, order_id, ordered_at, amount, currency, refund_of)
    SELECT
        'c' || lpad(n::text, 8, '0'), 'o' || number,
        '2026-01-01'::timestamptz + (number * 37 + n % 23) * interval '1 day', 5 + n % 90, 'USD',
        NULL
    FROM generate_series(1, {members} * 10) AS numbers (n)
    CROSS JOIN generate_series(-2, 2) AS orders (number)
    """,
    """
    INSERT INTO campaign_members (
        campaign_id, person_key, arm, state, assigned_at, dispatch_id, customer_id,
        canonical_email, run_id, foreseen_value, value_at_risk, currency, risk_level,
        value_segment, engagement_segment
    )
    SELECT
        'campaign', encode(sha256(n::text::bytea), 'hex'),
        CASE WHEN n % 9 = 0 THEN 'holdout' ELSE 'treatment' END,
        CASE WHEN n % 9 = 0 THEN 'held_out' ELSE 'queued' END,
        '2026-01-01'::timestamptz + n % 80 * interval '1 day', 'dispatch',
        'c' || lpad(n::text, 8, '0'), 'person' || n || '@example.com', 'initial', n % 50, n % 70,
        'USD', CASE WHEN n % 4 = 0 THEN 'high' ELSE 'medium' END, 'low_value', 'at_risk'
    FROM generate_series(10, {members} * 10, 10) AS numbers (n)
    """,
    "VACUUM ANALYZE",
)
BARE = """
SELECT count(*) AS orders, sum(orders.amount) AS revenue
FROM campaign_members AS member
INNER JOIN customers AS customer ON member.canonical_email = customer.canonical_email
INNER JOIN orders
    ON customer.customer_id = orders.customer_id
    AND member.assigned_at < orders.ordered_at
    AND member.assigned_at + interval '90 days' >= orders.ordered_at
WHERE member.campaign_id = 'campaign'
"""


def seconds(work: Callable[[], object]) -> float:
    """How long it took."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main(members: int, server: PostgresServer) -> int:
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
            retention = PostgresRetentionRepository.within(database)
            retention.save_retention_campaign(RetentionCampaign(CAMPAIGN, "Come back", AT, AT))
            with server.connect(name) as connection:
                for each in FILL:
                    connection.run(each.format(members=members))
            took: list[tuple[float, float]] = []
            for _ in range(TIMES):
                bare = seconds(lambda: database.run(BARE))
                whole = seconds(lambda: retention.total_looks(TERMS))
                took.append((whole, bare))
                print(f"performance {whole:.2f} s, bare scan {bare:.2f} s")
            [row] = database.run(BARE)
            counted = sum(each.everybody.members for each in retention.total_looks(TERMS))
        finally:
            database.close()
    whole, bare = (sorted(each)[TIMES // 2] for each in zip(*took, strict=True))
    print(
        f"{counted:,} members over {members * 50:,} orders, {row['orders']:,} of them theirs: "
        f"{whole:.2f} s, {whole / bare:.2f} times the bare {bare:.2f} s, one statement"
    )
    return int(counted != members or whole / bare > MOST_TIMES_BARE)


if __name__ == "__main__":
    with folder_of_a_server() as folder, embedded_postgres(folder) as postgres:
        sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else MEMBERS, postgres))
