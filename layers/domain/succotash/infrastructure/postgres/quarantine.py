"""Digests of submissions in quarantine in PostgreSQL."""

from datetime import datetime
from typing import override

from succotash.domain.forms.submissions import FormSubmission
from succotash.domain.messages.quarantine import QuarantineDigest
from succotash.domain.repositories.quarantine import QuarantineRepository
from succotash.infrastructure.postgres.lead_rows import submission_of
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.sql import quarantine as sql


class PostgresQuarantineRepository(PostgresRepository, QuarantineRepository):
    """Digests of submissions in quarantine."""

    @override
    def open_digests(self, until: datetime) -> list[QuarantineDigest]:
        return [QuarantineDigest(*row) for row in self._run(sql.OPEN_DIGESTS, until=until)]

    @override
    def get_quarantined(self, digest: QuarantineDigest, *, limit: int) -> list[FormSubmission]:
        rows = self._run(
            sql.GET_QUARANTINED,
            form_id=digest.form_id,
            since=digest.since,
            until=digest.until,
            limit=limit,
        )
        return [submission_of(row) for row in rows]
