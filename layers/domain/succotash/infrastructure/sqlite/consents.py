"""Consent and suppressions in SQLite."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import override

from succotash.domain.consents.consents import (
    Consent,
    ConsentOrigin,
    CurrentConsent,
    Suppression,
    SuppressionReason,
    in_order,
)
from succotash.domain.repositories.consents import ConsentRepository
from succotash.infrastructure.rows.consents import (
    consent_of,
    current_consent_of,
    suppression_of,
)
from succotash.infrastructure.sqlite.columns import json_text, micros
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("consents")


class SQLiteConsentRepository(SQLiteRepository, ConsentRepository):
    """The history in one table, what holds in another, kept by the same transaction."""

    @override
    def record_consents(self, batch: Sequence[Consent]) -> int:
        recorded = 0
        with self._unit.writing() as session:
            for each in in_order(batch):
                row = _parameters(each)
                if session.change(_SQL["add_consent"], **row):
                    recorded += 1
                    is_imported = each.origin is ConsentOrigin.IMPORT
                    session.change(_SQL["keep_imported" if is_imported else "keep_said"], **row)
        return recorded

    @override
    def get_consents(self, canonical_email: str) -> list[Consent]:
        with self._unit.reading() as session:
            rows = session.run(_SQL["get_consents"], canonical_email=canonical_email)
        return [consent_of(row) for row in rows]

    @override
    def get_current_consents(self, canonical_email: str) -> list[CurrentConsent]:
        with self._unit.reading() as session:
            rows = session.run(_SQL["get_current_consents"], canonical_email=canonical_email)
        return [current_consent_of(row) for row in rows]

    @override
    def find_consenting_address(self, address_key: str) -> str | None:
        with self._unit.reading() as session:
            rows = session.run(_SQL["find_consenting_address"], address_key=address_key)
        return next((row["canonical_email"] for row in rows), None)

    @override
    def suppress(self, batch: Sequence[Suppression]) -> None:
        with self._unit.writing() as session:
            session.run_for_each(
                _SQL["suppress"],
                [
                    {
                        "address_key": each.address_key,
                        "purpose": each.purpose,
                        "reason": each.reason,
                        "since": micros(each.since),
                    }
                    for each in batch
                ],
            )

    @override
    def find_suppressions(self, address_keys: Collection[str]) -> list[Suppression]:
        with self._unit.reading() as session:
            rows = session.run(
                _SQL["find_suppressions"], address_keys=json_text(sorted(address_keys))
            )
        return [suppression_of(row) for row in rows]

    @override
    def lift_suppressions(
        self,
        address_keys: Collection[str],
        purpose: str,
        reasons: Collection[SuppressionReason],
        at: datetime,
    ) -> int:
        with self._unit.writing() as session:
            return session.change(
                _SQL["lift_suppressions"],
                address_keys=json_text(sorted(address_keys)),
                purpose=purpose,
                reasons=json_text(sorted(reasons)),
                at=micros(at),
            )

    @override
    def forget_consents(self, canonical_email: str) -> int:
        with self._unit.writing() as session:
            session.change(_SQL["forget_current_consents"], canonical_email=canonical_email)
            return session.change(_SQL["forget_consents"], canonical_email=canonical_email)


def _parameters(consent: Consent) -> dict[str, object]:
    return {
        "consent_id": consent.consent_id,
        "canonical_email": consent.canonical_email,
        "purpose": consent.purpose,
        "state": consent.state,
        "occurred_at": micros(consent.occurred_at),
        "recorded_at": micros(consent.recorded_at),
        "origin": consent.origin,
        "text_shown": consent.text,
        "source_id": consent.source_id,
        "address_key": consent.address_key,
    }
