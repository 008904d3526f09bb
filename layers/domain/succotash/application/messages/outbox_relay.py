"""Delivers what the outbox holds: to a bus, to owners, to who wrote to them, and to members."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched
from typing import TypedDict

from succotash.application.messages.mail_composition import MailComposition, NoKeyError
from succotash.application.messages.member_messages import (
    MemberMessages,
    Released,
    is_members,
    mark_answered,
)
from succotash.domain.messages.delivery import (
    DeliveryJob,
    DeliveryKind,
    DeliveryOutcome,
    DeliveryResult,
    PendingDelivery,
)
from succotash.domain.messages.jobs import event_job, job_id_of, mail_job
from succotash.domain.messages.mails import Mail, mailbox_of
from succotash.domain.messages.outbox import (
    REDELIVERY,
    AnsweredMessage,
    Channel,
    MailNote,
    RedeliveryPolicy,
    Settlement,
    TakenMessage,
)
from succotash.domain.people.erasures import Tombstones
from succotash.domain.repositories.delivery import NOBODY_TO_WAKE, DeliveryQueue, RelayWaker
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.values import Clock, MessageId
from succotash.errors import StorageUnavailableError
from succotash.observation import Metric, count

BATCH = 50
CALL = 10
"""Messages that are noted and handed over together: as many as a queue takes in one request. What a
crash leaves uncertain is no more than these."""
LEASE = timedelta(minutes=5)
"""The time for which a message belongs to a relay; longer than a run may take."""
ANSWER_TIME = timedelta(hours=1)
"""The time to wait for outcomes of jobs that were handed over."""
KEPT = timedelta(days=7)
"""The time for which delivered messages are kept, for questions about one of them."""
FORGOTTEN_AT_ONCE = 1_000
NO_KEY = "a key is out of reach"


class RelayReport(TypedDict):
    """The result of a run of the relay, and the backlog that is left."""

    handed_over: int
    """Jobs whose outcomes are still to come."""
    delivered: int
    failed: int
    """Attempts that will be made again."""
    set_aside: int
    """Messages given up in this run."""
    mails_sent: int
    mails_uncertain: int
    """Handed over without an answer, and not sent again."""
    mails_limited: int
    """Not sent, since their recipients had as many as they may get within a day."""
    forgotten: int
    waiting: int
    set_aside_in_all: int
    uncertain_in_all: int
    oldest_waiting_at: datetime | None


@dataclass(frozen=True, slots=True)
class Channels:
    """The ways by which messages leave."""

    deliveries: DeliveryQueue
    publishes: bool
    """Whether there is a bus."""
    mails: MailComposition | None
    """None where a deployment sends no e-mails."""
    tombstones: Tombstones
    """Name recipients without their addresses; StorageUnavailableError where no key can be had."""
    mails_per_recipient: int
    """The most that a mailbox gets within a day of those that anybody can cause, over all forms."""
    members: MemberMessages
    """The messages of campaigns' members."""
    waker: RelayWaker = NOBODY_TO_WAKE


@dataclass(slots=True)
class _Tally:
    """Counts of one run."""

    handed_over: int = 0
    delivered: int = 0
    failed: int = 0
    dead_lettered: int = 0
    mails_sent: int = 0
    mails_uncertain: int = 0
    mails_limited: int = 0


@dataclass(slots=True)
class _Plan:
    """A message, and the channels that it needs in this attempt."""

    taken: TakenMessage
    trusted: set[str]
    """Channels left out because somebody noted a delivery."""
    pending: list[PendingDelivery] = field(default_factory=list)
    jobs: list[DeliveryJob] = field(default_factory=list)
    refused: list[DeliveryOutcome] = field(default_factory=list)
    """The pending messages that cannot even be made a job."""
    later: Settlement | None = None
    """The settlement of messages that may not leave yet."""


