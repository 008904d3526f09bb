"""The outbox in SQLite."""

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
    with_mail,
)
from succotash.domain.repositories.outbox import OutboxRepository
from succotash.domain.values import MessageId
from succotash.infrastructure.sqlite.columns import (
    instant,
    json_text,
    json_value,
    micros,
    optional_instant,
    optional_micros,
)
from succotash.infrastructure.sqlite.connection import Row, Session
from succotash.infrastructure.sqlite.repository import SQLiteRepository

_APPEND = """
INSERT INTO outbox (message_id, kind, occurred_at, subject_id, form_id, payload, due_at)
VALUES (:message_id, :kind, :occurred_at, :subject_id, :form_id, :payload, :occurred_at)
ON CONFLICT (message_id) DO NOTHING
"""
# A transaction that writes is alone, so nobody else takes these.
_TAKE = """
UPDATE outbox SET attempts = attempts + 1, due_at = :until
WHERE message_id IN (
    SELECT message_id FROM outbox
    WHERE delivered_at IS NULL AND set_aside_at IS NULL AND due_at <= :at
    ORDER BY due_at, message_id
    LIMIT :limit
)
RETURNING *
"""
_NOTE_DELIVERY = """
UPDATE outbox SET delivered_to = json_insert(delivered_to, '$[#]', :channel)
WHERE message_id IN (SELECT value FROM json_each(:message_ids))
  AND NOT EXISTS (SELECT 1 FROM json_each(delivered_to) WHERE value = :channel)
RETURNING message_id
"""
_WITHDRAW_DELIVERY = """
UPDATE outbox SET
    delivered_to = (
        SELECT json_group_array(value) FROM json_each(delivered_to) WHERE value <> :channel
    ),
    delivered_at = NULL
WHERE message_id IN (SELECT value FROM json_each(:message_ids))
"""
_MAILS = """
SELECT sent_at FROM mail_recipients
WHERE recipient IN (SELECT value FROM json_each(:recipients))
"""
_COUNT_MAILS = """
INSERT INTO mail_recipients (recipient, sent_at, last_sent_at)
VALUES (:recipient, :sent_at, :last_sent_at)
ON CONFLICT (recipient) DO UPDATE SET
    sent_at = excluded.sent_at,
    last_sent_at = max(last_sent_at, excluded.last_sent_at)
"""
_WITHDRAW_MAILS = "UPDATE mail_recipients SET sent_at = :sent_at WHERE recipient = :recipient"
_FORGET_MAILS = "DELETE FROM mail_recipients WHERE last_sent_at <= :before"
_FORGET_RECIPIENTS = """
DELETE FROM mail_recipients WHERE recipient IN (SELECT value FROM json_each(:recipients))
"""
_SETTLE = """
UPDATE outbox SET
    due_at = coalesce(:due_at, due_at),
    delivered_at = CASE WHEN :error IS NULL THEN :at END,
    set_aside_at = CASE WHEN :error IS NOT NULL AND :due_at IS NULL THEN :at END,
    last_error = :error
WHERE message_id = :message_id AND attempts = :attempt
  AND (:error IS NOT NULL OR NOT EXISTS (
      SELECT value FROM json_each(:trusted)
      EXCEPT
      SELECT value FROM json_each(delivered_to)
  ))
"""
_COUNT_BACKLOG = """
SELECT COUNT(*) FILTER (WHERE delivered_at IS NULL AND set_aside_at IS NULL) AS waiting,
       COUNT(set_aside_at) AS dead_lettered,
       MIN(occurred_at) FILTER (WHERE delivered_at IS NULL AND set_aside_at IS NULL) AS oldest
FROM outbox
"""
_PUT_BACK = """
UPDATE outbox SET set_aside_at = NULL, attempts = 0, due_at = :at WHERE set_aside_at IS NOT NULL
"""
_FORGET_DELIVERED = """
DELETE FROM outbox WHERE message_id IN (
    SELECT message_id FROM outbox WHERE delivered_at < :before
    ORDER BY delivered_at, message_id
    LIMIT :limit
)
"""
_FORGET_SUBJECTS = """
DELETE FROM outbox WHERE subject_id IN (SELECT value FROM json_each(:subject_ids))
"""


