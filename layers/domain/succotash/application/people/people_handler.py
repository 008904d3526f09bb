"""A person's rights: to see everything held about them, and to have it erased."""

import secrets
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import TypedDict

from succotash.application.intake.views import SubmissionView, submission_view
from succotash.application.leads.views import LeadView, StatusChangeView, lead_view
from succotash.application.people.erased_elsewhere import NOWHERE_ELSE, Elsewhere, ElsewhereView
from succotash.application.retention.retention_handler import (
    ChurnRiskView,
    EngagementView,
    churn_risk_or_none,
    engagement_or_none,
    value_or_none,
)
from succotash.application.value.ltv_handler import CustomerValueView
from succotash.domain.forms.forms import PersonRecord, ScoredLead
from succotash.domain.intake.validation import canonical_email
from succotash.domain.messages.mails import mailbox_of
from succotash.domain.people.erasures import NO_TOMBSTONES, ErasedPerson, Tombstones, erased_at
from succotash.domain.people.identities import NO_PSEUDONYMS, Pseudonyms
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.values import Clock, CustomerId, Json


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
    aliases: list[str]
    """Further ids that the shop means the same customer by."""
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


class AnsweredRequestView(TypedDict):
    """A request with a key, and what its repetitions are answered with."""

    key: str
    expires_at: datetime
    answer: Mapping[str, Json] | None


class MessageView(TypedDict):
    """A message to the rest of the company, kept until it is delivered and a while after."""

    message_id: str
    kind: str
    occurred_at: datetime
    payload: Mapping[str, Json]


class PersonExport(TypedDict):
    """Everything held about one person."""

    email: str
    lead: LeadView | None
    status_changes: list[StatusChangeView]
    submissions: list[SubmissionView]
    """Those in quarantine, and repetitions, too."""
    idempotent_answers: list[AnsweredRequestView]
    outbox_messages: list[MessageView]
    mails_sent_at: list[datetime]
    """When forms sent mails to the person's mailbox, of the last day: by these they are limited."""
    customers: list[CustomerRecord]
    erased_at: datetime | None
    """When data held earlier was erased, where that was asked for."""


class _ErasedRows(TypedDict):
    """What an erasure did in the storage."""

    erased_rows: dict[str, int]
    """Rows deleted, by table."""
    customers_unlinked: list[str]
    """The ids by which the person's customers were known. Their orders stay in the sums, under ids
    made at random, of customers that nothing leads to."""
    anonymised_orders: int
    """How many orders and refunds those are."""
    erased_at: datetime
    """Whatever is older and comes again is not taken: a tombstone, which only this deployment's
    key can read, says so. What the person sends later is."""


class ErasureReport(_ErasedRows, ElsewhereView):
    """What an erasure did, and what it left."""


ANONYM_PREFIX = "anonymous_"
ACTIVITY_EXPORTED = 10_000
"""The most events per customer in an export."""


