"""Submissions that wait in a queue while the storage does not answer."""

import base64
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self
from uuid import UUID

from succotash.domain.forms.submissions import IdempotentRequest
from succotash.domain.intake.submissions import emails_among
from succotash.domain.people.erasures import ErasedPerson
from succotash.domain.values import FormId, Json, SubmissionId, instant_text, require_aware
from succotash.errors import MalformedRequestError, SuccotashError

VERSION = 1
"""The version of the texts below; a release reads those of the one before it."""
COMPRESSED_ABOVE = 200_000
COMPRESSED = "zlib:"
LONGEST = 2**20
"""Characters of a text that is unpacked: more than any that was packed here."""


def id_of_request(form_id: FormId, key: str, body_digest: str, at: datetime) -> SubmissionId:
    """The submission id of a request with a key: the same for its repetitions on one day (UTC).

    While the storage is away nobody can look up what a repetition was first told. After that day
    the key may have expired, and be used again. As in UUIDs version 7 the time comes first, so
    that new rows are index neighbours; the layout is that of version 8 (RFC 9562).
    """
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    identity = json.dumps([form_id, key, body_digest]).encode()
    digest = int.from_bytes(hashlib.sha256(identity).digest()[:10])
    milliseconds = int(day.timestamp() * 1000)
    value = (milliseconds << 80) | digest
    value &= ~((0xF << 76) | (0b11 << 62))
    value |= (0x8 << 76) | (0b10 << 62)
    return SubmissionId(str(UUID(int=value)))


@dataclass(frozen=True, slots=True)
class QueuedSubmission:
    """A submission with the id and the time it was acknowledged with.

    Nothing about it is judged yet but what can be judged without the form.
    """

    submission_id: SubmissionId
    form_id: FormId
    received_at: datetime
    fields: Mapping[str, Json]
    repeated: tuple[str, ...] = ()
    """Fields that came more than once."""
    ip_address: str | None = None
    user_agent: str | None = None
    key: str | None = None
    """The sender's Idempotency-Key."""
    body_digest: str = ""

    @property
    def request(self) -> IdempotentRequest | None:
        """The request that its sender may repeat; None without a key."""
        if self.key is None:
            return None
        return IdempotentRequest(f"form:{self.form_id}", self.key, self.body_digest)

    @property
    def group(self) -> str:
        """The same for all of one form, which are taken in the order they came in."""
        return hashlib.sha256(self.form_id.encode()).hexdigest()

    @property
    def deduplication_id(self) -> str:
        """The same for what is surely the same: the repetition of a request with its key."""
        if self.key is None:
            return self.submission_id
        identity = json.dumps([self.form_id, self.key, self.body_digest])
        return hashlib.sha256(identity.encode()).hexdigest()

    def as_text(self) -> str:
        """JSON in ASCII, for queues that do not take every character; compressed where it is long.

        A body's control characters become six times as long in JSON, which no queue would take.
        """
        text = json.dumps(
            {
                "version": VERSION,
                "submission_id": self.submission_id,
                "form_id": self.form_id,
                "received_at": instant_text(self.received_at),
                "fields": dict(self.fields),
                "repeated": list(self.repeated),
                "ip_address": self.ip_address,
                "user_agent": self.user_agent,
                "key": self.key,
                "body_digest": self.body_digest,
            }
        )
        if len(text) <= COMPRESSED_ABOVE:
            return text
        return COMPRESSED + base64.b64encode(zlib.compress(text.encode())).decode()

    @classmethod
    def of_text(cls, text: str) -> Self:
        """Read a submission that `as_text` wrote; MalformedRequestError for anything else."""
        try:
            document = json.loads(_unpacked(text))
        except (ValueError, zlib.error):
            document = None
        match document:
            case {
                "version": 1,
                "submission_id": str(submission_id),
                "form_id": str(form_id),
                "received_at": str(received_at),
                "fields": dict(fields),
                "repeated": list(repeated),
                "ip_address": str() | None as ip_address,
                "user_agent": str() | None as user_agent,
                "key": str() | None as key,
                "body_digest": str(body_digest),
            }:
                try:
                    instant = require_aware("received_at", datetime.fromisoformat(received_at))
                except (ValueError, SuccotashError):
                    raise MalformedRequestError("a queued submission has no time") from None
                return cls(
                    SubmissionId(submission_id),
                    FormId(form_id),
                    instant,
                    fields,
                    tuple(map(str, repeated)),
                    ip_address,
                    user_agent,
                    key,
                    body_digest,
                )
            case _:
                raise MalformedRequestError("not a queued submission")


def is_sent_by(person: ErasedPerson, text: str) -> bool:
    """Whether a message of the queue is from the person, and from before the erasure.

    It is where one of its answers is the person's address, and where none is anybody's but the
    address stands somewhere in it. A text that cannot be read is where the address stands in it.
    """
    try:
        queued = QueuedSubmission.of_text(text)
    except MalformedRequestError:
        return any(person.is_named_in(each) for each in _readings(text))
    if queued.received_at > person.erased_at:
        return False
    emails = emails_among(queued.fields)
    if emails:
        return person.canonical_email in emails
    return any(
        person.is_named_in(each) for each in (queued.key or "", *_texts(dict(queued.fields)))
    )


def _readings(text: str) -> Iterator[str]:
    """Readings of a text that is no queued submission: itself, unpacked, and without escapes."""
    yield text
    with suppress(ValueError, zlib.error):
        unpacked_text = _unpacked(text)
        yield unpacked_text
        yield from _texts(json.loads(unpacked_text))


def _texts(value: Json) -> Iterator[str]:
    """Every text in a document, names included."""
    match value:
        case str():
            yield value
        case list():
            for each in value:
                yield from _texts(each)
        case dict():
            for name, each in value.items():
                yield name
                yield from _texts(each)


def _unpacked(text: str) -> str:
    if not text.startswith(COMPRESSED):
        return text
    unpacked = zlib.decompressobj()
    unpacked_text = unpacked.decompress(base64.b64decode(text.removeprefix(COMPRESSED)), LONGEST)
    return unpacked_text.decode()


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that a queue gave, which ought to be a queued submission."""

    message_id: str
    group: str
    text: str
    receives: int
    """The number of times it was received, this time included."""
