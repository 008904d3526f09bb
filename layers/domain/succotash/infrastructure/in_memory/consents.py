"""Consent and suppressions in memory."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import override

from succotash.domain.consents.consents import (
    Consent,
    ConsentOrigin,
    ConsentState,
    CurrentConsent,
    Suppression,
    SuppressionReason,
    in_order,
    merged,
)
from succotash.domain.repositories.consents import ConsentRepository
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import atomic, stored


class InMemoryConsentRepository(InMemoryRepository, ConsentRepository):
    """The history alone; what holds is found from it."""

    @override
    @atomic
    def record_consents(self, batch: Sequence[Consent]) -> int:
        new = [each for each in in_order(batch) if each.consent_id not in self.tables.consents]
        for each in new:
            self.tables.consents[each.consent_id] = stored(each)
        return len(new)

    @override
    @atomic
    def get_consents(self, canonical_email: str) -> list[Consent]:
        found = sorted(
            self.tables.consents_by_email[canonical_email],
            key=lambda each: (each.occurred_at, each.recorded_at, each.consent_id),
        )
        return [replace(each, address_key=None) for each in found]

    @override
    @atomic
    def get_current_consents(self, canonical_email: str) -> list[CurrentConsent]:
        by_purpose: defaultdict[str, list[Consent]] = defaultdict(list)
        for each in self.tables.consents_by_email[canonical_email]:
            by_purpose[each.purpose].append(each)
        return [_current(by_purpose[purpose]) for purpose in sorted(by_purpose)]

    @override
    @atomic
    def find_consenting_address(self, address_key: str) -> str | None:
        found = {
            each.canonical_email
            for each in self.tables.consents.values()
            if each.address_key == address_key
        }
        return min(found, default=None)

    @override
    @atomic
    def suppress(self, batch: Sequence[Suppression]) -> None:
        for each in merged(batch):
            key = (each.address_key, each.purpose)
            known = self.tables.suppressions.get(key) or each
            [kept] = merged([known, each])
            self.tables.suppressions[key] = stored(kept)

    @override
    @atomic
    def find_suppressions(self, address_keys: Collection[str]) -> list[Suppression]:
        found = [
            each for each in self.tables.suppressions.values() if each.address_key in address_keys
        ]
        return sorted(found, key=lambda each: (each.purpose, each.address_key))

    @override
    @atomic
    def lift_suppressions(
        self,
        address_keys: Collection[str],
        purpose: str,
        reasons: Collection[SuppressionReason],
        at: datetime,
    ) -> int:
        return self.tables.suppressions.discard(
            [
                (each.address_key, each.purpose)
                for each in self.find_suppressions(address_keys)
                if each.purpose == purpose and each.reason in reasons and each.since < at
            ]
        )

    @override
    @atomic
    def forget_consents(self, canonical_email: str) -> int:
        return self.tables.consents.discard([*self.tables.consents_by_email.keys(canonical_email)])


def _current(history: Sequence[Consent]) -> CurrentConsent:
    """The current consent by a history of one purpose, in the order in which it was recorded."""

    def last(*, imported: bool) -> Consent | None:
        found = [each for each in history if (each.origin is ConsentOrigin.IMPORT) is imported]
        # Of equal ones max finds the first, so the latest recorded is to come first.
        return max(reversed(found), key=lambda each: each.occurred_at, default=None)

    said, by_import = last(imported=False), last(imported=True)
    current = said or by_import
    if said is not None and by_import is not None and said.state is ConsentState.GRANTED:
        current = by_import if by_import.occurred_at > said.occurred_at else said
    if current is None:
        raise AssertionError("a history has no entry")
    return CurrentConsent(
        current.canonical_email, current.purpose, current.state, current.occurred_at
    )
