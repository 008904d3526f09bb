"""Who was erased, and what is kept about people in passing, in SQLite."""

from collections.abc import Collection
from datetime import datetime
from typing import override

from succotash.domain.messages.outbox import OutboxMessage
from succotash.domain.people.erasures import AnsweredRequest
from succotash.domain.repositories.people import PeopleRepository
from succotash.infrastructure.sqlite.columns import instant, json_text, json_value, micros
from succotash.infrastructure.sqlite.repository import SQLiteRepository

_BURY = """
INSERT INTO erasures (tombstone, erased_at)
SELECT value, :at FROM json_each(:tombstones) WHERE true
ON CONFLICT (tombstone) DO UPDATE SET erased_at = max(erased_at, excluded.erased_at)
"""
_FIND_ERASED = """
SELECT tombstone, erased_at FROM erasures
WHERE tombstone IN (SELECT value FROM json_each(:tombstones))
"""
_ANSWERED_REQUESTS = """
SELECT scope, key, expires_at, answer FROM idempotency_keys
WHERE submission_id IN (
    SELECT submission_id FROM form_submissions
    WHERE canonical_email = :canonical_email
       OR lead_id = (SELECT lead_id FROM leads WHERE canonical_email = :canonical_email)
)
ORDER BY scope, key
"""
_MESSAGES_ABOUT = """
SELECT * FROM outbox
WHERE subject_id IN (SELECT value FROM json_each(:subject_ids))
ORDER BY occurred_at, message_id
"""


class SQLitePeopleRepository(SQLiteRepository, PeopleRepository):
    """Tombstones in a table; who writes is alone."""

    @override
    def bury(self, tombstones: Collection[str], at: datetime) -> None:
        with self._unit.writing() as session:
            session.run(_BURY, tombstones=json_text(sorted(tombstones)), at=micros(at))

    @override
    def find_erased(self, tombstones: Collection[str]) -> dict[str, datetime]:
        # A session that writes, although nothing is written: that is what others wait for.
        with self._unit.writing() as session:
            rows = session.run(_FIND_ERASED, tombstones=json_text(sorted(tombstones)))
        return {row["tombstone"]: instant(row["erased_at"]) for row in rows}

    @override
    def get_answered_requests(self, canonical_email: str) -> list[AnsweredRequest]:
        with self._unit.reading() as session:
            rows = session.run(_ANSWERED_REQUESTS, canonical_email=canonical_email)
        return [
            AnsweredRequest(
                row["scope"],
                row["key"],
                instant(row["expires_at"]),
                json_value(row["answer"] or "null"),
            )
            for row in rows
        ]

    @override
    def get_messages_about(self, subject_ids: Collection[str]) -> list[OutboxMessage]:
        with self._unit.reading() as session:
            rows = session.run(_MESSAGES_ABOUT, subject_ids=json_text(sorted(subject_ids)))
        return [
            OutboxMessage(
                row["message_id"],
                row["kind"],
                instant(row["occurred_at"]),
                row["subject_id"],
                row["form_id"],
                json_value(row["payload"]),
            )
            for row in rows
        ]
