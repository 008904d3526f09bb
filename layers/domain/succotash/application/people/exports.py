"""Showing a person what the storage holds about them."""

from succotash.application.consents.views import view_of_person
from succotash.application.intake.views import submission_view
from succotash.application.leads.views import lead_view
from succotash.application.people.traces import Traces, subjects_about
from succotash.application.people.views import CustomerRecord, MembershipView, PersonExport
from succotash.application.retention.customers import churn_risk_or_none, engagement_or_none
from succotash.application.value.customers import value_or_none
from succotash.domain.campaigns.members import CampaignMember
from succotash.domain.leads.leads import ScoredLead
from succotash.domain.people.email_addresses import canonical_email
from succotash.domain.people.erasures import Tombstones, erased_at
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.values import CustomerId

ACTIVITY_EXPORTED = 10_000
"""The most events per customer in an export."""


class PersonExports:
    """Exports by e-mail."""

    def __init__(self, storage: Storage, tombstones: Tombstones, traces: Traces) -> None:
        self._storage = storage
        self._tombstones = tombstones
        self._traces = traces

    def export_person(self, email: str) -> PersonExport:
        """All held under the e-mail's canonical form; empty lists where nothing is.

        InvalidInputError for what is no e-mail address.
        """
        canonical = canonical_email(email)
        tombstones = self._tombstones.of_person(canonical)

        def work(repositories: Repositories) -> PersonExport:
            person = repositories.forms.find_person(canonical)
            erased = repositories.people.find_erased(tombstones)
            places = repositories.retention.get_memberships(canonical)
            subjects = {*subjects_about(person), *(each.person_key for each in places)}
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
                "idempotent_answers": [
                    {"key": each.key, "expires_at": each.expires_at, "answer": each.answer}
                    for each in repositories.people.get_answered_requests(canonical)
                ],
                "outbox_messages": [
                    {
                        "message_id": each.message_id,
                        "kind": each.kind,
                        "occurred_at": each.occurred_at,
                        "payload": each.payload,
                    }
                    for each in repositories.people.get_messages_about(subjects)
                ],
                "campaigns": [_membership(each) for each in places],
                "mails_sent_at": repositories.outbox.get_mails(self._traces.recipients(canonical)),
                "consents": view_of_person(repositories, self._tombstones, canonical),
                "customers": [
                    _customer_record(repositories, each)
                    for each in self._traces.customers(repositories, canonical)
                ],
                "erased_at": erased_at(tombstones, erased),
            }

        return self._storage.in_transaction(work)


def _membership(member: CampaignMember) -> MembershipView:
    foreseen = member.foreseen_value
    return {
        "campaign_id": member.campaign_id,
        "group": member.arm,
        "state": member.state,
        "assigned_at": member.assigned_at,
        "message_id": member.person_key,
        "foreseen_value": None if foreseen is None else f"{foreseen.amount:f}",
        "currency": None if foreseen is None else foreseen.currency,
    }


def _customer_record(repositories: Repositories, customer_id: CustomerId) -> CustomerRecord:
    aliases = repositories.customers.get_aliases([customer_id])
    # One more than is exported tells whether any are left.
    events = repositories.retention.get_activity(customer_id, limit=ACTIVITY_EXPORTED + 1)
    return {
        "customer_id": customer_id,
        "aliases": [*aliases.get(customer_id, ())],
        "first_seen_at": repositories.ltv.get_customer(customer_id).first_seen_at,
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
