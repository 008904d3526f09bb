"""Tombstones, and short-lived records of people, in SQLite."""

from collections.abc import Collection
from datetime import datetime
from typing import override

from succotash.domain.messages.outbox import OutboxMessage
from succotash.domain.people.erasures import AnsweredRequest
from succotash.domain.repositories.people import PeopleRepository
from succotash.infrastructure.rows.messages import message_of
from succotash.infrastructure.rows.people import answered_request_of, erasures_of
from succotash.infrastructure.sqlite.columns import json_text, micros
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("people")


class SQLitePeopleRepository(SQLiteRepository, PeopleRepository):
    """Tombstones in a table; a transaction that writes is alone."""

    @override
    def bury(self, tombstones: Collection[str], at: datetime) -> None:
        with self._unit.writing() as session:
            session.run(_SQL["bury"], tombstones=json_text(sorted(tombstones)), at=micros(at))

    @override
    def find_erased(self, tombstones: Collection[str]) -> dict[str, datetime]:
        # A session that writes, although nothing is written: that is what others wait for.
        with self._unit.writing() as session:
            rows = session.run(_SQL["find_erased"], tombstones=json_text(sorted(tombstones)))
        return erasures_of(rows)

    @override
    def get_answered_requests(self, canonical_email: str) -> list[AnsweredRequest]:
        with self._unit.reading() as session:
            rows = session.run(_SQL["get_answered_requests"], canonical_email=canonical_email)
        return [answered_request_of(row) for row in rows]

    @override
    def get_messages_about(self, subject_ids: Collection[str]) -> list[OutboxMessage]:
        with self._unit.reading() as session:
            rows = session.run(
                _SQL["get_messages_about"], subject_ids=json_text(sorted(subject_ids))
            )
        return [message_of(row) for row in rows]
