"""A person's rights: to see everything held about them, and to have it erased."""

from datetime import datetime
from typing import TypedDict

from succotash.application.form_handler import (
    LeadView,
    SubmissionView,
    lead_view,
    submission_view,
)
from succotash.application.ltv_handler import CustomerValueView
from succotash.application.retention_handler import (
    ChurnRiskView,
    EngagementView,
    churn_risk_or_none,
    engagement_or_none,
    value_or_none,
)
from succotash.domain.customers import Customer
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
    """Newest first."""
    activity_truncated: bool
    """Whether older activity than this is held."""
    value: CustomerValueView | None
    """What the current scoring run says, as churn_risk and engagement do."""
    churn_risk: ChurnRiskView | None
    engagement: EngagementView | None


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
            customers = [
                _customer_record(repositories, each)
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


def _customer_record(repositories: Repositories, customer: Customer) -> CustomerRecord:
    customer_id = customer.customer_id
    # One more than is exported tells whether any are left.
    events = repositories.retention.get_activity(customer_id, limit=ACTIVITY_EXPORTED + 1)
    return {
        "customer_id": customer_id,
        "first_seen_at": customer.first_seen_at,
        "orders": [
            {
                "order_id": order.order_id,
                "ordered_at": order.ordered_at,
                "amount": f"{order.amount.amount:f}",
                "currency": order.amount.currency,
                "refund_of": order.refund_of,
            }
            for order in repositories.ltv.get_orders(customer_id)
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
            for event in events[:ACTIVITY_EXPORTED]
        ],
        "activity_truncated": len(events) > ACTIVITY_EXPORTED,
        "value": value_or_none(repositories, customer_id),
        "churn_risk": churn_risk_or_none(repositories, customer_id),
        "engagement": engagement_or_none(repositories, customer_id),
    }
