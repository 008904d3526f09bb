"""The payloads of delivery jobs, by kind: how they are written and read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from succotash.domain.messages.delivery import REPEATABLE, DeliveryJob, DeliveryKind
from succotash.domain.messages.mails import Mail
from succotash.domain.messages.outbox import Channel, OutboxMessage, TakenMessage
from succotash.domain.messages.webhooks import Webhook
from succotash.domain.people.erasures import ErasedPerson
from succotash.domain.values import FormId, Json, MessageId, SubmissionId, instant_text
from succotash.errors import MalformedRequestError

CHALLENGE_CHANNEL = "challenge"


@dataclass(frozen=True, slots=True)
class Challenge:
    """The answer to a page's challenge, to be judged by who set it."""

    secret_arn: str
    response: str
    ip_address: str | None


def job_id_of(taken: TakenMessage, channel: str) -> str:
    """The id of this attempt's job for a channel."""
    return f"{taken.message.message_id}:{channel}:{taken.attempt}"


def mail_job(taken: TakenMessage, channel: str, mail: Mail, at: datetime) -> DeliveryJob:
    """Sends an e-mail, dated `at`."""
    return DeliveryJob(
        job_id_of(taken, channel),
        taken.message.message_id,
        channel,
        DeliveryKind.MAIL,
        {
            "to": [*mail.to],
            "subject": mail.subject,
            "text": mail.text,
            "html": mail.html,
            "reply_to": mail.reply_to,
            "at": instant_text(at),
            "unsubscribe_url": mail.unsubscribe_url,
            "unsubscribe_inbox": mail.unsubscribe_inbox,
            "message_id": mail.message_id,
            "tags": dict(mail.tags),
        },
    )


def mail_of(job: DeliveryJob) -> tuple[Mail, datetime]:
    """The e-mail, and its date; MalformedRequestError where there is no such thing in the job."""
    match job.payload:
        case {
            "to": [*to],
            "subject": str(subject),
            "text": str(text),
            "html": str(html),
            "reply_to": str() | None as reply_to,
            "at": str(at),
            **others,
        }:
            # The release before this one has none of these.
            tags = others.get("tags")
            mail = Mail(
                tuple(map(str, to)),
                subject,
                text,
                html,
                reply_to,
                _optional_text(others.get("unsubscribe_url")),
                _optional_text(others.get("message_id")),
                {name: str(each) for name, each in tags.items()} if isinstance(tags, dict) else {},
                _optional_text(others.get("unsubscribe_inbox")),
            )
            return mail, _instant(at)
        case _:
            raise _wrong(job)


def event_job(
    taken: TakenMessage, channel: str = Channel.BUS, payload: Mapping[str, Json] | None = None
) -> DeliveryJob:
    """Puts a message on the bus, with another payload than its own where one is given."""
    message = taken.message
    return DeliveryJob(
        job_id_of(taken, channel),
        message.message_id,
        channel,
        DeliveryKind.BUS,
        {
            "kind": message.kind,
            "occurred_at": instant_text(message.occurred_at),
            "subject_id": message.subject_id,
            "form_id": message.form_id,
            "payload": dict(message.payload if payload is None else payload),
        },
    )


def webhook_job(taken: TakenMessage, channel: str, url: str, body: str) -> DeliveryJob:
    """Calls a webhook with a body in JSON."""
    return DeliveryJob(
        job_id_of(taken, channel),
        taken.message.message_id,
        channel,
        DeliveryKind.WEBHOOK,
        {"url": url, "body": body},
    )


def webhook_of(job: DeliveryJob) -> Webhook:
    """The call; MalformedRequestError if the job has none."""
    match job.payload:
        case {"url": str(url), "body": str(body)}:
            return Webhook(url, job.message_id, body)
        case _:
            raise _wrong(job)


def event_of(job: DeliveryJob) -> OutboxMessage:
    """The message; MalformedRequestError if the job has none."""
    match job.payload:
        case {
            "kind": str(kind),
            "occurred_at": str(occurred_at),
            "subject_id": str(subject_id),
            "form_id": str() | None as form_id,
            "payload": dict(payload),
        }:
            return OutboxMessage(
                message_id=MessageId(job.message_id),
                kind=kind,
                occurred_at=_instant(occurred_at),
                subject_id=subject_id,
                form_id=None if form_id is None else FormId(form_id),
                payload=payload,
            )
        case _:
            raise _wrong(job)


def challenge_job(submission_id: SubmissionId, challenge: Challenge) -> DeliveryJob:
    """Asks about a submission's challenge. The visitor's answer is stored nowhere else."""
    return DeliveryJob(
        f"{submission_id}:{CHALLENGE_CHANNEL}",
        MessageId(submission_id),
        CHALLENGE_CHANNEL,
        DeliveryKind.CHALLENGE,
        {
            "secret_arn": challenge.secret_arn,
            "response": challenge.response,
            "ip_address": challenge.ip_address,
        },
    )


def challenge_of(job: DeliveryJob) -> Challenge:
    """The challenge; MalformedRequestError if the job has none."""
    match job.payload:
        case {
            "secret_arn": str(secret_arn),
            "response": str(response),
            "ip_address": str() | None as ip_address,
        }:
            return Challenge(secret_arn, response, ip_address)
        case _:
            raise _wrong(job)


def is_about(person: ErasedPerson, text: str) -> bool:
    """Whether a job names the person: an e-mail, or a campaign's message to their address.

    Challenges are over within minutes. A text that cannot be read is where the address stands in
    it.
    """
    try:
        job = DeliveryJob.of_text(text)
        if job.kind in REPEATABLE:
            return person.is_named_within(dict(job.payload))
        if job.kind != DeliveryKind.MAIL:
            return False
        mail, _ = mail_of(job)
    except MalformedRequestError:
        return person.is_named_in(text)
    parts = (*mail.to, mail.subject, mail.text, mail.html, mail.reply_to or "")
    return any(person.is_named_in(each) for each in parts)


def uuid_of(job: DeliveryJob) -> UUID:
    """The job's id for services that recognise a repetition by a UUID."""
    return UUID(hex=job.deduplication_id[:32], version=4)


def _optional_text(value: Json) -> str | None:
    return None if value is None else str(value)


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise MalformedRequestError("a delivery job has no time") from None


def _wrong(job: DeliveryJob) -> MalformedRequestError:
    return MalformedRequestError(f"not a job of the kind {job.kind}")
