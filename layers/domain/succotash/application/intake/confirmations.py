"""Links by which people confirm that it was they who sent a submission."""

from datetime import timedelta

from succotash.application.forms.definitions import FormDefinitions
from succotash.application.forms.views import FormView
from succotash.application.intake.review import SubmissionReview
from succotash.domain.intake.signing import Signer
from succotash.domain.values import Clock

CONFIRMATION_PURPOSE = "confirmation"
CONFIRMATION_LIFETIME = timedelta(days=7)
"""The time for which a link works."""


class Confirmations:
    """Reads the links, and confirms what they are about."""

    def __init__(
        self, forms: FormDefinitions, submissions: SubmissionReview, signer: Signer, clock: Clock
    ) -> None:
        self._forms = forms
        self._submissions = submissions
        self._signer = signer
        self._clock = clock

    def look_at(self, form_id: str, token: str) -> FormView:
        """The form whose submission a link would confirm.

        Looking changes nothing: programs that check e-mails follow every link. InvalidTokenError,
        ExpiredTokenError, NotFoundError.
        """
        self._submission_id(token)
        return self._forms.get_form(form_id)

    def confirm(self, form_id: str, token: str) -> FormView:
        """Confirm a submission to a form; once confirmed, it stays so, however often it is done.

        InvalidTokenError, ExpiredTokenError; NotFoundError also where the submission is gone.
        """
        self._submissions.confirm_submission(self._submission_id(token), form_id)
        return self._forms.get_form(form_id)

    def _submission_id(self, token: str) -> str:
        return self._signer.read(token, self._clock(), CONFIRMATION_LIFETIME).subject
