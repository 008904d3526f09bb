"""A person's data, and the result of an erasure, as the API shows them."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypedDict

from succotash.application.consents.views import ConsentsView
from succotash.application.intake.views import SubmissionView
from succotash.application.leads.views import LeadView, StatusChangeView
from succotash.application.people.erased_elsewhere import ElsewhereView
from succotash.application.retention.views import ChurnRiskView, EngagementView
from succotash.application.value.views import CustomerValueView
from succotash.domain.values import Json


class OrderView(TypedDict):
    """An order, or money given back."""

    order_id: str
    ordered_at: datetime
    amount: str
    currency: str
    refund_of: str | None


class ActivityView(TypedDict):
    """An activity of the person."""

    event_id: str
    kind: str
    name: str | None
    occurred_at: datetime
    duration_seconds: float | None
    """The duration in seconds; None where that is not known."""
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
    """The value by the current scoring run, as churn_risk and engagement are."""
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


class MembershipView(TypedDict):
    """The person's place in a campaign."""

    campaign_id: str
    group: str
    """`treatment` for who is written to, `holdout` for who is not, to compare with."""
    state: str
    assigned_at: datetime
    message_id: str
    foreseen_value: str | None
    """Value that was still expected of the person then."""
    currency: str | None


class PersonExport(TypedDict):
    """Everything that the database holds about one person."""

    email: str
    lead: LeadView | None
    status_changes: list[StatusChangeView]
    submissions: list[SubmissionView]
    """The submissions, those in quarantine and repetitions included."""
    idempotent_answers: list[AnsweredRequestView]
    outbox_messages: list[MessageView]
    campaigns: list[MembershipView]
    mails_sent_at: list[datetime]
    """When forms sent mails to the person's mailbox, of the last day: by these they are limited."""
    consents: ConsentsView
    """The consents of the person, and whether the address is suppressed."""
    customers: list[CustomerRecord]
    erased_at: datetime | None
    """When data held earlier was erased, where that was asked for."""


class ErasedRows(TypedDict):
    """Rows that an erasure deleted or changed in the storage."""

    erased_rows: dict[str, int]
    """Rows deleted, by table."""
    customers_unlinked: list[str]
    """The ids by which the person's customers were known. Their orders stay in the sums, under ids
    made at random, of customers that nothing leads to."""
    anonymised_orders: int
    """The number of those orders and refunds."""
    erased_at: datetime
    """Whatever is older and comes again is not taken: a tombstone, which only this deployment's
    key can read, says so. What the person sends later is."""


class ErasureReport(ErasedRows, ElsewhereView):
    """The result of an erasure, and what it left."""
