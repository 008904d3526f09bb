"""All that forms hold about a person in PostgreSQL."""

from typing import override

from succotash.domain.leads.leads import PersonRecord
from succotash.domain.repositories.person_records import PersonRecordRepository
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.session import Session
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.rows.forms import submission_of
from succotash.infrastructure.rows.leads import scored_lead_of, status_change_of

_SQL = statements("person_records")
_TABLES = ("form_submissions", "idempotency_keys", "leads", "lead_scores", "lead_status_changes")


class PostgresPersonRecordRepository(PostgresRepository, PersonRecordRepository):
    """All that forms hold about a person."""

    @override
    def find_person(self, canonical_email: str) -> PersonRecord:
        def find(session: Session) -> PersonRecord:
            leads = session.run(_SQL["find_lead_of_person"], canonical_email=canonical_email)
            changes = session.run(_SQL["find_status_changes"], canonical_email=canonical_email)
            submissions = session.run(_SQL["find_submissions"], canonical_email=canonical_email)
            scored = scored_lead_of(leads[0]) if leads else None
            return PersonRecord(
                lead=scored.lead if scored else None,
                score=scored.score if scored else None,
                status_changes=tuple(status_change_of(row) for row in changes),
                submissions=tuple(submission_of(row) for row in submissions),
            )

        return self._in_transaction(find)

    @override
    def erase_person(self, canonical_email: str) -> dict[str, int]:
        [row] = self._run(_SQL["erase_person"], canonical_email=canonical_email)
        return {table: int(row[table]) for table in _TABLES}
