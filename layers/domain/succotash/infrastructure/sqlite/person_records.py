"""All that forms hold about a person in SQLite."""

from typing import override

from succotash.domain.leads.leads import PersonRecord
from succotash.domain.repositories.person_records import PersonRecordRepository
from succotash.infrastructure.rows.forms import submission_of
from succotash.infrastructure.rows.leads import scored_lead_of, status_change_of
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("person_records")
_ERASED = (
    "idempotency_keys",
    "form_submissions",
    "lead_scores",
    "lead_status_changes",
    "leads",
)
"""Tables in an order in which nothing refers to what is already gone."""


class SQLitePersonRecordRepository(SQLiteRepository, PersonRecordRepository):
    """All that forms hold about a person."""

    @override
    def find_person(self, canonical_email: str) -> PersonRecord:
        with self._unit.reading() as session:
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

    @override
    def erase_person(self, canonical_email: str) -> dict[str, int]:
        with self._unit.writing() as session:
            return {
                table: session.change(_SQL[f"delete_{table}"], canonical_email=canonical_email)
                for table in _ERASED
            }
