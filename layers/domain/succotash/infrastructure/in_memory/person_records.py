"""All that forms hold about a person in memory."""

import dataclasses
from typing import override

from succotash.domain.forms.submissions import FormSubmission
from succotash.domain.leads.leads import Lead, PersonRecord
from succotash.domain.repositories.person_records import PersonRecordRepository
from succotash.infrastructure.in_memory.pages import page, submission_place
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import atomic


class InMemoryPersonRecordRepository(InMemoryRepository, PersonRecordRepository):
    """All that forms hold about a person."""

    @override
    @atomic
    def find_person(self, canonical_email: str) -> PersonRecord:
        lead = self.tables.lead_with(canonical_email)
        return PersonRecord(
            lead,
            self.tables.scores.get(lead.lead_id) if lead else None,
            self.tables.status_changes[lead.lead_id] if lead else (),
            tuple(page(self._submissions_of(canonical_email, lead), submission_place)),
        )

    @override
    @atomic
    def erase_person(self, canonical_email: str) -> dict[str, int]:
        lead = self.tables.lead_with(canonical_email)
        submissions = {each.submission_id for each in self._submissions_of(canonical_email, lead)}
        gone = {
            "form_submissions": len(submissions),
            "idempotency_keys": self.tables.forget_submissions(submissions),
            "leads": 0,
            "lead_scores": 0,
            "lead_status_changes": 0,
        }
        if lead is not None:
            for customer in list(self.tables.customers_by_lead[lead.lead_id]):
                untied = dataclasses.replace(customer, lead_id=None)
                self.tables.customers[customer.customer_id] = untied
            gone["lead_status_changes"] = len(self.tables.status_changes[lead.lead_id])
            self.tables.status_changes.discard([lead.lead_id])
            gone["lead_scores"] = self.tables.scores.discard([lead.lead_id])
            gone["leads"] = self.tables.leads.discard([lead.lead_id])
        return gone

    def _submissions_of(self, canonical_email: str, lead: Lead | None) -> list[FormSubmission]:
        found = {
            each.submission_id: each for each in self.tables.submissions_by_email[canonical_email]
        }
        if lead is not None:
            found |= {
                each.submission_id: each for each in self.tables.submissions_by_lead[lead.lead_id]
            }
        return list(found.values())
