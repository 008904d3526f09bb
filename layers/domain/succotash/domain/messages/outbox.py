"""Messages to the rest of the company: written with the facts that they report, sent later.

A message carries ids and never what somebody answered: who may know more asks the API,
and what was erased is nowhere else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from succotash.domain.forms.submissions import FormSubmission, SubmissionState
from succotash.domain.leads.leads import Lead
from succotash.domain.messages.delivery import PendingDelivery
from succotash.domain.values import FormId, Json, MessageId, RunId, instant_text


class MessageKind(StrEnum):
    """The kinds of messages. Consumers must ignore kinds they do not know."""

    SUBMISSION_ACCEPTED = "submission.accepted"
    SUBMISSION_QUARANTINED = "submission.quarantined"
    SUBMISSION_DUPLICATE = "submission.duplicate"
    SUBMISSION_UNCONFIRMED = "submission.unconfirmed"
    LEAD_CREATED = "lead.created"
    LEAD_UPDATED = "lead.updated"
    LEAD_STATUS_CHANGED = "lead.status_changed"
    SCORING_REQUESTED = "scoring.requested"
    SCORING_FINISHED = "scoring.finished"
    QUARANTINE_DIGEST = "quarantine.digest"
    CAMPAIGN_MESSAGE = "campaign.message"
    CAMPAIGN_DISPATCH_REQUESTED = "campaign.dispatch_requested"


class Channel(StrEnum):
    """A way out, with a record of its own of what went through it."""

    BUS = "bus"
    OWNERS = "owners"
    """E-mail to the addresses that a form names."""
    PERSON = "person"
    """E-mail to who filled the form in."""
    MEMBER = "member"
    """To a campaign's member, by the campaign's channel."""


MAIL_WINDOW = timedelta(hours=24)
"""Within which the mails to one recipient are counted; it ends with each of them."""


class MailNote(StrEnum):
    """The result of a request for a mail."""

    NOTED = "noted"
    """It is counted, and to be sent."""
    KNOWN = "known"
    """It was counted before."""
    LIMITED = "limited"
    """It is noted and must not be sent: its recipient has had as many as they may get."""


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A fact to report, at least once."""

    message_id: MessageId
    kind: str
    """A MessageKind; one that a later release writes is passed on all the same."""
    occurred_at: datetime
    subject_id: str
    """The submission, lead or run it is about."""
    form_id: FormId | None = None
    payload: Mapping[str, Json] = field(default_factory=dict)
    """Ids, states and numbers."""


TOLD_OF: Mapping[SubmissionState, MessageKind] = {
    SubmissionState.ACCEPTED: MessageKind.SUBMISSION_ACCEPTED,
    SubmissionState.QUARANTINED: MessageKind.SUBMISSION_QUARANTINED,
    SubmissionState.DUPLICATE: MessageKind.SUBMISSION_DUPLICATE,
    SubmissionState.UNCONFIRMED: MessageKind.SUBMISSION_UNCONFIRMED,
}


def submission_messages(
    submission: FormSubmission, at: datetime, *, lead_is_new: bool
) -> list[OutboxMessage]:
    """The messages about a submission that came to its state at an instant, and about its lead.

    Ids say what they are about, so that the same thing told twice is one message.
    """
    kinds = [TOLD_OF[submission.state]]
    if submission.state is SubmissionState.ACCEPTED and submission.lead_id is not None:
        kinds.append(MessageKind.LEAD_CREATED if lead_is_new else MessageKind.LEAD_UPDATED)
    return [
        OutboxMessage(
            message_id=MessageId(f"{submission.submission_id}:{kind}"),
            kind=kind,
            occurred_at=at,
            subject_id=(
                submission.lead_id or ""
                if kind in {MessageKind.LEAD_CREATED, MessageKind.LEAD_UPDATED}
                else submission.submission_id
            ),
            form_id=submission.form_id,
            payload={
                "submission_id": submission.submission_id,
                "lead_id": submission.lead_id,
                "duplicate_of": submission.duplicate_of,
            },
        )
        for kind in kinds
    ]


