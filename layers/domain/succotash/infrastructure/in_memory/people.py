"""Tombstones, and short-lived records of people, in memory."""

from collections.abc import Collection
from datetime import datetime
from typing import override

from succotash.domain.messages.outbox import OutboxMessage
from succotash.domain.people.erasures import AnsweredRequest
from succotash.domain.repositories.people import PeopleRepository
from succotash.infrastructure.in_memory.person_records import InMemoryPersonRecordRepository
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import atomic


class InMemoryPeopleRepository(InMemoryRepository, PeopleRepository):
    """Tombstones in a dictionary; a transaction holds all of the tables."""

    @override
    @atomic
    def bury(self, tombstones: Collection[str], at: datetime) -> None:
        for each in tombstones:
            known = self.tables.erasures.get(each)
            self.tables.erasures[each] = at if known is None else max(known, at)

    @override
    @atomic
    def find_erased(self, tombstones: Collection[str]) -> dict[str, datetime]:
        return {
            each: self.tables.erasures[each] for each in tombstones if each in self.tables.erasures
        }

    @override
    @atomic
    def get_answered_requests(self, canonical_email: str) -> list[AnsweredRequest]:
        person = InMemoryPersonRecordRepository(self.tables).find_person(canonical_email)
        found = [
            AnsweredRequest(held.scope, held.key, held.expires_at, held.answer)
            for each in person.submissions
            for held in self.tables.idempotency_by_submission[each.submission_id]
        ]
        return sorted(found, key=lambda each: (each.scope, each.key))

    @override
    @atomic
    def get_messages_about(self, subject_ids: Collection[str]) -> list[OutboxMessage]:
        found = [
            row.message
            for row in self.tables.outbox.values()
            if row.message.subject_id in subject_ids
        ]
        return sorted(found, key=lambda each: (each.occurred_at, each.message_id))
