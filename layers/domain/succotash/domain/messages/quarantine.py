"""Digests: what owners are told, once a day, of submissions that a form put into quarantine."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from succotash.domain.forms.submissions import FormSubmission, SubmissionState
from succotash.domain.messages.outbox import MessageKind, OutboxMessage
from succotash.domain.values import FormId, MessageId, instant_text

STORED_AFTER = timedelta(minutes=5)
"""The longest time from sending a submission, or taking it from the queue, to storing it."""
LISTED = 50
"""Submissions that a digest names; it counts the rest."""


@dataclass(frozen=True, slots=True)
class QuarantineDigest:
    """A form's submissions in quarantine that were stored within a range of time."""

    form_id: FormId
    since: datetime | None
    """Included; None where it begins with the form."""
    until: datetime
    """Excluded. The next digest goes on from here."""
    count: int

    @property
    def message(self) -> OutboxMessage:
        """The message about it to others; the same for the same digest."""
        return OutboxMessage(
            message_id=MessageId(
                f"{self.form_id}:{instant_text(self.until)}:{MessageKind.QUARANTINE_DIGEST}"
            ),
            kind=MessageKind.QUARANTINE_DIGEST,
            occurred_at=self.until,
            subject_id=self.form_id,
            form_id=self.form_id,
            payload={
                "since": None if self.since is None else instant_text(self.since),
                "until": instant_text(self.until),
                "quarantined": self.count,
            },
        )

    @classmethod
    def of_message(cls, message: OutboxMessage) -> "QuarantineDigest":
        """The digest that a message tells of."""
        match message.payload:
            case {"since": str() | None as since, "until": str(until), "quarantined": int(count)}:
                return cls(
                    FormId(message.subject_id),
                    None if since is None else datetime.fromisoformat(since),
                    datetime.fromisoformat(until),
                    count,
                )
            case _:
                raise TypeError("not a digest's message")

    def holds(self, submission: FormSubmission) -> bool:
        """Whether the submission is one of those it counts."""
        return (
            submission.form_id == self.form_id
            and submission.state is SubmissionState.QUARANTINED
            and (self.since is None or self.since <= submission.stored_at)
            and submission.stored_at < self.until
        )
