"""Parts of the intake that several others go into."""

from collections.abc import Callable

from succotash.application.forms.definitions import FormDefinitions
from succotash.application.intake.confirmations import CONFIRMATION_PURPOSE, Confirmations
from succotash.application.intake.review import SubmissionReview
from succotash.domain.intake.signing import Signer
from succotash.domain.repositories.storage import Storage
from succotash.domain.values import Clock, IdFactory


def confirmations(
    storage: Storage, clock: Clock, new_id: IdFactory, signer: Callable[[str], Signer]
) -> Confirmations:
    """What people confirm by the links they are sent."""
    return Confirmations(
        FormDefinitions(storage, clock, new_id),
        SubmissionReview(storage, clock, new_id),
        signer(CONFIRMATION_PURPOSE),
        clock,
    )
