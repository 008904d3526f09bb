"""Keeping the outcome of a submission, with all that follows from it."""

from succotash.application.consents.recording import keep_consents
from succotash.domain.intake.submissions import SubmissionOutcome
from succotash.domain.people.erasures import Tombstones
from succotash.domain.repositories.storage import Repositories


def keep_outcome(
    repositories: Repositories, tombstones: Tombstones, outcome: SubmissionOutcome
) -> None:
    """Save the outcome, and what its person said yes to; within the transaction of its context."""
    repositories.forms.save_outcome(outcome)
    if outcome.consents:
        keep_consents(repositories, tombstones, outcome.consents)
