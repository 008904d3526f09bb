"""All that forms hold about a person in PostgreSQL."""

from typing import override

from succotash.domain.leads.leads import LeadStatus, PersonRecord, StatusChange
from succotash.domain.repositories.person_records import PersonRecordRepository
from succotash.infrastructure.postgres.lead_rows import scored_lead_of, submission_of
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.session import Session
from succotash.infrastructure.postgres.sql import person_records as sql


class PostgresPersonRecordRepository(PostgresRepository, PersonRecordRepository):
    """All that forms hold about a person."""

    @override
    def find_person(self, canonical_email: str) -> PersonRecord:
        def find(session: Session) -> PersonRecord:
            scored = [
                scored_lead_of(row)
                for row in session.run(sql.PERSON, canonical_email=canonical_email)
            ]
            changes = session.run(sql.STATUS_CHANGES, canonical_email=canonical_email)
            submissions = session.run(sql.SUBMISSIONS_OF_PERSON, canonical_email=canonical_email)
            return PersonRecord(
                lead=scored[0].lead if scored else None,
                score=scored[0].score if scored else None,
                status_changes=tuple(
                    StatusChange(LeadStatus(status), at) for status, at in changes
                ),
                submissions=tuple(submission_of(row) for row in submissions),
            )

        return self._in_transaction(find)

    @override
    def erase_person(self, canonical_email: str) -> dict[str, int]:
        [row] = self._run(sql.ERASE_PERSON, canonical_email=canonical_email)
        tables = (
            "form_submissions",
            "idempotency_keys",
            "leads",
            "lead_scores",
            "lead_status_changes",
        )
        return dict(zip(tables, row, strict=True))
