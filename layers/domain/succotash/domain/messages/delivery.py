"""Deliveries: jobs for what has to leave the network, and the outcome of each.

A function with the database makes jobs and waits for nothing; another function, which has no rights
on the database, does them and answers with outcomes. Both travel as texts through queues.
"""

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self

from succotash.domain.values import Json, MessageId
from succotash.errors import MalformedRequestError

VERSION = 1
"""The version of the texts below; a release reads those of the one before it."""
COMPRESSED_ABOVE = 200_000
COMPRESSED = "zlib:"
LONGEST = 2**22
"""Characters of a text that is unpacked: more than any that was packed here."""


class DeliveryKind(StrEnum):
    """The kinds of jobs that need the internet."""

    MAIL = "mail"
    """At most once: a job is taken from its queue before its mail is sent."""
    WEBHOOK = "webhook"
    """At least once, each time under the message's id; so is the next."""
    BUS = "bus"
    CHALLENGE = "challenge"
    """Asks who set a page's challenge whether its visitor passed."""


AT_MOST_ONCE = frozenset({DeliveryKind.MAIL})
"""Kinds that are never done twice, even where nobody knows whether they were done."""
REPEATABLE = frozenset({DeliveryKind.WEBHOOK, DeliveryKind.BUS})
"""Kinds that are tried again where nobody knows whether they were done."""


class DeliveryResult(StrEnum):
    """The results of a job."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    """It was surely not delivered."""
    UNCERTAIN = "uncertain"
    """It may have been delivered."""


@dataclass(frozen=True, slots=True)
class DeliveryJob:
    """One thing to be done outside, with all that it takes."""

    job_id: str
    """The same for the same attempt, however often it is handed over."""
    message_id: MessageId
    """The message of the outbox that it is for; for a challenge, the submission."""
    channel: str
    kind: str
    """A DeliveryKind; one that another release makes is refused."""
    payload: Mapping[str, Json] = field(default_factory=dict)

    @property
    def deduplication_id(self) -> str:
        """The job's id as every queue takes it."""
        return _digest(self.job_id)

    def as_text(self) -> str:
        """JSON in ASCII, compressed where it is long."""
        document = {
            "version": VERSION,
            "job_id": self.job_id,
            "message_id": self.message_id,
            "channel": self.channel,
            "kind": self.kind,
            "payload": dict(self.payload),
        }
        text = json.dumps(document)
        if len(text) <= COMPRESSED_ABOVE:
            return text
        return COMPRESSED + base64.b64encode(zlib.compress(text.encode())).decode()

    @classmethod
    def of_text(cls, text: str) -> Self:
        """Read a job that `as_text` wrote; MalformedRequestError for anything else."""
        match _document(text):
            case {
                "version": 1,
                "job_id": str(job_id),
                "message_id": str(message_id),
                "channel": str(channel),
                "kind": str(kind),
                "payload": dict(payload),
            }:
                return cls(job_id, MessageId(message_id), channel, kind, payload)
            case _:
                raise MalformedRequestError("not a delivery job")


@dataclass(frozen=True, slots=True)
class DeliveryOutcome:
    """The result of a job, with its details."""

    job_id: str
    message_id: MessageId
    channel: str
    kind: str
    result: DeliveryResult
    reason: str | None = None
    """Why it was refused: a kind of failure, without anybody's data."""
    reference: str | None = None
    """The id of the service that took it, to recognise later reports by; of a challenge, its
    ChallengeState."""
    retry_at: datetime | None = None
    """Before which it is not to be tried again; None where its receiver does not say."""
    is_gone: bool = False
    """Whether its receiver wants nothing more."""

    @property
    def deduplication_id(self) -> str:
        """The job's id as every queue takes it."""
        return _digest(self.job_id)

    @classmethod
    def of(
        cls,
        job: DeliveryJob,
        result: DeliveryResult,
        reason: str | None = None,
        reference: str | None = None,
    ) -> Self:
        """The outcome of this job."""
        return cls(job.job_id, job.message_id, job.channel, job.kind, result, reason, reference)

    @classmethod
    def refused(
        cls,
        job: DeliveryJob,
        reason: str,
        *,
        retry_at: datetime | None = None,
        is_gone: bool = False,
    ) -> Self:
        """The outcome of a job that a receiver refused."""
        return cls(
            job.job_id,
            job.message_id,
            job.channel,
            job.kind,
            DeliveryResult.REFUSED,
            reason,
            retry_at=retry_at,
            is_gone=is_gone,
        )

    def as_text(self) -> str:
        """JSON in ASCII."""
        return json.dumps(
            {
                "version": VERSION,
                "job_id": self.job_id,
                "message_id": self.message_id,
                "channel": self.channel,
                "kind": self.kind,
                "result": self.result,
                "reason": self.reason,
                "reference": self.reference,
                "retry_at": None if self.retry_at is None else self.retry_at.isoformat(),
                "is_gone": self.is_gone,
            }
        )

    @classmethod
    def of_text(cls, text: str) -> Self:
        """Read an outcome that `as_text` wrote; MalformedRequestError for anything else."""
        match _document(text):
            case {
                "version": 1,
                "job_id": str(job_id),
                "message_id": str(message_id),
                "channel": str(channel),
                "kind": str(kind),
                "result": "delivered" | "refused" | "uncertain" as result,
                "reason": str() | None as reason,
                "reference": str() | None as reference,
                **others,
            }:
                # The release before this one has none of the others.
                return cls(
                    job_id,
                    MessageId(message_id),
                    channel,
                    kind,
                    DeliveryResult(result),
                    reason,
                    reference,
                    _instant(others.get("retry_at")),
                    others.get("is_gone") is True,
                )
            case _:
                raise MalformedRequestError("not the outcome of a delivery")


@dataclass(frozen=True, slots=True)
class PendingDelivery:
    """A job that is out, as the outbox remembers it."""

    job_id: str
    message_id: MessageId
    channel: str
    kind: str
    attempt: int
    """The number of the attempt at its message."""
    handed_over_at: datetime
    recipient: str | None = None
    """Whose mail was counted at that time: a keyed digest; None where none was."""


def _instant(text: object) -> datetime | None:
    """An instant; None where the text is none, since it only says when to come back."""
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None


def _digest(job_id: str) -> str:
    return hashlib.sha256(job_id.encode()).hexdigest()


def _document(text: str) -> object:
    try:
        if text.startswith(COMPRESSED):
            packed = base64.b64decode(text.removeprefix(COMPRESSED))
            text = zlib.decompressobj().decompress(packed, LONGEST).decode()
        document: object = json.loads(text)
    except (ValueError, zlib.error):
        return None
    return document
