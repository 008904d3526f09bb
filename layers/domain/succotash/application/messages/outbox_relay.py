"""Delivers what the outbox holds: to a bus, and by e-mail to owners and to who wrote to them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypedDict

from succotash.application.intake.confirmations import CONFIRMATION_LIFETIME
from succotash.domain.forms.submissions import SubmissionState
from succotash.domain.intake.signing import Signer
from succotash.domain.messages.mails import (
    Links,
    Mail,
    confirmation_mail,
    digest_mail,
    mailbox_of,
    owners_mail,
    receipt_mail,
)
from succotash.domain.messages.outbox import (
    REDELIVERY,
    Channel,
    MailNote,
    MessageKind,
    OutboxMessage,
    RedeliveryPolicy,
    Settlement,
    TakenMessage,
)
from succotash.domain.messages.quarantine import LISTED, QuarantineDigest
from succotash.domain.people.erasures import Tombstones
from succotash.domain.repositories.delivery import (
    EventBus,
    Mailer,
    MailRefusedError,
    MailUncertainError,
)
from succotash.domain.repositories.storage import Storage
from succotash.domain.values import Clock, MessageId, SubmissionId
from succotash.errors import NotFoundError, StorageUnavailableError
from succotash.observation import Metric, count

MAILED = frozenset(
    {
        MessageKind.SUBMISSION_ACCEPTED,
        MessageKind.SUBMISSION_UNCONFIRMED,
        MessageKind.QUARANTINE_DIGEST,
    }
)
BATCH = 50
LEASE = timedelta(minutes=5)
"""How long a message belongs to a relay that does not come back; longer than one may run."""
KEPT = timedelta(days=7)
"""How long delivered messages are kept, for questions about what became of one."""
FORGOTTEN_AT_ONCE = 1_000


class RelayReport(TypedDict):
    """What a run of the relay did, and what is left."""

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
    oldest_waiting_at: datetime | None


@dataclass(frozen=True, slots=True)
class Channels:
    """Where messages go; None where a deployment has no such way."""

    bus: EventBus | None
    post: Mailer | None
    links: Links
    signer: Callable[[], Signer]
    """Of confirmations; StorageUnavailableError where its keys cannot be had."""
    tombstones: Tombstones
    """Name recipients without their addresses; StorageUnavailableError likewise."""
    mails_per_recipient: int
    """The most that a mailbox gets within a day of those that anybody can cause, over all forms."""


@dataclass(slots=True)
class _Tally:
    """Counts of one run."""

    delivered: int = 0
    failed: int = 0
    dead_lettered: int = 0
    mails_sent: int = 0
    mails_uncertain: int = 0
    mails_limited: int = 0


@dataclass(slots=True)
class _Outcomes:
    """How a batch went, by message."""

    failures: dict[MessageId, str] = field(default_factory=dict)
    """The kind of failure of each that did not get everywhere."""
    trusted: dict[MessageId, set[str]] = field(default_factory=dict)
    """Channels left out because somebody else noted a delivery."""


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

    def run(self, has_time: Callable[[], bool] = lambda: True) -> RelayReport:
        """Deliver what is due, batch after batch, while there is time; what failed waits.

        Storage errors escape: what was taken is due again when its lease ends.
        """
        tally = _Tally()
        while has_time():
            now = self._clock()
            batch = self._outbox.take(now, now + LEASE, limit=BATCH)
            if not batch:
                break
            outcomes = self._deliver(batch, tally)
            self._settle(batch, outcomes, tally)
            if len(outcomes.failures) == len(batch):
                break  # nothing gets through: the next run will see
        forgotten = self._outbox.forget_delivered(self._clock() - KEPT, limit=FORGOTTEN_AT_ONCE)
        self._outbox.forget_mails(self._clock())
        backlog = self._outbox.count_backlog()
        count(Metric.OUTBOX_SET_ASIDE, tally.dead_lettered)
        count(Metric.MAILS_LIMITED, tally.mails_limited)
        return {
            "delivered": tally.delivered,
            "failed": tally.failed,
            "set_aside": tally.dead_lettered,
            "mails_sent": tally.mails_sent,
            "mails_uncertain": tally.mails_uncertain,
            "mails_limited": tally.mails_limited,
            "forgotten": forgotten,
            "waiting": backlog.waiting,
            "set_aside_in_all": backlog.dead_lettered,
            "oldest_waiting_at": backlog.oldest_at,
        }

    def redrive(self) -> int:
        """Give everything that was set aside all of its attempts again; how many messages."""
        return self._outbox.redrive(self._clock())

    def _deliver(self, batch: Sequence[TakenMessage], tally: _Tally) -> _Outcomes:
        outcomes = _Outcomes()
        for taken in batch:
            outcomes.trusted[taken.message.message_id] = set(taken.delivered_to)
            if failure := self._mail(taken, outcomes, tally):
                outcomes.failures[taken.message.message_id] = failure
        unpublished = [each.message for each in batch if Channel.BUS not in each.delivered_to]
        refused = self._publish(unpublished)
        published_only = {
            each.message_id
            for each in unpublished
            if each.message_id in outcomes.failures and each.message_id not in refused
        }
        if published_only:
            self._outbox.note_delivery(published_only, Channel.BUS)
        outcomes.failures.update(refused)
        return outcomes

    def _publish(self, messages: Sequence[OutboxMessage]) -> Mapping[MessageId, str]:
        if self._channels.bus is None or not messages:
            return {}
        return self._channels.bus.publish(messages)

    def _settle(self, batch: Sequence[TakenMessage], outcomes: _Outcomes, tally: _Tally) -> None:
        now = self._clock()
        settlements = []
        for taken in batch:
            message_id = taken.message.message_id
            failure = outcomes.failures.get(message_id)
            due_at = None if failure is None else self._redelivery.next_attempt(taken.attempt, now)
            trusted = frozenset(outcomes.trusted[message_id])
            settlements.append(Settlement(taken, now, failure, due_at, trusted))
            if failure is None:
                tally.delivered += 1
            elif due_at is None:
                tally.dead_lettered += 1
            else:
                tally.failed += 1
        self._outbox.settle(settlements)

    def _mail(self, taken: TakenMessage, outcomes: _Outcomes, tally: _Tally) -> str | None:
        """Send the e-mails that a message asks for; the kind of failure of the last that failed."""
        post, message = self._channels.post, taken.message
        if post is None or message.kind not in MAILED:
            return None
        failure = None
        try:
            for channel, mail in self._mails(message):
                if channel in taken.delivered_to:
                    continue
                match (noted := self._note(message.message_id, channel, mail)).note:
                    case MailNote.KNOWN:
                        outcomes.trusted[message.message_id].add(channel)
                    case MailNote.LIMITED:
                        tally.mails_limited += 1
                    case MailNote.NOTED:
                        failure = self._send(post, mail, noted.withdraw, tally) or failure
        except _NoKeyError:
            return "a key is out of reach"
        return failure

    def _mails(self, message: OutboxMessage) -> Iterator[tuple[Channel, Mail]]:
        if message.kind == MessageKind.QUARANTINE_DIGEST:
            yield from self._digests(message)
            return
        forms = self._storage.repositories.forms
        try:
            submission = forms.get_form_submission(SubmissionId(message.subject_id))
            form = forms.get_form(submission.form_id)
        except NotFoundError:  # erased meanwhile
            return
        address, channels = submission.canonical_email, self._channels
        if message.kind == MessageKind.SUBMISSION_UNCONFIRMED:
            if address and submission.state is SubmissionState.UNCONFIRMED:
                # Signed as of the submission, so that an attempt made again sends the same link.
                token = self._signer().sign(submission.submission_id, message.occurred_at)
                link = channels.links.of_confirmation(form.form_id, token)
                mail = confirmation_mail(form, address, link, CONFIRMATION_LIFETIME.days)
                yield Channel.PERSON, mail
            return
        if form.notify:
            yield Channel.OWNERS, owners_mail(form, submission, channels.links)
        if form.confirms and address:
            yield Channel.PERSON, receipt_mail(form, address)

    def _digests(self, message: OutboxMessage) -> Iterator[tuple[Channel, Mail]]:
        digest = QuarantineDigest.of_message(message)
        forms = self._storage.repositories.forms
        form = forms.get_form(digest.form_id)
        listed = forms.get_quarantined(digest, limit=LISTED)
        if form.notify and form.digest and listed:
            yield Channel.OWNERS, digest_mail(form, digest, listed, self._channels.links)

    def _note(self, message_id: MessageId, channel: Channel, mail: Mail) -> "_Noted":
        """Note that a mail is sent, before it is; those that anybody can cause are counted."""
        outbox, at = self._outbox, self._clock()
        if channel is not Channel.PERSON:
            is_first = bool(outbox.note_delivery([message_id], channel))
            return _Noted(
                MailNote.NOTED if is_first else MailNote.KNOWN,
                lambda: outbox.withdraw_delivery([message_id], channel),
            )
        recipient = self._recipient(mail.to[0])
        limit = self._channels.mails_per_recipient
        return _Noted(
            outbox.note_mail(message_id, channel, recipient, at, limit=limit),
            lambda: outbox.withdraw_mail(message_id, channel, recipient, at),
        )

    def _recipient(self, address: str) -> str:
        try:
            return self._channels.tombstones.of_mailbox(mailbox_of(address))[0]
        except StorageUnavailableError as error:
            raise _NoKeyError from error

    def _signer(self) -> Signer:
        try:
            return self._channels.signer()
        except StorageUnavailableError as error:
            raise _NoKeyError from error

    def _send(
        self, post: Mailer, mail: Mail, withdraw: Callable[[], None], tally: _Tally
    ) -> str | None:
        """Send an e-mail whose delivery is noted: whatever happens, no second one goes out."""
        try:
            post.send(mail, self._clock())
        except MailRefusedError as error:
            withdraw()
            return error.reason
        except MailUncertainError:
            tally.mails_uncertain += 1
        else:
            tally.mails_sent += 1
        return None


@dataclass(frozen=True, slots=True)
class _Noted:
    """A mail that was noted, or not, and how to take the note back."""

    note: MailNote
    withdraw: Callable[[], None]


class _NoKeyError(Exception):
    """The keys that sign links and name recipients cannot be had."""
