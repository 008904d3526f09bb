"""All that forms hold about a person in SQLite."""

from collections.abc import Mapping
from typing import override

from succotash.domain.leads.leads import LeadStatus, PersonRecord, StatusChange
from succotash.domain.repositories.person_records import PersonRecordRepository
from succotash.infrastructure.sqlite.columns import instant
from succotash.infrastructure.sqlite.lead_records import LEAD_BY_EMAIL, SCORE
from succotash.infrastructure.sqlite.lead_rows import lead_of, score_of, submission_of
from succotash.infrastructure.sqlite.repository import SQLiteRepository

_SUBMISSIONS_OF_PERSON = """
SELECT * FROM form_submissions
WHERE canonical_email = :canonical_email
   OR lead_id = (SELECT lead_id FROM leads WHERE canonical_email = :canonical_email)
ORDER BY submitted_at DESC, submission_id DESC
"""
_STATUS_CHANGES = """
SELECT status, changed_at FROM lead_status_changes WHERE lead_id = :lead_id ORDER BY change_id
"""

_FORGET_ANSWERS = """
DELETE FROM idempotency_keys
WHERE submission_id IN (
    SELECT submission_id FROM form_submissions
    WHERE canonical_email = :canonical_email
       OR lead_id = (SELECT lead_id FROM leads WHERE canonical_email = :canonical_email)
)
"""
_FORGET_SUBMISSIONS = """
DELETE FROM form_submissions
WHERE canonical_email = :canonical_email
   OR lead_id = (SELECT lead_id FROM leads WHERE canonical_email = :canonical_email)
"""
_FORGET_SCORE = """
DELETE FROM lead_scores
WHERE lead_id = (SELECT lead_id FROM leads WHERE canonical_email = :canonical_email)
"""
_FORGET_STATUS_CHANGES = """
DELETE FROM lead_status_changes
WHERE lead_id = (SELECT lead_id FROM leads WHERE canonical_email = :canonical_email)
"""
_FORGET_LEAD = "DELETE FROM leads WHERE canonical_email = :canonical_email"

_ERASURE: Mapping[str, str] = {
    "idempotency_keys": _FORGET_ANSWERS,
    "form_submissions": _FORGET_SUBMISSIONS,
    "lead_scores": _FORGET_SCORE,
    "lead_status_changes": _FORGET_STATUS_CHANGES,
    "leads": _FORGET_LEAD,
}
"""By table, in an order in which nothing refers to what is already gone."""


class SQLitePersonRecordRepository(SQLiteRepository, PersonRecordRepository):
    """All that forms hold about a person."""

    @override
    def find_person(self, canonical_email: str) -> PersonRecord:
        with self._unit.reading() as session:
            submissions = session.run(_SUBMISSIONS_OF_PERSON, canonical_email=canonical_email)
            leads = session.run(LEAD_BY_EMAIL, canonical_email=canonical_email)
            lead = lead_of(leads[0]) if leads else None
            lead_id = lead.lead_id if lead else None
            scores = session.run(SCORE, lead_id=lead_id)
            changes = session.run(_STATUS_CHANGES, lead_id=lead_id)
        return PersonRecord(
            lead=lead,
            score=score_of(scores[0]) if scores else None,
            status_changes=tuple(
                StatusChange(LeadStatus(row["status"]), instant(row["changed_at"]))
                for row in changes
            ),
            submissions=tuple(submission_of(row) for row in submissions),
        )

    @override
    def erase_person(self, canonical_email: str) -> dict[str, int]:
        with self._unit.writing() as session:
            return {
                table: session.change(statement, canonical_email=canonical_email)
                for table, statement in _ERASURE.items()
            }
