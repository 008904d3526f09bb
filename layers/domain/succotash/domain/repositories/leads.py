"""The port to leads as a whole: how they are scored, what is known of them, what is exported."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime

from succotash.domain.forms.submissions import FormSubmission, SubmissionFilter
from succotash.domain.leads.analytics import DailyCounts
from succotash.domain.leads.leads import Lead, LeadHistory, LeadQuery, LeadScore, ScoredLead
from succotash.domain.leads.scoring import ScoringRules
from succotash.domain.values import After, FormId, LeadId


class LeadRepository(ABC):
    """The table of scoring rules, and every lead by page."""

    @abstractmethod
    def get_scoring_rules(self) -> ScoringRules:
        """The newest version of the table; DEFAULT_SCORING from the start."""

    @abstractmethod
    def add_scoring_rules(self, scoring: ScoringRules) -> None:
        """Keep the next version of the table; ConflictError unless it follows the newest one.

        Earlier versions stay. Of two that add the same version, one gets the ConflictError.
        """

    @abstractmethod
    def lock_leads_to_score(
        self, rules_version: int, as_of: datetime, *, limit: int, after: LeadId | None = None
    ) -> list[Lead]:
        """Leads by id, behind `after`, without a score by this version as of then or later.

        Until the transaction ends, others that change one of them wait.
        """

    @abstractmethod
    def save_lead_scores(self, scores: Sequence[LeadScore]) -> None:
        """Insert or replace the scores of leads that are there, in one statement."""

    @abstractmethod
    def get_lead_history(self, lead_id: LeadId, *, limit: int) -> LeadHistory:
        """The lead, its score, every change of its status, and its latest submissions.

        All is of one moment. NotFoundError if unknown.
        """

    @abstractmethod
    def get_daily_counts(
        self,
        start: datetime,
        end: datetime,
        time_zone: str,
        *,
        form_id: FormId | None = None,
        source: str | None = None,
    ) -> list[DailyCounts]:
        """Submissions and new leads by day of the zone, from `start` to before `end`.

        Days without either are left out. Submissions and leads are narrowed, and belong to a time,
        as in `FormRepository.get_form_analytics`.
        """

    @abstractmethod
    def get_leads_by_id(
        self, query: LeadQuery, *, limit: int, after: LeadId | None = None
    ) -> list[ScoredLead]:
        """Leads that match, by id, behind `after`: an order that no change of a lead disturbs."""

    @abstractmethod
    def get_submissions_by_time(
        self, wanted: SubmissionFilter, *, limit: int, after: After | None = None
    ) -> list[FormSubmission]:
        """Submissions that are wanted, oldest first, then by id, behind `after`."""

    @abstractmethod
    def get_answer_names(self, form_id: FormId, *, limit: int) -> list[str]:
        """Names of questions that the form's submissions answer, in order of code points."""
