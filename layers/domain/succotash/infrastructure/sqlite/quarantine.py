"""Digests of submissions in quarantine in SQLite."""

from datetime import datetime
from typing import override

from succotash.domain.forms.submissions import FormSubmission
from succotash.domain.messages.quarantine import QuarantineDigest
from succotash.domain.repositories.quarantine import QuarantineRepository
from succotash.infrastructure.sqlite.columns import (
    instant,
    micros,
    optional_instant,
    optional_micros,
)
from succotash.infrastructure.sqlite.lead_rows import submission_of
from succotash.infrastructure.sqlite.repository import SQLiteRepository

_OPEN_DIGESTS = """
INSERT INTO quarantine_digests (form_id, until)
SELECT form_id, :until FROM forms WHERE digest = 1 AND notify <> '[]'
ON CONFLICT (form_id) DO UPDATE SET since = until, until = excluded.until
WHERE until < excluded.until
RETURNING form_id, since, until
"""
_COUNT_QUARANTINED = """
SELECT COUNT(*) AS held FROM form_submissions
WHERE form_id = :form_id AND state = 'quarantined'
  AND (:since IS NULL OR coalesce(waited_until, submitted_at) >= :since)
  AND coalesce(waited_until, submitted_at) < :until
"""
_QUARANTINED = """
SELECT * FROM form_submissions
WHERE form_id = :form_id AND state = 'quarantined'
  AND (:since IS NULL OR coalesce(waited_until, submitted_at) >= :since)
  AND coalesce(waited_until, submitted_at) < :until
ORDER BY coalesce(waited_until, submitted_at) DESC, submission_id DESC
LIMIT :limit
"""


class SQLiteQuarantineRepository(SQLiteRepository, QuarantineRepository):
    """Digests of submissions in quarantine."""

    @override
    def open_digests(self, until: datetime) -> list[QuarantineDigest]:
        with self._unit.writing() as session:
            opened = session.run(_OPEN_DIGESTS, until=micros(until))
            digests = [
                QuarantineDigest(
                    form_id=row["form_id"],
                    since=optional_instant(row["since"]),
                    until=instant(row["until"]),
                    count=session.run(_COUNT_QUARANTINED, **row)[0]["held"],
                )
                for row in opened
            ]
        return sorted((each for each in digests if each.count), key=lambda each: each.form_id)

    @override
    def get_quarantined(self, digest: QuarantineDigest, *, limit: int) -> list[FormSubmission]:
        with self._unit.reading() as session:
            rows = session.run(
                _QUARANTINED,
                form_id=digest.form_id,
                since=optional_micros(digest.since),
                until=micros(digest.until),
                limit=limit,
            )
        return [submission_of(row) for row in rows]
