"""What every OutboxRepository does."""

import random
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import override

import pytest

from succotash.application.intake.form_handler import FormHandler
from succotash.application.messages.outbox_relay import OutboxRelay
from succotash.domain.forms.forms import Form
from succotash.domain.messages.mails import Mail
from succotash.domain.messages.outbox import (
    Backlog,
    OutboxMessage,
    RedeliveryPolicy,
    Settlement,
    TakenMessage,
)
from succotash.domain.repositories.delivery import EventBus, Mailer, MailRefusedError
from succotash.domain.repositories.outbox import OutboxRepository
from succotash.domain.repositories.storage import Storage
from succotash.domain.values import FormId, MessageId, uuid7
from tests.builders import NOON, a_message, minutes
from tests.relays import channels_of

LATER = NOON + minutes(1)


def take(outbox: OutboxRepository, at: datetime = NOON, limit: int = 10) -> list[TakenMessage]:
    return outbox.take(at, at + minutes(1), limit=limit)


def ids(taken: list[TakenMessage]) -> list[str]:
    return [each.message.message_id for each in taken]


def delivered(taken: TakenMessage, at: datetime = NOON) -> Settlement:
    return Settlement(taken, at)


def failed(taken: TakenMessage, due_at: datetime | None, at: datetime = NOON) -> Settlement:
    return Settlement(taken, at, "TimeoutError", due_at)


class TestTaking:
    def test_a_message_comes_back_as_it_was_written(self, outbox: OutboxRepository) -> None:
        message = a_message(payload={"lead_id": "lead-1", "n": 2, "none": None, "list": ["é"]})
        about_a_run = a_message("message-2", subject_id="run", form_id=None, kind="of.later.times")
        outbox.append([message, about_a_run])
        assert take(outbox) == [TakenMessage(message, 1), TakenMessage(about_a_run, 1)]

    def test_nothing_to_append_or_settle_or_note_is_fine(self, outbox: OutboxRepository) -> None:
        outbox.append([])
        outbox.settle([])
        assert outbox.note_delivery([], "bus") == set()
        assert outbox.forget_subjects([]) == 0
        assert take(outbox) == []

    def test_a_message_written_twice_is_one_and_stays_as_it_was(
        self, outbox: OutboxRepository
    ) -> None:
        outbox.append([a_message()])
        outbox.append([a_message(subject_id="other"), a_message("message-2")])
        assert [each.message.subject_id for each in take(outbox)] == ["submission-1"] * 2

    def test_those_due_longest_come_first_and_in_the_order_of_their_times(
        self, outbox: OutboxRepository
    ) -> None:
        outbox.append(
            [
                a_message("c", occurred_at=NOON),
                a_message("a", occurred_at=NOON - minutes(1)),
                a_message("b", occurred_at=NOON - minutes(2)),
            ]
        )
        assert ids(take(outbox, limit=2)) == ["b", "a"]
        assert ids(take(outbox, limit=2)) == ["c"]

    def test_what_was_taken_is_nobody_elses_until_its_time_is_over(
        self, outbox: OutboxRepository
    ) -> None:
        outbox.append([a_message()])
        [first] = outbox.take(NOON, LATER, limit=10)
        assert take(outbox, LATER - minutes(0.01)) == []
        [again] = take(outbox, LATER)
        assert again == replace(first, attempt=2)

    def test_a_message_waits_for_its_time(self, outbox: OutboxRepository) -> None:
        outbox.append([a_message(occurred_at=LATER)])
        assert take(outbox, NOON) == []
        assert len(take(outbox, LATER)) == 1

    def test_takers_at_the_same_time_get_different_messages(self, shared_storage: Storage) -> None:
        names = {f"message-{number:03d}" for number in range(120)}
        shared_storage.repositories.outbox.append([a_message(name) for name in sorted(names)])

        def take_all(_: int) -> list[str]:
            mine: list[str] = []
            while taken := take(shared_storage.repositories.outbox, limit=7):
                mine += ids(taken)
            return mine

        with ThreadPoolExecutor(6) as pool:
            found = [name for mine in pool.map(take_all, range(6)) for name in mine]
        assert sorted(found) == sorted(names)

    @pytest.mark.parametrize("adapter", ["postgres"])
    def test_a_taker_passes_over_what_an_open_transaction_holds(self, storage: Storage) -> None:
        storage.repositories.outbox.append([a_message("a"), a_message("b")])
        with storage.transaction() as mine:
            assert ids(take(mine.outbox, limit=1)) == ["a"]
            with storage.transaction() as others:
                assert ids(take(others.outbox)) == ["b"]

    def test_a_message_is_kept_only_with_what_it_tells_of(self, storage: Storage) -> None:
        def fail() -> None:
            with storage.transaction() as repositories:
                repositories.outbox.append([a_message()])
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        assert take(storage.repositories.outbox) == []


