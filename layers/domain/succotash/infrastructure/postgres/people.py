"""Tombstones, and short-lived records of people, in PostgreSQL."""

from collections.abc import Collection
from datetime import datetime
from typing import override

from succotash.domain.messages.outbox import OutboxMessage
from succotash.domain.people.erasures import AnsweredRequest
from succotash.domain.repositories.people import PeopleRepository
from succotash.infrastructure.postgres.erasure_locks import (
    share_stripes,
    stripes_of,
    take_stripes,
)
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.session import Session
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.rows.messages import message_of
from succotash.infrastructure.rows.people import answered_request_of, erasures_of

_SQL = statements("people")


class PostgresPeopleRepository(PostgresRepository, PeopleRepository):
    """Tombstones in a table, under locks by stripe."""

    @override
    def bury(self, tombstones: Collection[str], at: datetime) -> None:
        def bury(session: Session) -> None:
            take_stripes(session, stripes_of(tombstones))
            session.run(_SQL["bury"], tombstones=sorted(set(tombstones)), at=at)

        self._in_transaction(bury)

    @override
    def find_erased(self, tombstones: Collection[str]) -> dict[str, datetime]:
        def find(session: Session) -> dict[str, datetime]:
            share_stripes(session, stripes_of(tombstones))
            rows = session.run(_SQL["find_erased"], tombstones=sorted(set(tombstones)))
            return erasures_of(rows)

        return self._in_transaction(find)

    @override
    def get_answered_requests(self, canonical_email: str) -> list[AnsweredRequest]:
        rows = self._run(_SQL["get_answered_requests"], canonical_email=canonical_email)
        return [answered_request_of(row) for row in rows]

    @override
    def get_messages_about(self, subject_ids: Collection[str]) -> list[OutboxMessage]:
        rows = self._run(_SQL["get_messages_about"], subject_ids=sorted(subject_ids))
        return [message_of(row) for row in rows]
