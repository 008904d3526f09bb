"""A person's rights: to see everything held about them, and to have it erased."""

from datetime import datetime
from typing import TypedDict

from succotash.application.form_handler import (
    LeadView,
    SubmissionView,
    lead_view,
    submission_view,
)
from succotash.domain.forms import ScoredLead
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.validation import canonical_email


class StatusChangeView(TypedDict):
    """When a lead came to a status."""

    status: str
    changed_at: datetime


class OrderView(TypedDict):
    """An order, or money given back."""

    order_id: str
    ordered_at: datetime
    amount: str
    currency: str
    refund_of: str | None


class ActivityView(TypedDict):
    """Something the person did."""

    event_id: str
    kind: str
    name: str | None
    occurred_at: datetime
    duration_seconds: float | None
    interests: list[str]
    campaign_id: str | None


class CustomerRecord(TypedDict):
    """One of the person's customer accounts."""

    customer_id: str
    first_seen_at: datetime
    orders: list[OrderView]
    activity: list[ActivityView]


class PersonExport(TypedDict):
    """Everything held about one person."""

    email: str
    lead: LeadView | None
    status_changes: list[StatusChangeView]
    submissions: list[SubmissionView]
    customers: list[CustomerRecord]


class ErasureReport(TypedDict):
    """What an erasure did."""

    erased_rows: dict[str, int]
    """Rows deleted, by table; for `customers`, rows that lost e-mail and lead."""
    customers_unlinked: list[str]
    """Their orders stay in the sums without a person."""


ACTIVITY_EXPORTED = 10_000
"""The most events per customer in an export."""


class PeopleHandler:
    """Export and erasure by e-mail."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def export_person(self, email: str) -> PersonExport:
        """All held under the e-mail's canonical form; empty lists where nothing is.

        InvalidInputError for what is no e-mail address.
        """
        canonical = canonical_email(email)

        def work(repositories: Repositories) -> PersonExport:
            person = repositories.forms.find_person(canonical)
            customers: list[CustomerRecord] = [
                {
                    "customer_id": each.customer_id,
                    "first_seen_at": each.first_seen_at,
                    "orders": [
                        {
                            "order_id": order.order_id,
                            "ordered_at": order.ordered_at,
                            "amount": f"{order.amount.amount:f}",
                            "currency": order.amount.currency,
                            "refund_of": order.refund_of,
                        }
                        for order in repositories.ltv.get_orders(each.customer_id)
                    ],
                    "activity": [
                        {
                            "event_id": event.event_id,
                            "kind": event.kind,
                            "name": event.name,
                            "occurred_at": event.occurred_at,
                            "duration_seconds": event.duration_seconds,
                            "interests": list(event.interests),
                            "campaign_id": event.campaign_id,
                        }
                        for event in repositories.retention.get_activity(
                            each.customer_id, limit=ACTIVITY_EXPORTED
                        )
                    ],
                }
                for each in repositories.ltv.get_customers_by_email(canonical)
            ]
            lead = None
            if person.lead is not None:
                lead = lead_view(ScoredLead(person.lead, person.score))
            return {
                "email": canonical,
                "lead": lead,
                "status_changes": [
                    {"status": each.status, "changed_at": each.changed_at}
                    for each in person.status_changes
                ],
                "submissions": [submission_view(each) for each in person.submissions],
                "customers": customers,
            }

        return self._storage.in_transaction(work)

    def erase_person(self, email: str) -> ErasureReport:
        """Erase everywhere, in one transaction; doing it again finds nothing more.

        InvalidInputError for what is no e-mail address.
        """
        canonical = canonical_email(email)

        def work(repositories: Repositories) -> ErasureReport:
            customers = [
                each.customer_id for each in repositories.ltv.get_customers_by_email(canonical)
            ]
            erased = repositories.forms.erase_person(canonical)
            erased |= repositories.retention.forget_activity(customers)
            erased["customers"] = repositories.ltv.forget_customers(customers)
            return {"erased_rows": erased, "customers_unlinked": list(customers)}

        return self._storage.in_transaction(work)
