"""Finding leads, and moving them along the funnel."""

from succotash.application.leads.views import (
    LeadDetails,
    LeadList,
    LeadMatches,
    LeadView,
    lead_view,
)
from succotash.application.paging import after_moment, next_cursor, require_page
from succotash.domain.leads.leads import Lead, LeadQuery, LeadStatus, ScoredLead
from succotash.domain.messages.outbox import status_message
from succotash.domain.people.email_addresses import canonical_email
from succotash.domain.repositories.delivery import NOBODY_TO_WAKE, RelayWaker
from succotash.domain.repositories.forms import FormRepository
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.values import PAGE, Clock, IdFactory, LeadId
from succotash.errors import NotFoundError

HISTORY_SHOWN = 50
"""Submissions that a lead is shown with."""


class LeadPipeline:
    """Leads, each with how it came to be what it is."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        new_id: IdFactory,
        waker: RelayWaker = NOBODY_TO_WAKE,
    ) -> None:
        self._waker = waker
        self._storage = storage
        self._clock = clock
        self._new_id = new_id

    def get_leads(
        self, query: LeadQuery, *, limit: int = PAGE, cursor: str | None = None
    ) -> LeadList:
        """A page of the leads that match, by last submission."""
        after = after_moment(cursor)
        forms = self._storage.repositories.forms
        found = forms.find_leads(query, limit=require_page(limit), after=after)
        return {
            "leads": [lead_view(each) for each in found],
            "next_cursor": next_cursor(
                found,
                limit,
                lambda each: (each.lead.last_submission_at.isoformat(), each.lead.lead_id),
            ),
        }

    def search_leads(self, email: str) -> LeadMatches:
        """The lead with this e-mail, in whatever spelling; InvalidInputError for what is none."""
        found = self._storage.repositories.forms.find_scored_leads(canonical_email(email))
        return {"leads": [lead_view(each) for each in found]}

    def get_lead(self, lead_id: str) -> LeadDetails:
        """A lead with its score and its history; NotFoundError if unknown."""
        # One more than is shown tells whether any are left.
        history = self._storage.repositories.leads.get_lead_history(
            LeadId(lead_id), limit=HISTORY_SHOWN + 1
        )
        return {
            **lead_view(history.scored),
            "status_changes": [
                {"status": each.status, "changed_at": each.changed_at}
                for each in history.status_changes
            ],
            "history": [
                {
                    "submission_id": each.submission_id,
                    "form_id": each.form_id,
                    "state": each.state,
                    "source": each.source,
                    "answers": each.answers,
                    "submitted_at": each.submitted_at,
                }
                for each in history.submissions[:HISTORY_SHOWN]
            ],
            "history_truncated": len(history.submissions) > HISTORY_SHOWN,
        }

    def update_lead_status(self, lead_id: str, status: LeadStatus) -> LeadView:
        """Move a lead along the funnel; NotFoundError, IllegalTransitionError."""
        now = self._clock()
        message_id = self._new_id()

        def work(repositories: Repositories) -> ScoredLead:
            forms = repositories.forms
            moved = forms.update_lead_status(LeadId(lead_id), status, now)
            repositories.outbox.append([status_message(message_id, moved, now)])
            return _with_score(forms, moved)

        moved = self._storage.in_transaction(work)
        self._waker.wake()
        return lead_view(moved)


def _with_score(forms: FormRepository, lead: Lead) -> ScoredLead:
    try:
        return ScoredLead(lead, forms.get_lead_score(lead.lead_id))
    except NotFoundError:
        return ScoredLead(lead, None)
