"""Everything that can be done with forms, in one place, as the container gives it."""

from collections.abc import Callable

from succotash.application.forms.analytics import FormReports
from succotash.application.forms.definitions import FormDefinitions
from succotash.application.forms.views import FormView
from succotash.application.intake.evidence import EvidenceSources
from succotash.application.intake.outage import OutageGuard
from succotash.application.intake.review import SubmissionReview
from succotash.application.intake.submission_intake import SubmissionIntake
from succotash.application.leads.pipeline import LeadPipeline
from succotash.domain.intake.signing import Signer
from succotash.domain.intake.spam import ChallengeVerifier
from succotash.domain.people.erasures import NO_TOMBSTONES, Tombstones
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
        challenges: ChallengeVerifier | None = None,
        tombstones: Tombstones = NO_TOMBSTONES,
        time_zone: str = "UTC",
    ) -> None:
        """For `tokens` and `challenges` see EvidenceSources."""
        evidence = EvidenceSources(storage, clock, tokens, challenges)
        SubmissionIntake.__init__(self, storage, clock, new_id, evidence, outage, tombstones)
        SubmissionReview.__init__(self, storage, clock, new_id, tombstones)
        FormDefinitions.__init__(self, storage, clock, new_id)
        FormReports.__init__(self, storage, time_zone)
        LeadPipeline.__init__(self, storage, clock, new_id)

    def issue_token(self, form_id: str, earlier: Json = None) -> str | None:
        """A form token for a page that is shown now; see EvidenceSources."""
        return self._evidence.issue_token(form_id, earlier)