class TestSettling:
    def test_a_delivered_message_never_comes_again(self, outbox: OutboxRepository) -> None:
        outbox.append([a_message()])
        [taken] = take(outbox)
        outbox.settle([delivered(taken)])
        assert take(outbox, NOON + minutes(1e6)) == []
        assert outbox.count_backlog() == Backlog(0, 0, None)

    def test_one_that_failed_comes_again_when_it_is_due(self, outbox: OutboxRepository) -> None:
        outbox.append([a_message("bad"), a_message("good")])
        bad, good = take(outbox)
        due_at = NOON + minutes(30)
        outbox.settle([failed(bad, due_at), delivered(good)])
        assert outbox.count_backlog() == Backlog(1, 0, NOON)
        assert take(outbox, due_at - minutes(1)) == []
        [again] = take(outbox, due_at)
        assert again == replace(bad, attempt=2)

    def test_to_wait_is_no_attempt(self, outbox: OutboxRepository) -> None:
        outbox.append([a_message()])
        for _ in range(3):
            [waits] = take(outbox)
            assert waits.attempt == 1
            outbox.settle([replace(failed(waits, NOON), counts=False)])
        [fails] = take(outbox)
        outbox.settle([failed(fails, NOON)])
        assert [each.attempt for each in take(outbox)] == [2]

    def test_one_that_failed_for_good_is_set_aside_and_can_be_put_back(
        self, outbox: OutboxRepository
    ) -> None:
        outbox.append([a_message()])
        [taken] = take(outbox)
        outbox.settle([failed(taken, None)])
        assert take(outbox, NOON + minutes(1e6)) == []
        assert outbox.count_backlog() == Backlog(0, 1, None)
        assert outbox.redrive(LATER) == 1
        assert outbox.redrive(LATER) == 0
        assert outbox.count_backlog() == Backlog(1, 0, NOON)
        assert take(outbox, NOON) == []
        assert take(outbox, LATER) == [taken]

    def test_who_comes_late_changes_nothing(self, outbox: OutboxRepository) -> None:
        outbox.append([a_message()])
        [late] = outbox.take(NOON, LATER, limit=1)
        [current] = outbox.take(LATER, LATER + minutes(1), limit=1)
        outbox.settle([failed(late, None)])
        assert outbox.count_backlog() == Backlog(1, 0, NOON)
        outbox.settle([delivered(current)])
        assert outbox.count_backlog() == Backlog(0, 0, None)

    def test_what_is_gone_meanwhile_is_passed_over(self, outbox: OutboxRepository) -> None:
        outbox.append([a_message()])
        [taken] = take(outbox)
        assert outbox.forget_subjects(["submission-1", "submission-2"]) == 1
        outbox.settle([delivered(taken)])
        assert outbox.note_delivery([taken.message.message_id], "bus") == set()
        assert outbox.count_backlog() == Backlog(0, 0, None)


class TestChannels:
    def test_a_delivery_is_noted_once(self, outbox: OutboxRepository) -> None:
        outbox.append([a_message("a"), a_message("b")])
        a, b = MessageId("a"), MessageId("b")
        assert outbox.note_delivery([a], "bus") == {a}
        assert outbox.note_delivery([a, b], "bus") == {b}
        assert outbox.note_delivery([a], "owners") == {a}
        assert [each.delivered_to for each in take(outbox)] == [{"bus", "owners"}, {"bus"}]

    def test_a_delivery_that_surely_failed_can_be_taken_back(
        self, outbox: OutboxRepository
    ) -> None:
        outbox.append([a_message("a"), a_message("b")])
        a, b = MessageId("a"), MessageId("b")
        for channel in ("bus", "owners"):
            outbox.note_delivery([a, b], channel)
        outbox.withdraw_delivery([a, MessageId("unknown")], "owners")
        assert [each.delivered_to for each in take(outbox)] == [{"bus"}, {"bus", "owners"}]
        assert outbox.note_delivery([a, b], "owners") == {a}

    def test_what_was_settled_trusting_a_note_that_is_taken_back_waits_again(
        self, outbox: OutboxRepository
    ) -> None:
        outbox.append([a_message("a")])
        a = MessageId("a")
        outbox.note_delivery([a], "owners")
        [trusting] = take(outbox)
        outbox.settle([delivered(trusting)])
        outbox.withdraw_delivery([a], "owners")
        assert outbox.count_backlog() == Backlog(1, 0, NOON)
        [again] = take(outbox, NOON + minutes(1))
        assert again.delivered_to == frozenset()

    def test_a_delivery_that_trusts_a_note_taken_back_is_none(
        self, outbox: OutboxRepository
    ) -> None:
        outbox.append([a_message("a")])
        a = MessageId("a")
        outbox.note_delivery([a], "owners")
        [trusting] = take(outbox)
        outbox.withdraw_delivery([a], "owners")
        outbox.settle([replace(delivered(trusting), trusted=frozenset({"owners"}))])
        assert outbox.count_backlog() == Backlog(1, 0, NOON)
        outbox.note_delivery([a], "owners")
        outbox.settle([replace(delivered(trusting), trusted=frozenset({"owners"}))])
        assert outbox.count_backlog() == Backlog(0, 0, None)

    def test_of_many_who_note_a_delivery_at_once_one_is_the_first(
        self, shared_storage: Storage
    ) -> None:
        outbox = shared_storage.repositories.outbox
        outbox.append([a_message("a")])
        with ThreadPoolExecutor(6) as pool:
            noted = list(
                pool.map(lambda _: outbox.note_delivery([MessageId("a")], "owners"), range(12))
            )
        assert [each for each in noted if each] == [{"a"}]


