"""The outbox in PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import override

from succotash.domain.messages.outbox import (
    MAIL_WINDOW,
    Backlog,
    MailNote,
    OutboxMessage,
    Settlement,
    TakenMessage,
)
from succotash.domain.repositories.outbox import OutboxRepository
from succotash.domain.values import Json, MessageId
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.session import Jsonb, Row
from succotash.infrastructure.postgres.sql import outbox as sql


class PostgresOutboxRepository(PostgresRepository, OutboxRepository):
    """Messages in a table; whoever takes some skips those that others are at."""

    @override
    def append(self, messages: Sequence[OutboxMessage]) -> None:
        if messages:
            self._run(sql.APPEND, messages=Jsonb([message_document(each) for each in messages]))

    @override
    def take(self, at: datetime, until: datetime, *, limit: int) -> list[TakenMessage]:
        return [_taken(row) for row in self._run(sql.TAKE, at=at, until=until, limit=limit)]

    @override
    def note_delivery(self, message_ids: Collection[MessageId], channel: str) -> set[MessageId]:
        rows = self._run(sql.NOTE_DELIVERY, message_ids=sorted(message_ids), channel=channel)
        return {message_id for [message_id] in rows}

    @override
    def withdraw_delivery(self, message_ids: Collection[MessageId], channel: str) -> None:
        self._run(sql.WITHDRAW_DELIVERY, message_ids=sorted(message_ids), channel=channel)

    @override
    def note_mail(
        self, message_id: MessageId, channel: str, recipient: str, at: datetime, *, limit: int
    ) -> MailNote:
        [[is_noted, is_counted]] = self._run(
            sql.NOTE_MAIL,
            message_id=message_id,
            channel=channel,
            recipient=recipient,
            at=at,
            since=at - MAIL_WINDOW,
            limit=limit,
        )
        if not is_noted:
            return MailNote.KNOWN
        return MailNote.NOTED if is_counted else MailNote.LIMITED

    @override
    def withdraw_mail(
        self, message_id: MessageId, channel: str, recipient: str, at: datetime
    ) -> None:
        self._run(
            sql.WITHDRAW_MAIL, message_id=message_id, channel=channel, recipient=recipient, at=at
        )

    @override
    def get_mails(self, recipients: Collection[str]) -> list[datetime]:
        return [sent for [sent] in self._run(sql.GET_MAILS, recipients=sorted(recipients))]

    @override
    def forget_mails(self, at: datetime) -> int:
        [[count]] = self._run(sql.FORGET_MAILS, before=at - MAIL_WINDOW)
        return int(count)

    @override
    def forget_recipients(self, recipients: Collection[str]) -> int:
        [[count]] = self._run(sql.FORGET_RECIPIENTS, recipients=sorted(recipients))
        return int(count)

    @override
    def settle(self, settlements: Sequence[Settlement]) -> None:
        if settlements:
            documents: list[Json] = [_settlement_document(each) for each in settlements]
            self._run(sql.SETTLE, settlements=Jsonb(documents))

    @override
    def count_backlog(self) -> Backlog:
        [[waiting, dead_lettered, oldest_at]] = self._run(sql.COUNT_BACKLOG)
        return Backlog(waiting, dead_lettered, oldest_at)

    @override
    def redrive(self, at: datetime) -> int:
        [[count]] = self._run(sql.PUT_BACK, at=at)
        return int(count)

    @override
    def forget_delivered(self, before: datetime, *, limit: int) -> int:
        [[count]] = self._run(sql.FORGET_DELIVERED, before=before, limit=limit)
        return int(count)

    @override
    def forget_subjects(self, subject_ids: Collection[str]) -> int:
        [[count]] = self._run(sql.FORGET_SUBJECTS, subject_ids=sorted(subject_ids))
        return int(count)


def message_document(message: OutboxMessage) -> Json:
    """The message as statements that write it take it."""
    return {
        "message_id": message.message_id,
        "kind": message.kind,
        "occurred_at": message.occurred_at.isoformat(),
        "subject_id": message.subject_id,
        "form_id": message.form_id,
        "payload": dict(message.payload),
    }


def _settlement_document(settlement: Settlement) -> Json:
    return {
        "message_id": settlement.taken.message.message_id,
        "attempt": settlement.taken.attempt,
        "settled_at": settlement.at.isoformat(),
        "error": settlement.error,
        "trusted": [*sorted(settlement.trusted)],
        "due_at": None if settlement.due_at is None else settlement.due_at.isoformat(),
    }


def _taken(row: Row) -> TakenMessage:
    *fields, attempt, delivered_to = row
    return TakenMessage(OutboxMessage(*fields), attempt, frozenset(delivered_to))
