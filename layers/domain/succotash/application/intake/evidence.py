"""Collects the evidence about a submission before its transaction: tokens and challenges."""

from collections.abc import Callable, Mapping

from succotash.domain.forms.attribution import CHALLENGE, TOKEN
from succotash.domain.forms.submissions import FormSubmission
from succotash.domain.intake.signing import Signer
from succotash.domain.intake.spam import (
    NO_TOKEN,
    ChallengeState,
    Evidence,
    FormToken,
    TokenState,
    read_token,
)
from succotash.domain.values import Clock, FormId, Json
from succotash.errors import StorageUnavailableError


class EvidenceSources:
    """Form tokens, and whether the challenges that pages set were answered."""

    def __init__(self, clock: Clock, tokens: Callable[[], Signer] | None = None) -> None:
        """`tokens` gives what signs form tokens; without it none are given and none counts."""
        self._clock = clock
        self._tokens = tokens

    def issue_token(self, form_id: str, earlier: Json = None) -> str | None:
        """A form token for a page that is shown now; None where this deployment gives none.

        The one that came with the page's last post is given again while it is good: its visitor
        took their time before. Whether there is such a form is not asked.
        """
        if self._tokens is None:
            return None
        now = self._clock()
        try:
            signer = self._tokens()
            known = read_token(signer, earlier, FormId(form_id), now)
            if known.state is TokenState.GOOD and isinstance(earlier, str):
                return earlier
            return signer.sign(form_id, now)
        except StorageUnavailableError:  # the keys are out of reach, and the page is not
            return None

    def gather(self, sent: FormSubmission, controls: Mapping[str, Json]) -> Evidence:
        """All of it; the transaction waits for nobody else."""
        return Evidence(
            controls,
            self._token(sent, controls.get(TOKEN)),
            _challenge(controls.get(CHALLENGE)),
        )

    def _token(self, sent: FormSubmission, token: Json) -> FormToken:
        if not token or self._tokens is None:
            return NO_TOKEN
        try:
            return read_token(self._tokens(), token, sent.form_id, sent.submitted_at)
        except StorageUnavailableError:  # of the keys
            return FormToken(TokenState.UNCHECKED)


def _challenge(response: Json) -> ChallengeState:
    """Whether there is an answer; who set the challenge is asked about it after the transaction."""
    is_answered = isinstance(response, str) and response
    return ChallengeState.ANSWERED if is_answered else ChallengeState.ABSENT