class PeopleHandler:
    """Export and erasure by e-mail."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        tombstones: Tombstones = NO_TOMBSTONES,
        pseudonyms: Pseudonyms = NO_PSEUDONYMS,
        elsewhere: Elsewhere = NOWHERE_ELSE,
        random_text: Callable[[], str] = secrets.token_hex,
    ) -> None:
        """`random_text` gives what nobody can guess, for ids and salts of what stays."""
        self._storage = storage
        self._clock = clock
        self._tombstones = tombstones
        self._pseudonyms = pseudonyms
        self._random_text = random_text
        self._elsewhere = elsewhere

    def export_person(self, email: str) -> PersonExport:
        """All held under the e-mail's canonical form; empty lists where nothing is.

        InvalidInputError for what is no e-mail address.
        """
        canonical = canonical_email(email)
        tombstones = self._tombstones.of_person(canonical)

        def work(repositories: Repositories) -> PersonExport:
            person = repositories.forms.find_person(canonical)
            erased = repositories.people.find_erased(tombstones)
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
                    for each in repositories.people.get_messages_about(_subjects(person))
                ],
                "mails_sent_at": repositories.outbox.get_mails(self._recipients(canonical)),
                "customers": [
                    _customer_record(repositories, each)
                    for each in self._customers(repositories, canonical)
                ],
                "erased_at": erased_at(tombstones, erased),
            }

        return self._storage.in_transaction(work)

    def erase_person(
        self, email: str, has_time: Callable[[], bool] = lambda: True
    ) -> ErasureReport:
        """Erase from the storage, in one transaction, then from everywhere else.

        Doing it again finds nothing more, or goes through what time did not suffice for:
        `has_time` is asked for places beside the storage. What is under way about the person is
        either erased with the rest or refused. InvalidInputError for what is no e-mail address.
        """
        canonical = canonical_email(email)
        now = self._clock()

        def work(repositories: Repositories) -> _ErasedRows:
            # Whoever stores something about the person has asked for one of these tombstones: from
            # here on they have ended, and their rows are found, or they wait and will see it.
            buried = self._tombstones_of(repositories, canonical)
            repositories.people.bury(buried, now)
            if missed := self._tombstones_of(repositories, canonical) - buried:
                repositories.people.bury(missed, now)
            person = repositories.forms.find_person(canonical)
            customers = self._customers(repositories, canonical)
            names = self._names(repositories, customers)
            outbox = repositories.outbox
            # The messages first: who counts a mail for one of them has done so, or finds it gone.
            erased = {"outbox": outbox.forget_subjects(_subjects(person))}
            erased["mail_recipients"] = outbox.forget_recipients(self._recipients(canonical))
            erased |= repositories.forms.erase_person(canonical)
            erased |= repositories.retention.forget_activity(customers)
            erased |= repositories.customers.anonymise_customers(
                {each: CustomerId(f"{ANONYM_PREFIX}{self._random_text()}") for each in customers},
                self._random_text(),
            )
            return {
                "anonymised_orders": erased.pop("orders"),
                "erased_rows": erased,
                "customers_unlinked": sorted(names),
                "erased_at": now,
            }

        rows = self._storage.in_transaction(work)
        person = ErasedPerson(canonical, now)
        return {**rows, **self._elsewhere.erase(person, self._storage.purge_deleted, has_time)}

    def _tombstones_of(self, repositories: Repositories, canonical: str) -> set[str]:
        """Those of the person, of whatever their customers are called, of their requests."""
        customers = self._customers(repositories, canonical)
        names = {*self._names(repositories, customers), *self._pseudonyms.of_email(canonical)}
        made = [
            self._tombstones.of_person(canonical),
            *map(self._tombstones.of_customer, names),
            *(
                self._tombstones.of_request(each.scope, each.key)
                for each in repositories.people.get_answered_requests(canonical)
            ),
        ]
        return {each for several in made for each in several[:1]}

    def _names(
        self, repositories: Repositories, customers: Collection[CustomerId]
    ) -> set[CustomerId]:
        aliases = repositories.customers.get_aliases(customers)
        return {*customers, *(each for several in aliases.values() for each in several)}

    def _customers(self, repositories: Repositories, canonical: str) -> list[CustomerId]:
        """Ids of everybody who is this person: by e-mail, by its pseudonyms, by itself as an id."""
        customers = repositories.customers
        known = customers.find_known(self._pseudonyms.of_email(canonical), [canonical])
        accounts = (*known.accounts.values(), *known.owners.get(canonical, ()))
        found = {each.customer_id for each in accounts}
        found.update(customers.find_personal_ids(email=canonical))
        found.update(each.source for each in customers.find_left_over() if each.target in found)
        return sorted(found)

    def _recipients(self, canonical: str) -> tuple[str, ...]:
        """What the person's mailbox is called where mails are counted."""
        return self._tombstones.of_mailbox(mailbox_of(canonical))


def _subjects(person: PersonRecord) -> set[str]:
    """What messages about the person are about."""
    subjects: set[str] = {each.submission_id for each in person.submissions}
    return subjects if person.lead is None else subjects | {person.lead.lead_id}


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
