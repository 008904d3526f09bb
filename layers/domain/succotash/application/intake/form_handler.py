"""The use cases of forms in one object, as the container gives it."""

from collections.abc import Callable

from succotash.application.forms.analytics import FormReports
from succotash.application.forms.definitions import FormDefinitions
from succotash.application.forms.views import FormView
from succotash.application.intake.challenges import ChallengeIntake
from succotash.application.intake.evidence import EvidenceSources
from succotash.application.intake.outage import OutageGuard
from succotash.application.intake.review import SubmissionReview
from succotash.application.intake.submission_intake import SubmissionIntake
from succotash.application.leads.pipeline import LeadPipeline
from succotash.domain.intake.signing import Signer
from succotash.domain.intake.submissions import SubmissionOutcome
from succotash.domain.messages.delivery import DeliveryOutcome
from succotash.domain.people.erasures import NO_TOMBSTONES, Tombstones
from succotash.domain.repositories.delivery import NOBODY_TO_WAKE, DeliveryQueue, RelayWaker
from succotash.domain.repositories.storage import Storage
from succotash.domain.values import Clock, IdFactory, Json


class FormHandler(SubmissionIntake, SubmissionReview, FormDefinitions, FormReports, LeadPipeline):
    """Takes submissions, keeps leads, defines forms and counts."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        new_id: IdFactory,
        outage: OutageGuard[FormView] | None = None,
        *,
        tokens: Callable[[], Signer] | None = None,
        deliveries: DeliveryQueue | None = None,
        waker: RelayWaker = NOBODY_TO_WAKE,
        tombstones: Tombstones = NO_TOMBSTONES,
        time_zone: str = "UTC",
    ) -> None:
        """For `tokens` see EvidenceSources, for `deliveries` ChallengeIntake."""
        challenges = ChallengeIntake(storage, clock, new_id, deliveries, waker, tombstones)
        SubmissionIntake.__init__(
            self,
            storage,
            clock,
            new_id,
            EvidenceSources(clock, tokens),
            challenges,
            outage,
            tombstones,
            waker,
        )
        SubmissionReview.__init__(self, storage, clock, new_id, waker, tombstones)
        FormDefinitions.__init__(self, storage, clock, new_id)
        FormReports.__init__(self, storage, time_zone)
        LeadPipeline.__init__(self, storage, clock, new_id, waker)

    def settle_challenge(self, outcome: DeliveryOutcome) -> SubmissionOutcome | None:
        """Let a submission go on as its challenge went; see ChallengeIntake."""
        return self._challenges.settle(outcome)

    def issue_token(self, form_id: str, earlier: Json = None) -> str | None:
        """A form token for a page that is shown now; see EvidenceSources."""
        return self._evidence.issue_token(form_id, earlier)