class OutboxRelay:
    """Delivers each message at least once to the bus, and each e-mail at most once."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        channels: Channels,
        redelivery: RedeliveryPolicy = REDELIVERY,
    ) -> None:
        self._storage = storage
        self._outbox = storage.repositories.outbox
        self._clock = clock
        self._channels = channels
        self._redelivery = redelivery

    def run(
        self,
        has_time: Callable[[], bool] = lambda: True,
        outcomes: Sequence[DeliveryOutcome] = (),
    ) -> RelayReport:
        """Note the outcomes of jobs, then hand over what is due, while there is time.

        Jobs that are done here answer at once. Storage errors escape: what was taken is due again
        when its lease ends, and outcomes can be given again.
        """
        tally = _Tally()
        self._note(outcomes, tally)
        while has_time():
            now = self._clock()
            batch = self._outbox.take(now, now + LEASE, limit=BATCH)
            if not batch:
                break
            failed_before = tally.failed + tally.dead_lettered
            self._hand_over(batch, tally)
            if tally.failed + tally.dead_lettered - failed_before == len(batch):
                break  # nothing gets through: the next run will see
        forgotten = self._outbox.forget_delivered(self._clock() - KEPT, limit=FORGOTTEN_AT_ONCE)
        self._outbox.forget_mails(self._clock())
        backlog = self._outbox.count_backlog()
        count(Metric.OUTBOX_SET_ASIDE, tally.dead_lettered)
        count(Metric.MAILS_LIMITED, tally.mails_limited)
        count(Metric.MAILS_UNCERTAIN, tally.mails_uncertain)
        return {
            "handed_over": tally.handed_over,
            "delivered": tally.delivered,
            "failed": tally.failed,
            "set_aside": tally.dead_lettered,
            "mails_sent": tally.mails_sent,
            "mails_uncertain": tally.mails_uncertain,
            "mails_limited": tally.mails_limited,
            "forgotten": forgotten,
            "waiting": backlog.waiting,
            "set_aside_in_all": backlog.dead_lettered,
            "uncertain_in_all": backlog.uncertain,
            "oldest_waiting_at": backlog.oldest_at,
        }

    def redrive(self) -> int:
        """Give everything that was dead-lettered all of its attempts again; how many messages."""
        return self._outbox.redrive(self._clock())

    def _hand_over(self, batch: Sequence[TakenMessage], tally: _Tally) -> None:
        tally.mails_uncertain += sum(taken.unanswered for taken in batch)
        released = self._release(batch, tally)
        for taken in batched(batch, CALL, strict=False):
            self._hand_over_at_once(taken, released, tally)

    def _hand_over_at_once(
        self, batch: Sequence[TakenMessage], released: Released, tally: _Tally
    ) -> None:
        """Note these messages as handed over, then hand them over."""
        plans = [
            self._plan_member(taken, released)
            if is_members(taken.message)
            else self._plan(taken, tally)
            for taken in batch
        ]
        self._note_member_mails(plans)
        now = self._clock()
        pending = [each for plan in plans for each in plan.pending]
        jobs = [each for plan in plans for each in plan.jobs]
        if pending:
            self._outbox.hand_over(pending, now + ANSWER_TIME)
        done = [
            Settlement(plan.taken, now, trusted=frozenset(plan.trusted))
            for plan in plans
            if not plan.pending and plan.later is None
        ]
        later = [plan.later for plan in plans if plan.later is not None]
        self._outbox.settle([*done, *later])
        self._wake(later)
        tally.delivered += len(done)
        outcomes = [each for plan in plans for each in plan.refused]
        if jobs:
            outcomes += self._channels.deliveries.hand_over(jobs)
        tally.handed_over += len(pending) - len(outcomes)
        self._note(outcomes, tally)

    def _release(self, batch: Sequence[TakenMessage], tally: _Tally) -> Released:
        """Decide which of the campaigns' messages leave; the rest waits or is cancelled."""
        members, now = self._channels.members, self._clock()
        released = members.release(self._storage.repositories, batch, now)
        for taken in batch:
            if taken.message.message_id in released.stuck:
                is_last = self._redelivery.next_attempt(taken.attempt, now) is None
                tally.dead_lettered += is_last
                tally.failed += not is_last
        return released

    def _plan_member(self, taken: TakenMessage, released: Released) -> _Plan:
        """The job of a campaign's message; to wait does not count as an attempt."""
        plan, now = _Plan(taken, set(taken.delivered_to)), self._clock()
        message_id = taken.message.message_id
        if (job := released.jobs.get(message_id)) is not None:
            self._add(plan, job, now, None)
        elif message_id in released.waiting:
            reason, until = released.waiting[message_id]
            plan.later = Settlement(taken, now, reason, until, counts=False)
        elif message_id in released.stuck:
            due_at = self._redelivery.next_attempt(taken.attempt, now)
            plan.later = Settlement(taken, now, released.stuck[message_id], due_at)
        return plan

    def _note_member_mails(self, plans: Sequence[_Plan]) -> None:
        """Note members' e-mails before anybody could send them; another may have done so."""
        mails = {
            plan.taken.message.message_id: plan
            for plan in plans
            for job in plan.jobs
            if (job.channel, job.kind) == (Channel.MEMBER, DeliveryKind.MAIL)
        }
        own = self._outbox.note_delivery(mails, Channel.MEMBER) if mails else set()
        for message_id in mails.keys() - own:
            plan = mails[message_id]
            plan.jobs.clear()
            plan.pending.clear()
            plan.trusted.add(Channel.MEMBER)

    def _plan(self, taken: TakenMessage, tally: _Tally) -> _Plan:
        """The jobs of a message; e-mails are noted before anybody could send them."""
        plan = _Plan(taken, set(taken.delivered_to))
        try:
            for channel, mail in self._mails(taken):
                self._plan_mail(plan, channel, mail, tally)
        except NoKeyError:
            keyless = DeliveryJob(
                job_id_of(taken, Channel.PERSON),
                taken.message.message_id,
                Channel.PERSON,
                DeliveryKind.MAIL,
            )
            plan.pending.append(_pending(taken, keyless, self._clock()))
            refused = DeliveryOutcome.of(keyless, DeliveryResult.REFUSED, NO_KEY)
            plan.refused.append(refused)
        if self._channels.publishes and Channel.BUS not in taken.delivered_to:
            self._add(plan, event_job(taken), self._clock(), None)
        return plan

    def _mails(self, taken: TakenMessage) -> Iterator[tuple[Channel, Mail]]:
        mails = self._channels.mails
        for channel, mail in mails.of(taken.message) if mails else ():
            if channel not in taken.delivered_to:
                yield channel, mail

    def _plan_mail(self, plan: _Plan, channel: Channel, mail: Mail, tally: _Tally) -> None:
        """Note that a mail is sent, before it is; those that anybody can cause are counted."""
        message_id, at = plan.taken.message.message_id, self._clock()
        recipient = self._recipient(mail.to[0]) if channel is Channel.PERSON else None
        match self._note_mail(message_id, channel, recipient, at):
            case MailNote.KNOWN:
                plan.trusted.add(channel)
            case MailNote.LIMITED:
                tally.mails_limited += 1
            case MailNote.NOTED:
                self._add(plan, mail_job(plan.taken, channel, mail, at), at, recipient)

    def _note_mail(
        self, message_id: MessageId, channel: Channel, recipient: str | None, at: datetime
    ) -> MailNote:
        if recipient is None:
            is_first = bool(self._outbox.note_delivery([message_id], channel))
            return MailNote.NOTED if is_first else MailNote.KNOWN
        limit = self._channels.mails_per_recipient
        return self._outbox.note_mail(message_id, channel, recipient, at, limit=limit)

    def _recipient(self, address: str) -> str:
        try:
            return self._channels.tombstones.of_mailbox(mailbox_of(address))[0]
        except StorageUnavailableError as error:
            raise NoKeyError from error

    @staticmethod
    def _add(plan: _Plan, job: DeliveryJob, at: datetime, recipient: str | None) -> None:
        plan.jobs.append(job)
        plan.pending.append(_pending(plan.taken, job, at, recipient))

    def _note(self, outcomes: Sequence[DeliveryOutcome], tally: _Tally) -> None:
        """Note outcomes, and settle the messages that wait for no other."""
        if not outcomes:
            return
        now = self._clock()

        def work(repositories: Repositories) -> list[Settlement]:
            outbox = repositories.outbox
            answered = outbox.answer(outcomes, now)
            for pending in (each.pending for message in answered for each in message.refused):
                if pending.recipient is not None:
                    outbox.withdraw_mail(
                        pending.message_id,
                        pending.channel,
                        pending.recipient,
                        pending.handed_over_at,
                    )
            mark_answered(repositories, answered, outcomes, now)
            retry_at = {each.message_id: each.retry_at for each in outcomes}
            settlements = [
                self._settlement(each, now, retry_at.get(each.taken.message.message_id))
                for each in answered
            ]
            outbox.settle(settlements)
            return settlements

        for settlement in (settlements := self._storage.in_transaction(work)):
            if settlement.error is None:
                tally.delivered += 1
            elif settlement.due_at is None:
                tally.dead_lettered += 1
            else:
                tally.failed += 1
        mails = [each.result for each in outcomes if each.kind == DeliveryKind.MAIL]
        tally.mails_sent += mails.count(DeliveryResult.DELIVERED)
        tally.mails_uncertain += mails.count(DeliveryResult.UNCERTAIN)
        self._wake(settlements)

    def _wake(self, settlements: Sequence[Settlement]) -> None:
        for due_at in sorted({_minute(each.due_at) for each in settlements if each.due_at}):
            self._channels.waker.wake(due_at)

    def _settlement(
        self, answered: AnsweredMessage, at: datetime, retry_at: datetime | None
    ) -> Settlement:
        """The result of an attempt; the next is no sooner than a receiver wants it."""
        if not answered.refused:
            return Settlement(answered.taken, at)
        reason = answered.refused[-1].reason
        due_at = self._redelivery.next_attempt(answered.taken.attempt, at)
        if due_at is not None and retry_at is not None:
            due_at = max(due_at, retry_at)
        return Settlement(answered.taken, at, reason, due_at)


def _pending(
    taken: TakenMessage, job: DeliveryJob, at: datetime, recipient: str | None = None
) -> PendingDelivery:
    return PendingDelivery(
        job.job_id, job.message_id, job.channel, job.kind, taken.attempt, at, recipient
    )


def _minute(at: datetime) -> datetime:
    """The full minute at or after an instant, so that what is due together is woken for once."""
    full = at.replace(second=0, microsecond=0)
    return full if full == at else full + timedelta(minutes=1)