class TestForgetting:
    def test_messages_delivered_long_ago_are_deleted_and_no_others(
        self, outbox: OutboxRepository
    ) -> None:
        outbox.append([a_message(name) for name in ("early", "middle", "late", "waits", "aside")])
        taken = {each.message.message_id: each for each in take(outbox)}
        outbox.settle(
            [
                delivered(taken[MessageId("early")], NOON),
                delivered(taken[MessageId("middle")], NOON + minutes(1)),
                delivered(taken[MessageId("late")], NOON + minutes(2)),
                failed(taken[MessageId("waits")], NOON + minutes(3)),
                failed(taken[MessageId("aside")], None),
            ]
        )
        assert outbox.forget_delivered(NOON + minutes(2), limit=1) == 1
        assert outbox.forget_delivered(NOON + minutes(2), limit=10) == 1
        assert outbox.forget_delivered(NOON + minutes(2), limit=10) == 0
        assert outbox.forget_delivered(NOON + minutes(99), limit=10) == 1
        assert outbox.count_backlog() == Backlog(1, 1, NOON)

    def test_everything_about_a_subject_can_be_deleted(self, outbox: OutboxRepository) -> None:
        outbox.append(
            [
                a_message("a", subject_id="submission-1"),
                a_message("b", subject_id="lead-1"),
                a_message("c", subject_id="lead-2"),
            ]
        )
        assert outbox.forget_subjects(["submission-1", "lead-1", "lead-3"]) == 2
        assert ids(take(outbox)) == ["c"]


class Listening(EventBus):
    """A bus that loses some of what it is given, and says so."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._chance = random.Random(3)  # noqa: S311 - no secret

    @override
    def publish(self, messages: Sequence[OutboxMessage]) -> Mapping[MessageId, str]:
        refused = {each.message_id: "Throttled" for each in messages if self._chance.random() < 0.3}
        self.heard += [each.message_id for each in messages if each.message_id not in refused]
        return refused


class Sending(Mailer):
    """A mailer that refuses some e-mails."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self._chance = random.Random(4)  # noqa: S311 - no secret

    @override
    def send(self, mail: Mail, at: datetime) -> None:
        if self._chance.random() < 0.3:
            raise MailRefusedError("Throttled")
        self.sent.append(mail.text)


def test_many_relays_at_once_tell_everything_and_send_each_mail_once(
    shared_storage: Storage,
) -> None:
    forms = FormHandler(shared_storage, lambda: NOON, uuid7)
    form = Form(FormId("contact"), "Contact", notify=("owner@example.com",))
    shared_storage.repositories.forms.save_form(form, [])
    leads = {
        str(
            forms.submit_form({"email": f"p{n}@example.com", "message": f"{n}"}, "contact")[
                "lead_id"
            ]
        )
        for n in range(60)
    }
    bus, post = Listening(), Sending()
    channels = channels_of(shared_storage, post, bus)

    def relay(number: int) -> None:
        for attempt in range(25):
            now = NOON + minutes(attempt)
            relay = OutboxRelay(
                shared_storage,
                lambda now=now: now,
                channels,
                RedeliveryPolicy(99, minutes(1), minutes(1)),
            )
            relay.run()
            time.sleep(0.001 * number)

    # Their clocks differ by more than a lease lasts, so that they get in each other's way.
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(relay, range(4)))
    for hour in range(1, 20):
        later = NOON + minutes(60 * hour)
        OutboxRelay(
            shared_storage,
            lambda later=later: later,
            channels,
            RedeliveryPolicy(99, minutes(1), minutes(1)),
        ).run()
    assert shared_storage.repositories.outbox.count_backlog() == Backlog(0, 0, None)
    told = {name.rpartition(":")[0] for name in bus.heard}
    assert len(told) == 60
    assert len(set(bus.heard)) == 120
    assert len(post.sent) == 60
    assert {text.split("/leads/")[1].split("\n")[0] for text in post.sent} == leads
