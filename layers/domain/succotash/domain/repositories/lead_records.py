"""The port to leads, their status and their score."""

from abc import ABC, abstractmethod
from datetime import datetime

from succotash.domain.leads.leads import Lead, LeadQuery, LeadScore, LeadStatus, ScoredLead
from succotash.domain.values import PAGE, After, LeadId


class LeadRecordRepository(ABC):
    """Leads, their status and their score.

    Lists are ordered newest first, then by id descending, and go on behind `after`.
    """

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
        """The lead; NotFoundError if unknown."""

    @abstractmethod
    def get_lead_by_email(self, canonical_email: str) -> Lead:
        """The lead with this canonical e-mail; NotFoundError if unknown."""

    @abstractmethod
    def find_scored_leads(self, canonical_email: str) -> list[ScoredLead]:
        """The lead with this canonical e-mail, with its score, or nobody."""

    @abstractmethod
    def find_leads(
        self, query: LeadQuery, *, limit: int = PAGE, after: After | None = None
    ) -> list[ScoredLead]:
        """Leads that match, with their scores, by last submission time."""

    def get_leads_by_status(self, status: LeadStatus, *, limit: int = PAGE) -> list[Lead]:
        """Leads of one status by last submission time."""
        return [each.lead for each in self.find_leads(LeadQuery(status=status), limit=limit)]

    def get_leads_by_source(self, source: str, *, limit: int = PAGE) -> list[Lead]:
        """Leads of one source by last submission time."""
        return [each.lead for each in self.find_leads(LeadQuery(source=source), limit=limit)]

    @abstractmethod
    def get_hot_leads(self, *, limit: int = PAGE) -> list[ScoredLead]:
        """Leads whose score is hot and that are not closed, highest total first, then by id."""

    @abstractmethod
    def update_lead_status(self, lead_id: LeadId, status: LeadStatus, at: datetime) -> Lead:
        """Move the lead, remember when, and give it back.

        NotFoundError if unknown; IllegalTransitionError where `status` may not follow.
        Two concurrent moves of one lead are judged one after the other.
        """

    @abstractmethod
    def save_lead_score(self, score: LeadScore) -> None:
        """Insert or replace the lead's score; NotFoundError where there is no such lead."""

    @abstractmethod
    def get_lead_score(self, lead_id: LeadId) -> LeadScore:
        """The lead's score; NotFoundError where it has none."""
