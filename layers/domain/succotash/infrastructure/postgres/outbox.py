"""The outbox in PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import override

from succotash.domain.messages.delivery import (
    AT_MOST_ONCE,
    DeliveryOutcome,
    PendingDelivery,
)
from succotash.domain.messages.outbox import (
    MAIL_WINDOW,
    AnsweredMessage,
    Backlog,
    MailNote,
    OutboxMessage,
    Settlement,
    TakenMessage,
)
from succotash.domain.repositories.outbox import OutboxRepository
from succotash.domain.values import Json, MessageId
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.session import Jsonb, Row, Session
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.rows.messages import (
    answered_messages_of,
    backlog_of,
    last_of_each,
    taken_message_of,
)

_SQL = statements("outbox")


class PostgresOutboxRepository(PostgresRepository, OutboxRepository):
    """Messages in a table; a relay that takes some skips those that others are at."""

    @override
    def append(self, messages: Sequence[OutboxMessage]) -> None:
        if messages:
            self._run(_SQL["append"], messages=Jsonb([message_document(each) for each in messages]))

    @override
    def take(self, at: datetime, until: datetime, *, limit: int) -> list[TakenMessage]:
        rows = self._run(
            _SQL["take"], at=at, until=until, limit=limit, at_most_once=sorted(AT_MOST_ONCE)
        )
        return [taken_message_of(row) for row in rows]

    @override
    def hand_over(self, deliveries: Sequence[PendingDelivery], until: datetime) -> None:
        if deliveries:
            documents: list[Json] = [_pending_document(each) for each in deliveries]
            self._run(_SQL["hand_over"], deliveries=Jsonb(documents), until=until)

    @override
    def answer(self, outcomes: Sequence[DeliveryOutcome], at: datetime) -> list[AnsweredMessage]:
        if not outcomes:
            return []
        documents: list[Json] = [_outcome_document(each) for each in last_of_each(outcomes)]

        def note(session: Session) -> list[Row]:
            message_ids = sorted({each.message_id for each in outcomes})
            session.run(_SQL["lock_messages"], message_ids=message_ids)
            answered = session.run(_SQL["answer"], outcomes=Jsonb(documents), at=at)
            return session.run(
                _SQL["close_answered"], message_ids=[row["message_id"] for row in answered]
            )

        return answered_messages_of(self._in_transaction(note))

    @override
    def note_delivery(self, message_ids: Collection[MessageId], channel: str) -> set[MessageId]:
        rows = self._run(_SQL["note_delivery"], message_ids=sorted(message_ids), channel=channel)
        return {row["message_id"] for row in rows}

    @override
    def withdraw_delivery(self, message_ids: Collection[MessageId], channel: str) -> None:
        self._run(_SQL["withdraw_delivery"], message_ids=sorted(message_ids), channel=channel)

    @override
    def note_mail(
        self, message_id: MessageId, channel: str, recipient: str, at: datetime, *, limit: int
    ) -> MailNote:
        [note] = self._run(
            _SQL["note_mail"],
            message_id=message_id,
            channel=channel,
            recipient=recipient,
            at=at,
            since=at - MAIL_WINDOW,
            limit=limit,
        )
        if not note.flag("is_noted"):
            return MailNote.KNOWN
        return MailNote.NOTED if note.flag("is_counted") else MailNote.LIMITED

    @override
    def withdraw_mail(
        self, message_id: MessageId, channel: str, recipient: str, at: datetime
    ) -> None:
        self._run(
            _SQL["withdraw_mail"],
            message_id=message_id,
            channel=channel,
            recipient=recipient,
            at=at,
        )

    @override
    def get_mails(self, recipients: Collection[str]) -> list[datetime]:
        rows = self._run(_SQL["get_mails"], recipients=sorted(recipients))
        return [row.instant("sent") for row in rows]

    @override
    def forget_mails(self, at: datetime) -> int:
        [row] = self._run(_SQL["forget_mails"], before=at - MAIL_WINDOW)
        return int(row["forgotten"])

    @override
    def forget_recipients(self, recipients: Collection[str]) -> int:
        [row] = self._run(_SQL["forget_recipients"], recipients=sorted(recipients))
        return int(row["forgotten"])

    @override
    def settle(self, settlements: Sequence[Settlement]) -> None:
        if settlements:
            documents: list[Json] = [_settlement_document(each) for each in settlements]
            self._run(_SQL["settle"], settlements=Jsonb(documents))

    @override
    def count_backlog(self) -> Backlog:
        [row] = self._run(_SQL["count_backlog"])
        return backlog_of(row)

    @override
    def redrive(self, at: datetime) -> int:
        [row] = self._run(_SQL["redrive"], at=at)
        return int(row["redriven"])

    @override
    def forget_delivered(self, before: datetime, *, limit: int) -> int:
        [row] = self._run(_SQL["forget_delivered"], before=before, limit=limit)
        return int(row["forgotten"])

    @override
    def forget_subjects(self, subject_ids: Collection[str]) -> int:
        [row] = self._run(_SQL["forget_subjects"], subject_ids=sorted(subject_ids))
        return int(row["forgotten"])


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
        "counts": settlement.counts,
        "trusted": [*sorted(settlement.trusted)],
        "due_at": None if settlement.due_at is None else settlement.due_at.isoformat(),
    }


def _pending_document(delivery: PendingDelivery) -> Json:
    return {
        "job_id": delivery.job_id,
        "message_id": delivery.message_id,
        "channel": delivery.channel,
        "kind": delivery.kind,
        "attempt": delivery.attempt,
        "handed_over_at": delivery.handed_over_at.isoformat(),
        "recipient": delivery.recipient,
    }


def _outcome_document(outcome: DeliveryOutcome) -> Json:
    return {
        "job_id": outcome.job_id,
        "message_id": outcome.message_id,
        "channel": outcome.channel,
        "result": outcome.result,
        "reason": outcome.reason,
        "reference": outcome.reference,
    }
