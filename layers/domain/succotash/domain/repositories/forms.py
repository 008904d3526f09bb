"""The port to forms, submissions and leads."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime

from succotash.domain.forms.forms import (
    ConversionFunnel,
    Form,
    FormAnalytics,
    FormSubmission,
    Lead,
    LeadQuery,
    LeadScore,
    LeadStatus,
    PersonRecord,
    ScoredLead,
    SubmissionState,
    ValidationRule,
)
from succotash.domain.intake.submissions import (
    SubmissionGround,
    SubmissionInquiry,
    SubmissionOutcome,
)
from succotash.domain.messages.quarantine import QuarantineDigest
from succotash.domain.values import After, FormId, LeadId, SubmissionId

PAGE = 50
"""Rows a list gives unless told otherwise."""
EXPIRED_KEYS_REMOVED = 100
"""The most expired idempotency keys that a claim deletes; as each claim adds one, few are left."""


class FormRepository(ABC):
    """Forms, their rules, what was submitted, the leads it became, and their scores.

    Lists are ordered newest first, then by id descending, and go on behind `after`.
    Ranges of time include their start and exclude their end; None leaves a side open.
    The form `default` is always there.
    """

    @abstractmethod
    def save_form(self, form: Form, rules: Sequence[ValidationRule]) -> None:
        """Insert or replace the form together with all of its rules."""

    @abstractmethod
    def get_form(self, form_id: FormId) -> Form:
        """The form; NotFoundError where there is none."""

    @abstractmethod
    def get_all_forms(self) -> list[Form]:
        """Every form, by id."""

    @abstractmethod
    def save_form_submission(self, submission: FormSubmission) -> None:
        """Insert the submission, or replace the one with its id.

        NotFoundError where its form, lead or the submission it duplicates does not exist.
        """

    @abstractmethod
    def get_form_submission(self, submission_id: SubmissionId) -> FormSubmission:
        """The submission; NotFoundError where there is none."""

    @abstractmethod
    def lock_form_submission(self, submission_id: SubmissionId) -> FormSubmission:
        """The submission as it is now, to change it; NotFoundError where there is none.

        Until the transaction ends, another that locks or saves the same submission waits.
        """

    @abstractmethod
    def get_submissions_by_form(
        self,
        form_id: FormId,
        *,
        state: SubmissionState | None = None,
        limit: int = PAGE,
        after: After | None = None,
    ) -> list[FormSubmission]:
        """Submissions of one form by submission time; none where there is no such form."""

    @abstractmethod
    def get_submissions_by_ip(self, ip_address: str, since: datetime) -> list[FormSubmission]:
        """Submissions from one address at or after an instant, at most 1,000."""

    @abstractmethod
    def save_lead(self, lead: Lead) -> Lead:
        """Insert the lead, or merge it into the one with its canonical e-mail; what is then stored.

        Merging keeps the stored id, e-mail, status, source and campaign, fills what was None or
        absent (earlier answers stay), adds the submission counts and widens the range of
        submission times. An inserted lead's status is entered into its history at its last
        submission. Safe under concurrency: no two leads share a canonical e-mail. Customers with
        this canonical e-mail and no lead are tied to it.
        """

    @abstractmethod
    def get_lead(self, lead_id: LeadId) -> Lead:
        """The lead; NotFoundError where there is none."""

    @abstractmethod
    def get_lead_by_email(self, canonical_email: str) -> Lead:
        """The lead with this canonical e-mail; NotFoundError where there is none."""

    @abstractmethod
    def find_leads(
        self, query: LeadQuery, *, limit: int = PAGE, after: After | None = None
    ) -> list[ScoredLead]:
        """Leads that match, with their scores, by last submission time."""

    @abstractmethod
    def get_leads_by_status(self, status: LeadStatus, *, limit: int = PAGE) -> list[Lead]:
        """Leads of one status by last submission time."""

    @abstractmethod
    def get_leads_by_source(self, source: str, *, limit: int = PAGE) -> list[Lead]:
        """Leads of one source by last submission time."""

    @abstractmethod
    def get_hot_leads(self, *, limit: int = PAGE) -> list[ScoredLead]:
        """Leads whose score is hot and that are not closed, highest total first, then by id."""

    @abstractmethod
    def update_lead_status(self, lead_id: LeadId, status: LeadStatus, at: datetime) -> Lead:
        """Move the lead, remember when, and give it back.

        NotFoundError where there is none; IllegalTransitionError where `status` may not follow.
        Two concurrent moves of one lead are judged one after the other.
        """

    @abstractmethod
    def save_lead_score(self, score: LeadScore) -> None:
        """Insert or replace the lead's score; NotFoundError where there is no such lead."""

    @abstractmethod
    def get_lead_score(self, lead_id: LeadId) -> LeadScore:
        """The lead's score; NotFoundError where it has none."""

    @abstractmethod
    def save_validation_rule(self, rule: ValidationRule) -> None:
        """Insert or replace one rule; NotFoundError where its form does not exist."""

    @abstractmethod
    def get_validation_rules(self, form_id: FormId) -> list[ValidationRule]:
        """The form's rules by position, then id; none where there is no such form."""

    @abstractmethod
    def check_duplicate_submission(
        self, form_id: FormId, fingerprint: str, since: datetime
    ) -> FormSubmission | None:
        """The latest accepted submission with this fingerprint at or after `since`.

        Until the transaction ends, another that checks the same form and fingerprint waits.
        """

    @abstractmethod
    def read_ground(self, inquiry: SubmissionInquiry) -> SubmissionGround:
        """All that a submission is judged by; NotFoundError where there is no such form.

        Until the transaction ends, others wait that ask with the same key, or about the same
        form and fingerprint, or about a lead given here, or change that lead. A key that expired
        counts as new. SubmissionInProgressError where a key is given and an equal submission
        takes too long to wait for.

        Traffic is counted within the windows of `domain.spam` up to the submission's time, no
        further than to the form's limits (0: not at all), and for texts to one beyond what is
        tolerated: those of other submissions with none of the inquiry's addresses.
        """

    @abstractmethod
    def save_outcome(self, outcome: SubmissionOutcome) -> None:
        """Keep what became of a submission, in the transaction that read its ground.

        The submission is inserted, or replaces the one with its id; the lead is inserted as new,
        with its status as the first of its history at its last submission, or changed in all but
        its status; its score replaces the one before; customers with its canonical e-mail and no
        lead are tied to it. The key is answered with what is remembered until that expires, and
        up to EXPIRED_KEYS_REMOVED others that expired by the submission's time are deleted.
        Its messages are in the outbox.
        """

    @abstractmethod
    def remove_expired_submissions(self, at: datetime, *, limit: int) -> int:
        """Delete submissions that are older than they are kept, and how many; at most `limit`.

        A form's retention period is for all of its submissions; without one, what is in
        quarantine or was never confirmed goes after QUARANTINE_KEPT, and the rest stays. What was
        remembered for them goes along; duplicates of one that goes keep their state and lose its
        name; leads stay.
        """

    @abstractmethod
    def open_digests(self, until: datetime) -> list[QuarantineDigest]:
        """Begin a digest up to `until` for each form that has owners who want one; by form.

        It goes on from the form's last one, and from the beginning where there is none. Forms
        whose last one reaches as far are passed over, so of many who do this at once one gets a
        digest. Those that count nothing are not given, and the next one goes on from them.
        """

    @abstractmethod
    def get_quarantined(self, digest: QuarantineDigest, *, limit: int) -> list[FormSubmission]:
        """Submissions of a digest that are still in quarantine, those stored last first."""

    @abstractmethod
    def get_form_analytics(
        self,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        form_id: FormId | None = None,
        source: str | None = None,
    ) -> FormAnalytics:
        """Counts over submissions by their time, and over leads by their first submission time.

        `form_id` narrows leads to those with a submission to that form.
        """

    @abstractmethod
    def get_lead_conversion_funnel(
        self,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        form_id: FormId | None = None,
        source: str | None = None,
    ) -> ConversionFunnel:
        """Of the leads first seen in the range, how many ever reached each stage or a later one.

        Computed from the history of status changes. `form_id` and `source` narrow the leads as
        they narrow those of `get_form_analytics`.
        """

    @abstractmethod
    def find_person(self, canonical_email: str) -> PersonRecord:
        """All held about this person; empty where nothing is."""

    @abstractmethod
    def erase_person(self, canonical_email: str) -> dict[str, int]:
        """Delete lead, history, scores, submissions and remembered answers; rows gone by table.

        Submissions of others that named one of these as their original keep their state and
        lose the name. Customers tied to the lead lose the tie.
        """
