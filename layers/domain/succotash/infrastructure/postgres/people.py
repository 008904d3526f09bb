"""Who was erased, and what is kept about people in passing, in PostgreSQL."""

from collections.abc import Collection
from datetime import datetime
from typing import override

from succotash.domain.messages.outbox import OutboxMessage
from succotash.domain.people.erasures import AnsweredRequest
from succotash.domain.repositories.people import PeopleRepository
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.session import Session
from succotash.infrastructure.postgres.sql import people as sql


def stripes_of(tombstones: Collection[str]) -> list[int]:
    """The locks that stand for these tombstones."""
    return sorted({int(each[:8], 16) % sql.STRIPES for each in tombstones})


class PostgresPeopleRepository(PostgresRepository, PeopleRepository):
    """Tombstones in a table, under locks by stripe."""

    @override
    def bury(self, tombstones: Collection[str], at: datetime) -> None:
        def bury(session: Session) -> None:
            session.run(sql.TAKE_STRIPES, stripes=stripes_of(tombstones))
            session.run(sql.BURY, tombstones=sorted(set(tombstones)), at=at)

        self._in_transaction(bury)

    @override
    def find_erased(self, tombstones: Collection[str]) -> dict[str, datetime]:
        def find(session: Session) -> dict[str, datetime]:
            session.run(sql.SHARE_STRIPES, stripes=stripes_of(tombstones))
            rows = session.run(sql.FIND_ERASED, tombstones=sorted(set(tombstones)))
            return {tombstone: at for tombstone, at in rows}  # noqa: C416 - rows are lists

        return self._in_transaction(find)

    @override
    def get_answered_requests(self, canonical_email: str) -> list[AnsweredRequest]:
        rows = self._run(sql.ANSWERED_REQUESTS, canonical_email=canonical_email)
        return [AnsweredRequest(*row) for row in rows]

    @override
    def get_messages_about(self, subject_ids: Collection[str]) -> list[OutboxMessage]:
        rows = self._run(sql.MESSAGES_ABOUT, subject_ids=sorted(subject_ids))
        return [OutboxMessage(*row) for row in rows]
