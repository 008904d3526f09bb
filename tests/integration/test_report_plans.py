"""Reports of a range of time are planned for it, however often a connection was asked before."""

from succotash.infrastructure.postgres.database import Database
from succotash.infrastructure.postgres.forms import PostgresFormRepository
from succotash.infrastructure.postgres.leads import PostgresLeadRepository
from succotash.infrastructure.postgres.pool import PoolLimits
from tests.builders import NOON, days
from tests.databases import migrated_database
from tests.servers import PostgresServer

TIMES = 8
"""PostgreSQL thinks of a plan for any values at the sixth."""
KEPT = """
SELECT statement
FROM pg_prepared_statements
WHERE statement LIKE '%first_submission_at%' AND statement NOT LIKE '%pg_prepared_statements%'
"""
"""Only a statement that is kept gets such a plan."""


def test_counts_of_leads_are_planned_for_the_range_asked_for(
    postgres_server: PostgresServer,
) -> None:
    with migrated_database(postgres_server) as settings:
        database = Database(settings, PoolLimits(maximum=1))
        forms = PostgresFormRepository.within(database)
        leads = PostgresLeadRepository.within(database)
        for _ in range(TIMES):
            forms.get_form_analytics(start=NOON - days(30), end=NOON)
            forms.get_lead_conversion_funnel(start=NOON - days(30), end=NOON)
            forms.get_lead_breakdown(start=NOON - days(30), end=NOON)
            leads.get_daily_counts(NOON - days(30), NOON, "UTC")
        kept = database.run(KEPT)
        database.close()

    assert kept == []