class SQLiteOutboxRepository(SQLiteRepository, OutboxRepository):
    """Messages in a table."""

    @override
    def append(self, messages: Sequence[OutboxMessage]) -> None:
        with self._unit.writing() as session:
            session.run_for_each(
                _APPEND,
                [
                    {
                        "message_id": each.message_id,
                        "kind": each.kind,
                        "occurred_at": micros(each.occurred_at),
                        "subject_id": each.subject_id,
                        "form_id": each.form_id,
                        "payload": json_text(each.payload),
                    }
                    for each in messages
                ],
            )

    @override
    def take(self, at: datetime, until: datetime, *, limit: int) -> list[TakenMessage]:
        with self._unit.writing() as session:
            rows = session.run(_TAKE, at=micros(at), until=micros(until), limit=limit)
        taken = [_taken(row) for row in rows]
        return sorted(taken, key=lambda each: (each.message.occurred_at, each.message.message_id))

    @override
    def note_delivery(self, message_ids: Collection[MessageId], channel: str) -> set[MessageId]:
        with self._unit.writing() as session:
            rows = session.run(
                _NOTE_DELIVERY, message_ids=json_text(sorted(message_ids)), channel=channel
            )
        return {MessageId(row["message_id"]) for row in rows}

    @override
    def withdraw_delivery(self, message_ids: Collection[MessageId], channel: str) -> None:
        with self._unit.writing() as session:
            session.run(
                _WITHDRAW_DELIVERY, message_ids=json_text(sorted(message_ids)), channel=channel
            )

    @override
    def note_mail(
        self, message_id: MessageId, channel: str, recipient: str, at: datetime, *, limit: int
    ) -> MailNote:
        with self._unit.writing() as session:
            if not session.run(
                _NOTE_DELIVERY, message_ids=json_text([message_id]), channel=channel
            ):
                return MailNote.KNOWN
            counted = with_mail(_mails(session, [recipient]), at, limit)
            if counted is None:
                return MailNote.LIMITED
            session.run(
                _COUNT_MAILS,
                recipient=recipient,
                sent_at=json_text([micros(each) for each in counted]),
                last_sent_at=micros(at),
            )
        return MailNote.NOTED

    @override
    def withdraw_mail(
        self, message_id: MessageId, channel: str, recipient: str, at: datetime
    ) -> None:
        with self._unit.writing() as session:
            session.run(_WITHDRAW_DELIVERY, message_ids=json_text([message_id]), channel=channel)
            left = _mails(session, [recipient])
            if at in left:
                left.remove(at)
                session.run(
                    _WITHDRAW_MAILS,
                    recipient=recipient,
                    sent_at=json_text([micros(each) for each in left]),
                )

    @override
    def get_mails(self, recipients: Collection[str]) -> list[datetime]:
        with self._unit.reading() as session:
            return sorted(_mails(session, recipients))

    @override
    def forget_mails(self, at: datetime) -> int:
        with self._unit.writing() as session:
            return session.change(_FORGET_MAILS, before=micros(at - MAIL_WINDOW))

    @override
    def forget_recipients(self, recipients: Collection[str]) -> int:
        with self._unit.writing() as session:
            return session.change(_FORGET_RECIPIENTS, recipients=json_text(sorted(recipients)))

    @override
    def settle(self, settlements: Sequence[Settlement]) -> None:
        with self._unit.writing() as session:
            session.run_for_each(
                _SETTLE,
                [
                    {
                        "message_id": each.taken.message.message_id,
                        "attempt": each.taken.attempt,
                        "at": micros(each.at),
                        "error": each.error,
                        "due_at": optional_micros(each.due_at),
                        "trusted": json_text(sorted(each.trusted)),
                    }
                    for each in settlements
                ],
            )

    @override
    def count_backlog(self) -> Backlog:
        with self._unit.reading() as session:
            [row] = session.run(_COUNT_BACKLOG)
        return Backlog(row["waiting"], row["dead_lettered"], optional_instant(row["oldest"]))

    @override
    def redrive(self, at: datetime) -> int:
        with self._unit.writing() as session:
            return session.change(_PUT_BACK, at=micros(at))

    @override
    def forget_delivered(self, before: datetime, *, limit: int) -> int:
        with self._unit.writing() as session:
            return session.change(_FORGET_DELIVERED, before=micros(before), limit=limit)

    @override
    def forget_subjects(self, subject_ids: Collection[str]) -> int:
        with self._unit.writing() as session:
            return session.change(_FORGET_SUBJECTS, subject_ids=json_text(sorted(subject_ids)))


def _mails(session: Session, recipients: Collection[str]) -> list[datetime]:
    rows = session.run(_MAILS, recipients=json_text(sorted(recipients)))
    return [instant(each) for row in rows for each in json_value(row["sent_at"])]


def _taken(row: Row) -> TakenMessage:
    message = OutboxMessage(
        message_id=row["message_id"],
        kind=row["kind"],
        occurred_at=instant(row["occurred_at"]),
        subject_id=row["subject_id"],
        form_id=row["form_id"],
        payload=json_value(row["payload"]),
    )
    return TakenMessage(message, row["attempts"], frozenset(json_value(row["delivered_to"])))