def status_message(message_id: str, lead: Lead, at: datetime) -> OutboxMessage:
    """The message about a lead that came to its status at an instant."""
    return OutboxMessage(
        message_id=MessageId(message_id),
        kind=MessageKind.LEAD_STATUS_CHANGED,
        occurred_at=at,
        subject_id=lead.lead_id,
        payload={"lead_id": lead.lead_id, "status": lead.status},
    )


def run_message(run_id: RunId, as_of: datetime, customers: int) -> OutboxMessage:
    """The message about a scoring run that readers now see."""
    return OutboxMessage(
        message_id=MessageId(f"{run_id}:{MessageKind.SCORING_FINISHED}"),
        kind=MessageKind.SCORING_FINISHED,
        occurred_at=as_of,
        subject_id=run_id,
        payload={"run_id": run_id, "as_of": instant_text(as_of), "customers": customers},
    )


def run_request_message(
    message_id: str, run_id: RunId, as_of: datetime, at: datetime
) -> OutboxMessage:
    """The message that asks for a scoring run; customers are scored as of `time`."""
    return OutboxMessage(
        message_id=MessageId(message_id),
        kind=MessageKind.SCORING_REQUESTED,
        occurred_at=at,
        subject_id=run_id,
        payload={"run_id": run_id, "time": instant_text(as_of)},
    )


def with_mail(sent_at: Sequence[datetime], at: datetime, limit: int) -> list[datetime] | None:
    """The recipient's mails within the window, with one more; None where it would be too many."""
    recent = [each for each in sent_at if each > at - MAIL_WINDOW]
    return [*recent, at] if len(recent) < limit else None


@dataclass(frozen=True, slots=True)
class TakenMessage:
    """A message, given to one that delivers it."""

    message: OutboxMessage
    attempt: int
    """Counts from 1."""
    delivered_to: frozenset[str] = frozenset()
    """Channels that have it already, or may have it and must not get it twice."""
    unanswered: int = 0
    """The number of those whose earlier attempt never got an answer."""


UNNAMED = "refused"
"""The reason of a refusal that came without one."""


@dataclass(frozen=True, slots=True)
class RefusedDelivery:
    """A delivery that surely did not happen."""

    pending: PendingDelivery
    reason: str


@dataclass(frozen=True, slots=True)
class AnsweredMessage:
    """A message none of whose deliveries is out any more."""

    taken: TakenMessage
    """Taken by the latest attempt that handed any over: there may be a later one."""
    refused: tuple[RefusedDelivery, ...] = ()
    """The messages that have to be tried again."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """The result of an attempt: delivered, failed until `due_at`, or failed for good."""

    taken: TakenMessage
    at: datetime
    error: str | None = None
    """The failure's kind, without anybody's data; None where all channels have the message."""
    due_at: datetime | None = None
    trusted: frozenset[str] = frozenset()
    """Channels that were left out because somebody else noted a delivery."""
    counts: bool = True
    """Whether it was an attempt; not where the message only had to wait."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """The messages that an outbox still holds, counted."""

    waiting: int
    dead_lettered: int
    oldest_at: datetime | None
    """When the oldest of those that wait happened."""
    uncertain: int = 0
    """Deliveries of messages that are still kept of which nobody knows whether they happened."""


@dataclass(frozen=True, slots=True)
class RedeliveryPolicy:
    """When a message that failed is tried again, and when it is dead-lettered."""

    attempts: int = 20
    first_pause: timedelta = timedelta(seconds=30)
    longest_pause: timedelta = timedelta(hours=2)

    def next_attempt(self, attempt: int, at: datetime) -> datetime | None:
        """The instant of the next attempt after this many failed; None where it was the last.

        Pauses double. The default's twenty attempts span a day.
        """
        if attempt >= self.attempts:
            return None
        doubled: timedelta = self.first_pause * 2 ** (attempt - 1)
        return at + min(self.longest_pause, doubled)


REDELIVERY = RedeliveryPolicy()
