"""The outbox in memory."""

import dataclasses
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
    UNNAMED,
    AnsweredMessage,
    Backlog,
    MailNote,
    OutboxMessage,
    RefusedDelivery,
    Settlement,
    TakenMessage,
    with_mail,
)
from succotash.domain.repositories.outbox import OutboxRepository
from succotash.domain.values import MessageId
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import DeliveryRow, OutboxRow, atomic, stored


class InMemoryOutboxRepository(InMemoryRepository, OutboxRepository):
    """Messages in a dictionary."""

    @override
    @atomic
    def append(self, messages: Sequence[OutboxMessage]) -> None:
        for message in map(stored, messages):
            if message.message_id not in self.tables.outbox:
                row = OutboxRow(message, due_at=message.occurred_at)
                self.tables.outbox[message.message_id] = row

    @override
    @atomic
    def take(self, at: datetime, until: datetime, *, limit: int) -> list[TakenMessage]:
        due = [row for row in self._waiting() if row.due_at <= at]
        due.sort(key=lambda row: (row.due_at, row.message.message_id))
        taken = []
        for row in sorted(due[:limit], key=_place):
            known = {
                channel: each
                for channel, each in row.deliveries.items()
                if each.result is not DeliveryResult.REFUSED
            }
            unanswered = {
                channel: dataclasses.replace(each, result=DeliveryResult.UNCERTAIN)
                for channel, each in known.items()
                if each.result is None and each.pending.kind in AT_MOST_ONCE
            }
            held = dataclasses.replace(
                row,
                attempts=row.attempts + 1,
                due_at=until,
                deliveries={**known, **unanswered},
            )
            self._put(held)
            taken.append(
                TakenMessage(row.message, held.attempts, row.delivered_to, len(unanswered))
            )
        return taken

    @override
    @atomic
    def hand_over(self, deliveries: Sequence[PendingDelivery], until: datetime) -> None:
        for each in deliveries:
            row = self.tables.outbox.get(each.message_id)
            if row is not None:
                out = {**row.deliveries, each.channel: DeliveryRow(each)}
                self._put(dataclasses.replace(row, deliveries=out, due_at=until))

    @override
    @atomic
    def answer(self, outcomes: Sequence[DeliveryOutcome], at: datetime) -> list[AnsweredMessage]:
        answered = {each.message_id for each in outcomes if self._answer(each)}
        rows = sorted((self.tables.outbox[each] for each in answered), key=_place)
        return [
            self._close(row)
            for row in rows
            if all(each.result is not None for each in row.deliveries.values())
        ]

    def _answer(self, outcome: DeliveryOutcome) -> bool:
        """Note an outcome; whether it says anything new."""
        row = self.tables.outbox.get(outcome.message_id)
        delivery = None if row is None else row.deliveries.get(outcome.channel)
        if row is None or delivery is None or delivery.pending.job_id != outcome.job_id:
            return False
        if delivery.result not in {None, DeliveryResult.UNCERTAIN} - {outcome.result}:
            return False
        is_refused = outcome.result is DeliveryResult.REFUSED
        answered = dataclasses.replace(
            delivery, result=outcome.result, reason=outcome.reason, reference=outcome.reference
        )
        self._put(
            dataclasses.replace(
                row,
                deliveries={**row.deliveries, outcome.channel: answered},
                delivered_to=(
                    row.delivered_to - {outcome.channel}
                    if is_refused
                    else row.delivered_to | {outcome.channel}
                ),
                delivered_at=None if is_refused else row.delivered_at,
            )
        )
        return True

    def _close(self, row: OutboxRow) -> AnsweredMessage:
        """The message with what was refused of it; whose mail that was is told once."""
        refused = {
            channel: each
            for channel, each in row.deliveries.items()
            if each.result is DeliveryResult.REFUSED
        }
        told = {
            channel: dataclasses.replace(
                each, pending=dataclasses.replace(each.pending, recipient=None)
            )
            for channel, each in refused.items()
        }
        self._put(dataclasses.replace(row, deliveries={**row.deliveries, **told}))
        return AnsweredMessage(
            TakenMessage(
                row.message,
                max(each.pending.attempt for each in row.deliveries.values()),
                row.delivered_to,
            ),
            tuple(
                RefusedDelivery(each.pending, each.reason or UNNAMED)
                for _, each in sorted(refused.items())
            ),
        )

    @override
    @atomic
    def note_delivery(self, message_ids: Collection[MessageId], channel: str) -> set[MessageId]:
        noted = set()
        for message_id in message_ids:
            row = self.tables.outbox.get(message_id)
            if row is not None and channel not in row.delivered_to:
                self._put(dataclasses.replace(row, delivered_to=row.delivered_to | {channel}))
                noted.add(message_id)
        return noted

    @override
    @atomic
    def withdraw_delivery(self, message_ids: Collection[MessageId], channel: str) -> None:
        for message_id in message_ids:
            row = self.tables.outbox.get(message_id)
            if row is not None:
                left = row.delivered_to - {channel}
                self._put(dataclasses.replace(row, delivered_to=left, delivered_at=None))

    @override
    @atomic
    def note_mail(
        self, message_id: MessageId, channel: str, recipient: str, at: datetime, *, limit: int
    ) -> MailNote:
        if not self.note_delivery([message_id], channel):
            return MailNote.KNOWN
        counted = with_mail(self.tables.mails.get(recipient) or (), at, limit)
        if counted is None:
            return MailNote.LIMITED
        self.tables.mails[recipient] = tuple(counted)
        return MailNote.NOTED

    @override
    @atomic
    def withdraw_mail(
        self, message_id: MessageId, channel: str, recipient: str, at: datetime
    ) -> None:
        self.withdraw_delivery([message_id], channel)
        left = list(self.tables.mails.get(recipient) or ())
        if at in left:
            left.remove(at)
            self.tables.mails[recipient] = tuple(left)

    @override
    @atomic
    def get_mails(self, recipients: Collection[str]) -> list[datetime]:
        return sorted(at for each in recipients for at in self.tables.mails.get(each) or ())

    @override
    @atomic
    def forget_mails(self, at: datetime) -> int:
        old = [
            recipient
            for recipient, mails in self.tables.mails.items()
            if all(each <= at - MAIL_WINDOW for each in mails)
        ]
        return self.tables.mails.discard(old)

    @override
    @atomic
    def forget_recipients(self, recipients: Collection[str]) -> int:
        return self.tables.mails.discard(recipients)

    @override
    @atomic
    def settle(self, settlements: Sequence[Settlement]) -> None:
        for each in settlements:
            row = self.tables.outbox.get(each.taken.message.message_id)
            if row is None or row.attempts != each.taken.attempt:
                continue
            is_delivered = each.error is None
            if is_delivered and not each.trusted <= row.delivered_to:
                continue
            is_over = not is_delivered and each.due_at is None
            self._put(
                dataclasses.replace(
                    row,
                    due_at=each.due_at or row.due_at,
                    delivered_at=each.at if is_delivered else None,
                    set_aside_at=each.at if is_over else None,
                    last_error=each.error,
                    attempts=row.attempts if each.counts else row.attempts - 1,
                )
            )

    @override
    @atomic
    def count_backlog(self) -> Backlog:
        waiting = [row.message.occurred_at for row in self._waiting()]
        dead_lettered = sum(row.set_aside_at is not None for row in self.tables.outbox.values())
        uncertain = sum(
            each.result is DeliveryResult.UNCERTAIN
            for row in self.tables.outbox.values()
            for each in row.deliveries.values()
        )
        return Backlog(len(waiting), dead_lettered, min(waiting, default=None), uncertain)

    @override
    @atomic
    def redrive(self, at: datetime) -> int:
        dead_lettered = [row for row in self.tables.outbox.values() if row.set_aside_at is not None]
        for row in dead_lettered:
            self._put(dataclasses.replace(row, set_aside_at=None, attempts=0, due_at=at))
        return len(dead_lettered)

    @override
    @atomic
    def forget_delivered(self, before: datetime, *, limit: int) -> int:
        old = sorted(
            (row.delivered_at, row.message.message_id)
            for row in self.tables.outbox.values()
            if row.delivered_at is not None and row.delivered_at < before
        )
        return self.tables.outbox.discard([message_id for _, message_id in old[:limit]])

    @override
    @atomic
    def forget_subjects(self, subject_ids: Collection[str]) -> int:
        about = [key for each in subject_ids for key in self.tables.outbox_by_subject.keys(each)]
        return self.tables.outbox.discard(about)

    def _waiting(self) -> list[OutboxRow]:
        return [
            row
            for row in self.tables.outbox.values()
            if row.delivered_at is None and row.set_aside_at is None
        ]

    def _put(self, row: OutboxRow) -> None:
        self.tables.outbox[row.message.message_id] = row


def _place(row: OutboxRow) -> tuple[datetime, str]:
    return row.message.occurred_at, row.message.message_id
