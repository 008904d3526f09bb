"""What every OutboxRepository does about jobs that are handed over."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from succotash.domain.messages.delivery import (
    DeliveryKind,
    DeliveryOutcome,
    DeliveryResult,
    PendingDelivery,
)
from succotash.domain.messages.outbox import RefusedDelivery, Settlement, TakenMessage
from succotash.domain.repositories.outbox import OutboxRepository
from succotash.domain.repositories.storage import Storage
from succotash.domain.values import MessageId
from tests.builders import NOON, a_message, minutes

ANSWER_TIME = minutes(60)


def pending(
    channel: str, kind: str = DeliveryKind.MAIL, *, message_id: str = "message-1", attempt: int = 1
) -> PendingDelivery:
    return PendingDelivery(
        job_id=f"{message_id}:{channel}:{attempt}",
        message_id=MessageId(message_id),
        channel=channel,
        kind=kind,
        attempt=attempt,
        handed_over_at=NOON,
        recipient="ab12" if channel == "person" else None,
    )


def outcome(
    of: PendingDelivery,
    result: DeliveryResult = DeliveryResult.DELIVERED,
    reason: str | None = None,
) -> DeliveryOutcome:
    return DeliveryOutcome(of.job_id, of.message_id, of.channel, of.kind, result, reason, "ref-1")


OWNERS, PERSON = pending("owners"), pending("person")
BUS = pending("bus", DeliveryKind.BUS)


def handed_over(outbox: OutboxRepository, *deliveries: PendingDelivery) -> TakenMessage:
    """A message that was taken, and whose jobs are out."""
    outbox.append([a_message()])
    [taken] = outbox.take(NOON, NOON + minutes(5), limit=1)
    mails = [each.channel for each in deliveries if each.kind == DeliveryKind.MAIL]
    for channel in mails:
        outbox.note_delivery([taken.message.message_id], channel)
    outbox.hand_over(deliveries, NOON + ANSWER_TIME)
    return taken


def test_a_message_belongs_to_nobody_else_while_its_jobs_are_out(
    outbox: OutboxRepository,
) -> None:
    handed_over(outbox, BUS)
    assert outbox.take(NOON + ANSWER_TIME - minutes(1), NOON + 2 * ANSWER_TIME, limit=1) == []
    [again] = outbox.take(NOON + ANSWER_TIME, NOON + 2 * ANSWER_TIME, limit=1)
    assert (again.attempt, again.unanswered, again.delivered_to) == (2, 0, frozenset())


def test_a_message_is_complete_once_every_job_has_answered(outbox: OutboxRepository) -> None:
    taken = handed_over(outbox, OWNERS, BUS)
    assert outbox.answer([outcome(OWNERS)], NOON) == []
    [complete] = outbox.answer([outcome(BUS)], NOON)
    assert complete.taken.message == taken.message
    assert complete.taken.attempt == 1
    assert complete.taken.delivered_to == {"owners", "bus"}
    assert complete.refused == ()


def test_an_outcome_counts_once_however_often_it_comes(outbox: OutboxRepository) -> None:
    handed_over(outbox, OWNERS)
    assert len(outbox.answer([outcome(OWNERS), outcome(OWNERS)], NOON)) == 1
    assert outbox.answer([outcome(OWNERS)], NOON) == []
    assert outbox.answer([outcome(OWNERS, DeliveryResult.REFUSED, "late")], NOON) == []


def test_nothing_to_hand_over_or_answer_is_fine(outbox: OutboxRepository) -> None:
    outbox.hand_over([], NOON)
    assert outbox.answer([], NOON) == []


def test_what_was_refused_is_given_with_its_message_until_that_is_taken_again(
    outbox: OutboxRepository,
) -> None:
    handed_over(outbox, PERSON, BUS)
    refused = outcome(PERSON, DeliveryResult.REFUSED, "SES answered Throttling")
    assert outbox.answer([refused], NOON) == []
    [complete] = outbox.answer([outcome(BUS)], NOON)
    assert complete.refused == (RefusedDelivery(PERSON, "SES answered Throttling"),)
    assert complete.taken.delivered_to == {"bus"}
    second = pending("bus", DeliveryKind.BUS, attempt=2)
    outbox.hand_over([second], NOON + ANSWER_TIME)
    [late] = outbox.answer([outcome(second)], NOON)
    assert [each.pending for each in late.refused] == [replace(PERSON, recipient=None)]
    outbox.take(NOON + ANSWER_TIME, NOON + 2 * ANSWER_TIME, limit=1)
    third = pending("bus", DeliveryKind.BUS, attempt=3)
    outbox.hand_over([third], NOON + 2 * ANSWER_TIME)
    [complete] = outbox.answer([outcome(third)], NOON)
    assert complete.refused == ()


def test_several_messages_are_answered_together(outbox: OutboxRepository) -> None:
    names = ["message-1", "message-2", "message-3"]
    outbox.append([a_message(each) for each in names])
    outbox.take(NOON, NOON + minutes(5), limit=3)
    jobs = [pending("bus", DeliveryKind.BUS, message_id=each) for each in names]
    outbox.hand_over(jobs, NOON + ANSWER_TIME)
    results = [DeliveryResult.DELIVERED, DeliveryResult.REFUSED, DeliveryResult.DELIVERED]
    outcomes = [outcome(job, result) for job, result in zip(jobs, results, strict=True)]
    complete = outbox.answer(outcomes, NOON)
    assert [each.taken.message.message_id for each in complete] == names
    assert [len(each.refused) for each in complete] == [0, 1, 0]


class TestSilence:
    def test_a_mail_that_never_answers_is_uncertain_and_counted_once(
        self, outbox: OutboxRepository
    ) -> None:
        handed_over(outbox, OWNERS, PERSON, BUS)
        [found] = outbox.take(NOON + ANSWER_TIME, NOON + 2 * ANSWER_TIME, limit=1)
        assert found.unanswered == 2
        assert found.delivered_to == {"owners", "person"}
        assert outbox.count_backlog().uncertain == 2
        [again] = outbox.take(NOON + 2 * ANSWER_TIME, NOON + 3 * ANSWER_TIME, limit=1)
        assert again.unanswered == 0
        assert again.delivered_to == {"owners", "person"}

    def test_an_answer_that_comes_late_counts(self, outbox: OutboxRepository) -> None:
        handed_over(outbox, OWNERS)
        outbox.take(NOON + ANSWER_TIME, NOON + 2 * ANSWER_TIME, limit=1)
        [complete] = outbox.answer([outcome(OWNERS)], NOON + ANSWER_TIME)
        assert complete.taken.delivered_to == {"owners"}
        assert outbox.count_backlog().uncertain == 0

    def test_a_late_refusal_makes_the_mail_one_to_be_sent(self, outbox: OutboxRepository) -> None:
        handed_over(outbox, OWNERS)
        [taken] = outbox.take(NOON + ANSWER_TIME, NOON + 2 * ANSWER_TIME, limit=1)
        outbox.settle([Settlement(taken, NOON + ANSWER_TIME)])
        [complete] = outbox.answer([outcome(OWNERS, DeliveryResult.REFUSED)], NOON + ANSWER_TIME)
        assert [each.pending.channel for each in complete.refused] == ["owners"]
        assert complete.taken.delivered_to == frozenset()
        assert outbox.count_backlog().waiting == 1

    def test_who_answers_late_settles_no_later_attempt(self, outbox: OutboxRepository) -> None:
        handed_over(outbox, OWNERS)
        outbox.take(NOON + ANSWER_TIME, NOON + 2 * ANSWER_TIME, limit=1)
        [complete] = outbox.answer([outcome(OWNERS)], NOON + ANSWER_TIME)
        outbox.settle([Settlement(complete.taken, NOON + ANSWER_TIME)])
        assert outbox.count_backlog().waiting == 1

    def test_no_answer_of_a_job_counts_that_another_one_replaced(
        self, outbox: OutboxRepository
    ) -> None:
        handed_over(outbox, BUS)
        outbox.take(NOON + ANSWER_TIME, NOON + 2 * ANSWER_TIME, limit=1)
        second = pending("bus", DeliveryKind.BUS, attempt=2)
        outbox.hand_over([second], NOON + 2 * ANSWER_TIME)
        assert outbox.answer([outcome(BUS, DeliveryResult.REFUSED)], NOON) == []
        assert len(outbox.answer([outcome(second)], NOON)) == 1

    def test_an_uncertain_answer_is_shown_as_one(self, outbox: OutboxRepository) -> None:
        handed_over(outbox, OWNERS)
        uncertain = outcome(OWNERS, DeliveryResult.UNCERTAIN)
        [complete] = outbox.answer([uncertain], NOON)
        assert complete.taken.delivered_to == {"owners"}
        assert outbox.answer([uncertain], NOON) == []
        assert outbox.count_backlog().uncertain == 1


def test_jobs_go_with_their_message(outbox: OutboxRepository) -> None:
    taken = handed_over(outbox, OWNERS)
    assert outbox.forget_subjects([taken.message.subject_id]) == 1
    outbox.hand_over([BUS], NOON + ANSWER_TIME)
    assert outbox.answer([outcome(OWNERS), outcome(BUS)], NOON) == []
    assert outbox.count_backlog().uncertain == 0


@pytest.mark.parametrize("turn", range(5))
def test_of_answers_that_come_at_once_one_completes_the_message(
    shared_storage: Storage, turn: int
) -> None:
    outbox = shared_storage.repositories.outbox
    jobs = [pending(f"channel-{number}", DeliveryKind.WEBHOOK) for number in range(6)]
    handed_over(outbox, *jobs)
    with ThreadPoolExecutor(6) as pool:
        answered = list(pool.map(lambda job: outbox.answer([outcome(job)], NOON), jobs))
    assert sum(map(len, answered)) == 1, turn
