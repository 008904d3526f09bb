"""Digests of submissions in quarantine in SQLite."""

from datetime import datetime
from typing import override

from succotash.domain.forms.submissions import AWAITING_CHALLENGE, FormSubmission
from succotash.domain.intake.spam import CHALLENGE_REASONS, ChallengeState
from succotash.domain.messages.quarantine import QuarantineDigest
from succotash.domain.repositories.quarantine import QuarantineRepository
from succotash.infrastructure.rows.forms import submission_of
from succotash.infrastructure.rows.messages import digest_of
from succotash.infrastructure.sqlite.columns import json_text, micros, optional_micros
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("quarantine")


class SQLiteQuarantineRepository(SQLiteRepository, QuarantineRepository):
    """Digests of submissions in quarantine."""

    @override
    def open_digests(self, until: datetime) -> list[QuarantineDigest]:
        with self._unit.writing() as session:
            opened = session.run(_SQL["open_digests"], until=micros(until))
            counted = [row for each in opened for row in session.run(_SQL["count_digest"], **each)]
        digests = [digest_of(row) for row in counted if row["held"]]
        return sorted(digests, key=lambda each: each.form_id)

    @override
    def end_challenges(self, before: datetime, *, limit: int) -> list[FormSubmission]:
        with self._unit.writing() as session:
            rows = session.run(
                _SQL["end_challenges"],
                awaiting=json_text([AWAITING_CHALLENGE]),
                unchecked=json_text([CHALLENGE_REASONS[ChallengeState.UNKNOWN]]),
                before=micros(before),
                limit=limit,
            )
        ended = [submission_of(row) for row in rows]
        return sorted(ended, key=lambda each: (each.stored_at, each.submission_id))

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
