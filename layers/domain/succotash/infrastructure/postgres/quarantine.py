"""Digests of submissions in quarantine in PostgreSQL."""

from datetime import datetime
from typing import override

from succotash.domain.forms.submissions import AWAITING_CHALLENGE, FormSubmission
from succotash.domain.intake.spam import CHALLENGE_REASONS, ChallengeState
from succotash.domain.messages.quarantine import QuarantineDigest
from succotash.domain.repositories.quarantine import QuarantineRepository
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.session import Jsonb
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.rows.forms import submission_of
from succotash.infrastructure.rows.messages import digest_of

_SQL = statements("quarantine")


class PostgresQuarantineRepository(PostgresRepository, QuarantineRepository):
    """Digests of submissions in quarantine."""

    @override
    def open_digests(self, until: datetime) -> list[QuarantineDigest]:
        return [digest_of(row) for row in self._run(_SQL["open_digests"], until=until)]

    @override
    def end_challenges(self, before: datetime, *, limit: int) -> list[FormSubmission]:
        rows = self._run(
            _SQL["end_challenges"],
            awaiting=Jsonb([AWAITING_CHALLENGE]),
            unchecked=Jsonb([CHALLENGE_REASONS[ChallengeState.UNKNOWN]]),
            before=before,
            limit=limit,
        )
        return [submission_of(row) for row in rows]

    @override
    def get_quarantined(self, digest: QuarantineDigest, *, limit: int) -> list[FormSubmission]:
        rows = self._run(
            _SQL["get_quarantined"],
            form_id=digest.form_id,
            since=digest.since,
            until=digest.until,
            limit=limit,
        )
        return [submission_of(row) for row in rows]
