"""Consent and suppressions in PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import override

from succotash.domain.consents.consents import (
    Consent,
    ConsentState,
    CurrentConsent,
    ImportedConsents,
    Suppression,
    SuppressionReason,
    in_order,
    merged,
)
from succotash.domain.repositories.consents import ConsentRepository
from succotash.domain.values import Json
from succotash.infrastructure.postgres import bulk
from succotash.infrastructure.postgres.planning import plan_for_many_keys
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.session import Jsonb, Session
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.rows.consents import (
    consent_of,
    current_consent_of,
    suppression_of,
)

_SQL = statements("consents")
_STATES = {True: ConsentState.GRANTED.value, False: ConsentState.DENIED.value}


class PostgresConsentRepository(PostgresRepository, ConsentRepository):
    """The history in one table, what holds in another, kept by the same statement."""

    @override
    def record_consents(self, batch: Sequence[Consent]) -> int:
        [row] = self._run(_SQL["record_consents"], consents=Jsonb(consent_documents(batch)))
        return int(row["recorded"])

    @override
    def import_consents(self, consents: ImportedConsents) -> int:
        chunks = bulk.lines(
            (),
            (
                bulk.texts(consents.consent_ids),
                bulk.texts(consents.canonical_emails),
                [_STATES[each] for each in consents.are_granted],
                consents.occurred_at,
                bulk.texts(consents.source_ids),
                bulk.optional_texts(consents.address_keys),
            ),
        )

        def record(session: Session) -> int:
            plan_for_many_keys(session)
            session.run(_SQL["make_stage"])
            session.run(_SQL["clear_stage"])
            session.copy_in(_SQL["copy_to_stage"], chunks)
            session.run(_SQL["plan_stage"])
            [row] = session.run(
                _SQL["record_staged_consents"],
                purpose=consents.purpose,
                recorded_at=consents.recorded_at,
            )
            return int(row["recorded"])

        return self._in_transaction(record) if chunks else 0

    @override
    def get_consents(self, canonical_email: str) -> list[Consent]:
        rows = self._run(_SQL["get_consents"], canonical_email=canonical_email)
        return [consent_of(row) for row in rows]

    @override
    def get_current_consents(self, canonical_email: str) -> list[CurrentConsent]:
        rows = self._run(_SQL["get_current_consents"], canonical_email=canonical_email)
        return [current_consent_of(row) for row in rows]

    @override
    def find_consenting_address(self, address_key: str) -> str | None:
        rows = self._run(_SQL["find_consenting_address"], address_key=address_key)
        return next((row["canonical_email"] for row in rows), None)

    @override
    def suppress(self, batch: Sequence[Suppression]) -> None:
        documents: list[Json] = [
            {
                "address_key": each.address_key,
                "purpose": each.purpose,
                "reason": each.reason,
                "since": each.since.isoformat(),
            }
            for each in merged(batch)
        ]
        self._run(_SQL["suppress"], suppressions=Jsonb(documents))

    @override
    def find_suppressions(self, address_keys: Collection[str]) -> list[Suppression]:
        rows = self._run(_SQL["find_suppressions"], address_keys=sorted(address_keys))
        return [suppression_of(row) for row in rows]

    @override
    def lift_suppressions(
        self,
        address_keys: Collection[str],
        purpose: str,
        reasons: Collection[SuppressionReason],
        at: datetime,
    ) -> int:
        [row] = self._run(
            _SQL["lift_suppressions"],
            address_keys=sorted(address_keys),
            purpose=purpose,
            reasons=sorted(reasons),
            at=at,
        )
        return int(row["lifted"])

    @override
    def forget_consents(self, canonical_email: str) -> int:
        [row] = self._run(_SQL["forget_consents"], canonical_email=canonical_email)
        return int(row["forgotten"])


def consent_documents(batch: Sequence[Consent]) -> list[Json]:
    """Consents as a parameter of the statements that record them."""
    return [_consent_document(each) for each in in_order(batch)]


def _consent_document(consent: Consent) -> Json:
    return {
        "consent_id": consent.consent_id,
        "canonical_email": consent.canonical_email,
        "purpose": consent.purpose,
        "state": consent.state,
        "occurred_at": consent.occurred_at.isoformat(),
        "recorded_at": consent.recorded_at.isoformat(),
        "origin": consent.origin,
        "text_shown": consent.text,
        "source_id": consent.source_id,
        "address_key": consent.address_key,
    }
