"""Digests of submissions in quarantine in SQLite."""

from datetime import datetime
from typing import override

from succotash.domain.forms.submissions import FormSubmission
from succotash.domain.messages.quarantine import QuarantineDigest
from succotash.domain.repositories.quarantine import QuarantineRepository
from succotash.infrastructure.rows.forms import submission_of
from succotash.infrastructure.rows.messages import digest_of
from succotash.infrastructure.sqlite.columns import micros, optional_micros
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("quarantine")


class SQLiteQuarantineRepository(SQLiteRepository, QuarantineRepository):
    """Digests of submissions in quarantine."""

    @override
    def open_digests(self, until: datetime) -> list[QuarantineDigest]:
        with self._unit.writing() as session:
            opened = session.run(_SQL["open_digests"], until=micros(until))
            counted = [
                row for each in opened for row in session.run(_SQL["count_quarantined"], **each)
            ]
        digests = [digest_of(row) for row in counted if row["held"]]
        return sorted(digests, key=lambda each: each.form_id)

    @override
    def get_quarantined(self, digest: QuarantineDigest, *, limit: int) -> list[FormSubmission]:
        with self._unit.reading() as session:
            rows = session.run(
                _SQL["get_quarantined"],
                form_id=digest.form_id,
                since=optional_micros(digest.since),
                until=micros(digest.until),
                limit=limit,
            )
        return [submission_of(row) for row in rows]
