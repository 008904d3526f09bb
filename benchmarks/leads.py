"""Scoring every lead again, exporting all of them, and counting days, on PostgreSQL.

Run from the project's root: `python -m benchmarks.leads [LEADS]`; 100,000 leads with two
submissions each by default. A real server is started for it. Scoring is compared with reading the
same leads by pages and with what PostgreSQL takes to rewrite their scores by one statement.
"""

import resource
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import override

from succotash.application.intake.form_handler import FormHandler
from succotash.application.leads.exports import ExportHandler
from succotash.application.leads.scoring import LeadScoring
from succotash.domain.forms.forms import DEFAULT_FORM
from succotash.domain.leads.leads import LeadQuery
from succotash.domain.leads.scoring import DEFAULT_SCORING
from succotash.domain.people.erasures import ErasedPerson
from succotash.domain.repositories.erasable import Forgotten
from succotash.domain.repositories.exports import ExportLink, ExportStore
from succotash.domain.values import LeadId, system_clock, uuid7
from succotash.infrastructure.postgres.connection_settings import (
    ConnectionSettings,
    SslMode,
    fixed_password,
)
from succotash.infrastructure.postgres.migrations import migrate
from succotash.infrastructure.postgres.storage import PostgresStorage
from tests.servers import PostgresServer, embedded_postgres, folder_of_a_server

LEADS = 100_000
PAGE = 1_000
AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
FILL_LEADS = """
INSERT INTO leads (
    lead_id, email, canonical_email, first_submission_at, last_submission_at, first_name,
    last_name, company, phone, answers, source, campaign, submission_count
)
SELECT
    'lead-' || lpad(CAST(n AS text), 8, '0'), 'Person' || n || '@example' || n % 900 || '.com',
    'person' || n || '@example' || n % 900 || '.com',
    timestamptz '2025-01-01' + n % 300 * interval '1 day',
    timestamptz '2025-12-01' + n % 30 * interval '1 day',
    'Ada', CASE WHEN n % 3 > 0 THEN 'Lovelace' END, CASE WHEN n % 2 > 0 THEN 'Acme ' || n % 99 END,
    CASE WHEN n % 5 = 0 THEN '+49 30 ' || n END, '{"message": "What does it cost for a team?"}',
    CASE WHEN n % 4 = 0 THEN 'google' ELSE 'direct' END, CASE WHEN n % 8 = 0 THEN 'spring' END, 2
FROM generate_series(1, CAST(:leads AS integer)) AS numbers (n)
"""
FILL_SUBMISSIONS = """
INSERT INTO form_submissions (
    submission_id, form_id, answers, submitted_at, fingerprint, canonical_email, lead_id
)
SELECT
    'submission-' || n || '-' || each, 'default',
    jsonb_build_object(
        'email', 'person' || n, 'first_name', 'Ada', 'company', 'Acme ' || n % 99,
        'message', 'What does it cost for a team?'
    ),
    timestamptz '2025-01-01' + (n * 7 + each * 40) % 365 * interval '1 day', 'f-' || n || each,
    'person' || n || '@example' || n % 900 || '.com', 'lead-' || lpad(CAST(n AS text), 8, '0')
FROM
    generate_series(1, CAST(:leads AS integer)) AS numbers (n),
    generate_series(1, 2) AS times (each)
"""
REWRITE = """
UPDATE lead_scores SET scored_at = scored_at + interval '1 microsecond'
"""


class Weighed(ExportStore):
    """A shelf that keeps nothing but the size of what is put on it."""

    def __init__(self) -> None:
        self.size = 0

    @override
    def put(self, name: str, content: Iterable[bytes], now: datetime) -> ExportLink:
        self.size = sum(map(len, content))
        return ExportLink(name, now)

    @override
    def forget(self, person: ErasedPerson, has_time: Callable[[], bool]) -> Forgotten:
        return Forgotten(0)


def seconds(call: Callable[[], object]) -> float:
    """How long a call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def read_all(storage: PostgresStorage) -> None:
    """Every lead with its score, by pages."""
    leads, after = storage.repositories.leads, None
    while page := leads.get_leads_by_id(LeadQuery(), limit=PAGE, after=after):
        after = LeadId(page[-1].lead.lead_id)


def connected(server: PostgresServer, database: str) -> PostgresStorage:
    """A storage on the database."""
    return PostgresStorage(
        ConnectionSettings(
            server.host,
            server.port,
            database,
            server.user,
            fixed_password(server.password),
            sslmode=SslMode.DISABLE,
        )
    )


def measure_scoring(storage: PostgresStorage, leads: int, rewrite: Callable[[], object]) -> None:
    """Everybody scored for the first time, after a change of rules, and for nothing."""
    scoring = LeadScoring(storage, lambda: AS_OF)
    first = seconds(lambda: scoring.rescore(AS_OF))
    rules = DEFAULT_SCORING
    scoring.put_rules(rules.rules, hot_total=rules.hot_total, grade_totals=rules.grade_totals)
    again = seconds(lambda: scoring.rescore(AS_OF))
    nothing = seconds(lambda: scoring.rescore(AS_OF))
    print(f"scored for the first time {first:.1f} s, after a change {again:.1f} s", end="")
    print(f" ({leads / again:,.0f} a second), again for nothing {nothing:.2f} s")
    print(f"reading them alone {seconds(lambda: read_all(storage)):.1f} s, ", end="")
    print(f"rewriting their scores within PostgreSQL {seconds(rewrite):.1f} s")


def measure_exports(storage: PostgresStorage, leads: int) -> None:
    """All leads and all submissions as CSV."""
    shelf = Weighed()
    exports = ExportHandler(storage, system_clock, uuid7, shelf, "UTC")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    taken = seconds(lambda: exports.export_leads(LeadQuery()))
    print(f"leads exported in {taken:.1f} s: {leads / taken:,.0f} a second, ", end="")
    print(f"{shelf.size / 1e6:.0f} MB")
    taken = seconds(lambda: exports.export_submissions(DEFAULT_FORM))
    print(f"submissions in {taken:.1f} s: {2 * leads / taken:,.0f} a second, ", end="")
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"{shelf.size / 1e6:.0f} MB; the process grew by {grown:.0f} MB for both")


def measure_analytics(storage: PostgresStorage) -> None:
    """A year, day by day."""
    forms = FormHandler(storage, system_clock, uuid7, time_zone="Europe/Berlin")
    start, end = date(2025, 1, 1), date(2025, 12, 31)
    year = seconds(lambda: forms.get_form_analytics(start=start, end=end))
    print(f"analytics of a year by day: {year:.2f} s")


def main(leads: int) -> None:
    """Measure and print."""
    with (
        folder_of_a_server() as folder,
        embedded_postgres(folder) as server,
        server.new_database() as database,
    ):
        migrate(server.url(database))
        storage = connected(server, database)
        with server.connect(database) as connection:
            connection.run(FILL_LEADS, leads=leads)
            connection.run(FILL_SUBMISSIONS, leads=leads)
            connection.run("VACUUM ANALYZE")
            print(f"{leads:,} leads, {2 * leads:,} submissions")
            measure_scoring(storage, leads, lambda: connection.run(REWRITE))
        measure_exports(storage, leads)
        measure_analytics(storage)
        storage.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else LEADS)
