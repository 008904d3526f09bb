"""The outbox in SQLite."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import override

from succotash.domain.messages.delivery import (
    AT_MOST_ONCE,
    DeliveryOutcome,
    DeliveryResult,
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
    with_mail,
)
from succotash.domain.repositories.outbox import OutboxRepository
from succotash.domain.values import MessageId
from succotash.infrastructure.rows.messages import (
    answered_messages_of,
    backlog_of,
    last_of_each,
    taken_message_of,
)
from succotash.infrastructure.sqlite.columns import (
    instant,
    json_text,
    micros,
    optional_micros,
)
from succotash.infrastructure.sqlite.connection import Session
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("outbox")


class SQLiteOutboxRepository(SQLiteRepository, OutboxRepository):
    """Messages in a table."""

    @override
    def append(self, messages: Sequence[OutboxMessage]) -> None:
        with self._unit.writing() as session:
            session.run_for_each(
                _SQL["append"],
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
            once = json_text(sorted(AT_MOST_ONCE))
            rows = session.run(
                _SQL["take"], at=micros(at), until=micros(until), limit=limit, at_most_once=once
            )
            taken = [taken_message_of(row) for row in rows]
            message_ids = json_text([each.message.message_id for each in taken])
            session.run(_SQL["find_unanswered"], message_ids=message_ids, at_most_once=once)
            session.run(_SQL["forget_refused"], message_ids=message_ids)
        return sorted(taken, key=lambda each: (each.message.occurred_at, each.message.message_id))

    @override
    def hand_over(self, deliveries: Sequence[PendingDelivery], until: datetime) -> None:
        with self._unit.writing() as session:
            message_ids = json_text(sorted({each.message_id for each in deliveries}))
            session.run(_SQL["hold"], message_ids=message_ids, until=micros(until))
            session.run_for_each(
                _SQL["hand_over"],
                [
                    {
                        "job_id": each.job_id,
                        "message_id": each.message_id,
                        "channel": each.channel,
                        "kind": each.kind,
                        "attempt": each.attempt,
                        "handed_over_at": micros(each.handed_over_at),
                        "recipient": each.recipient,
                    }
                    for each in deliveries
                ],
            )

    @override
    def answer(self, outcomes: Sequence[DeliveryOutcome], at: datetime) -> list[AnsweredMessage]:
        with self._unit.writing() as session:
            answered = {
                each.message_id for each in last_of_each(outcomes) if _answer(session, each, at)
            }
            message_ids = json_text(sorted(answered))
            complete = answered_messages_of(
                session.run(_SQL["find_complete"], message_ids=message_ids)
            )
            session.run(
                _SQL["forget_refused_recipients"],
                message_ids=json_text([each.taken.message.message_id for each in complete]),
            )
        return complete

    @override
    def note_delivery(self, message_ids: Collection[MessageId], channel: str) -> set[MessageId]:
        with self._unit.writing() as session:
            rows = session.run(
                _SQL["note_delivery"], message_ids=json_text(sorted(message_ids)), channel=channel
            )
        return {MessageId(row["message_id"]) for row in rows}

    @override
    def withdraw_delivery(self, message_ids: Collection[MessageId], channel: str) -> None:
        with self._unit.writing() as session:
            session.run(
                _SQL["withdraw_delivery"],
                message_ids=json_text(sorted(message_ids)),
                channel=channel,
            )

    @override
    def note_mail(
        self, message_id: MessageId, channel: str, recipient: str, at: datetime, *, limit: int
    ) -> MailNote:
        with self._unit.writing() as session:
            if not session.run(
                _SQL["note_delivery"], message_ids=json_text([message_id]), channel=channel
            ):
                return MailNote.KNOWN
            counted = with_mail(_mails(session, [recipient]), at, limit)
            if counted is None:
                return MailNote.LIMITED
            session.run(
                _SQL["save_mails"],
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
            session.run(
                _SQL["withdraw_delivery"], message_ids=json_text([message_id]), channel=channel
            )
            left = _mails(session, [recipient])
            if at in left:
                left.remove(at)
                session.run(
                    _SQL["withdraw_mail"],
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
            return session.change(_SQL["forget_mails"], before=micros(at - MAIL_WINDOW))

    @override
    def forget_recipients(self, recipients: Collection[str]) -> int:
        with self._unit.writing() as session:
            return session.change(
                _SQL["forget_recipients"], recipients=json_text(sorted(recipients))
            )

    @override
    def settle(self, settlements: Sequence[Settlement]) -> None:
        with self._unit.writing() as session:
            session.run_for_each(
                _SQL["settle"],
                [
                    {
                        "message_id": each.taken.message.message_id,
                        "attempt": each.taken.attempt,
                        "at": micros(each.at),
                        "error": each.error,
                        "due_at": optional_micros(each.due_at),
                        "trusted": json_text(sorted(each.trusted)),
                        "counts": each.counts,
                    }
                    for each in settlements
                ],
            )

    @override
    def count_backlog(self) -> Backlog:
        with self._unit.reading() as session:
            [row] = session.run(_SQL["count_backlog"])
        return backlog_of(row)

    @override
    def redrive(self, at: datetime) -> int:
        with self._unit.writing() as session:
            return session.change(_SQL["redrive"], at=micros(at))

    @override
    def forget_delivered(self, before: datetime, *, limit: int) -> int:
        with self._unit.writing() as session:
            return session.change(_SQL["forget_delivered"], before=micros(before), limit=limit)

    @override
    def forget_subjects(self, subject_ids: Collection[str]) -> int:
        with self._unit.writing() as session:
            return session.change(
                _SQL["forget_subjects"], subject_ids=json_text(sorted(subject_ids))
            )


def _answer(session: Session, outcome: DeliveryOutcome, at: datetime) -> bool:
    """Note an outcome; whether it says anything new."""
    is_new = session.change(
        _SQL["answer"],
        job_id=outcome.job_id,
        message_id=outcome.message_id,
        channel=outcome.channel,
        result=outcome.result,
        reason=outcome.reason,
        reference=outcome.reference,
        at=micros(at),
    )
    if is_new:
        is_refused = outcome.result is DeliveryResult.REFUSED
        session.run(
            _SQL["withdraw_delivery" if is_refused else "note_delivery"],
            message_ids=json_text([outcome.message_id]),
            channel=outcome.channel,
        )
    return bool(is_new)


def _mails(session: Session, recipients: Collection[str]) -> list[datetime]:
    rows = session.run(_SQL["get_mails"], recipients=json_text(sorted(recipients)))
    return [instant(each) for row in rows for each in row.json("sent_at")]
