"""Writes the e-mails that messages of the outbox ask for, from what the storage holds now."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from succotash.application.intake.confirmations import CONFIRMATION_LIFETIME
from succotash.domain.forms.submissions import SubmissionState
from succotash.domain.intake.signing import Signer
from succotash.domain.messages.mails import (
    Links,
    Mail,
    confirmation_mail,
    digest_mail,
    owners_mail,
    receipt_mail,
)
from succotash.domain.messages.outbox import Channel, MessageKind, OutboxMessage
from succotash.domain.messages.quarantine import LISTED, QuarantineDigest
from succotash.domain.repositories.forms import FormRepository
from succotash.domain.values import SubmissionId
from succotash.errors import NotFoundError, StorageUnavailableError


class NoKeyError(Exception):
    """The keys that sign links and name recipients cannot be had."""


@dataclass(frozen=True, slots=True)
class MailComposition:
    """Writes e-mails."""

    forms: FormRepository
    links: Links
    signer: Callable[[], Signer]
    """The signer of confirmations; StorageUnavailableError where its keys cannot be had."""

    def of(self, message: OutboxMessage) -> Iterator[tuple[Channel, Mail]]:
        """The e-mails that a message asks for, by their channels; NoKeyError.

        None for a kind of which nobody is told by e-mail, and where what it tells of was erased.
        """
        match message.kind:
            case MessageKind.QUARANTINE_DIGEST:
                yield from self._of_digest(message)
            case MessageKind.SUBMISSION_ACCEPTED | MessageKind.SUBMISSION_UNCONFIRMED:
                yield from self._of_submission(message)

    def _of_submission(self, message: OutboxMessage) -> Iterator[tuple[Channel, Mail]]:
        try:
            submission = self.forms.get_form_submission(SubmissionId(message.subject_id))
            form = self.forms.get_form(submission.form_id)
        except NotFoundError:  # erased meanwhile
            return
        address = submission.canonical_email
        if message.kind == MessageKind.SUBMISSION_UNCONFIRMED:
            if address and submission.state is SubmissionState.UNCONFIRMED:
                # Signed as of the submission, so that an attempt made again sends the same link.
                token = self._signer().sign(submission.submission_id, message.occurred_at)
                link = self.links.of_confirmation(form.form_id, token)
                mail = confirmation_mail(form, address, link, CONFIRMATION_LIFETIME.days)
                yield Channel.PERSON, mail
            return
        if form.notify:
            yield Channel.OWNERS, owners_mail(form, submission, self.links)
        if form.confirms and address:
            yield Channel.PERSON, receipt_mail(form, address)

    def _of_digest(self, message: OutboxMessage) -> Iterator[tuple[Channel, Mail]]:
        digest = QuarantineDigest.of_message(message)
        form = self.forms.get_form(digest.form_id)
        listed = self.forms.get_quarantined(digest, limit=LISTED)
        if form.notify and form.digest and listed:
            yield Channel.OWNERS, digest_mail(form, digest, listed, self.links)

    def _signer(self) -> Signer:
        try:
            return self.signer()
        except StorageUnavailableError as error:
            raise NoKeyError from error
