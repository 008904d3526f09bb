"""A company on one storage, whose customers ask to be told and forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from itertools import count

from succotash.application.batches import BatchReport
from succotash.application.intake.form_handler import FormHandler
from succotash.application.people.people_handler import PeopleHandler
from succotash.application.people.views import ErasureReport, PersonExport
from succotash.application.retention.retention_handler import RetentionHandler
from succotash.application.value.ltv_handler import LTVHandler
from succotash.domain.forms.forms import DEFAULT_FORM
from succotash.domain.intake.queued_submissions import QueuedSubmission
from succotash.domain.people.erasures import Tombstones
from succotash.domain.people.identities import Pseudonyms
from succotash.domain.repositories.storage import Storage
from succotash.domain.value.ledgers import Order
from succotash.domain.values import CustomerId, FormId, Json, SubmissionId
from succotash.http.orders import OrderItem
from tests.builders import NOON, USD, an_event

ADA = "ada@example.com"
KEYS = ("a key that is long enough",)


@dataclass
class Company:
    """Everything that may hold something about a person, with a clock that the test sets."""

    storage: Storage
    keys: Sequence[str] = KEYS
    now: datetime = NOON
    ids: "count[int]" = field(default_factory=count)

    @property
    def tombstones(self) -> Tombstones:
        return Tombstones(lambda: self.keys)

    @property
    def pseudonyms(self) -> Pseudonyms:
        return Pseudonyms(lambda: self.keys)

    @property
    def forms(self) -> FormHandler:
        return FormHandler(
            self.storage,
            lambda: self.now,
            lambda: f"id-{next(self.ids):04}",
            tombstones=self.tombstones,
        )

    def submit(self, key: str | None = None, **answers: Json) -> str:
        receipt = self.forms.submit_form({"email": ADA} | answers, key=key)
        return receipt["submission_id"]

    def parked(self, sent_at: datetime) -> QueuedSubmission:
        return QueuedSubmission(
            SubmissionId("parked"), FormId(DEFAULT_FORM), sent_at, {"email": " ADA@example.com"}
        )

    def order(
        self,
        order_id: str,
        at: datetime,
        email: str | None = ADA,
        *,
        customer_id: str = "customer",
        amount: str = "10",
        refund_of: str | None = None,
    ) -> BatchReport:
        orders = LTVHandler(self.storage, lambda: self.now, USD, self.tombstones)
        item = OrderItem(
            customer_id=customer_id,
            order_id=order_id,
            ordered_at=at,
            amount=Decimal(amount),
            refund_of=refund_of,
            email=email,
        )
        return orders.record_orders([item.order("USD", self.pseudonyms.name)])

    def orders_of(self, customer_id: str) -> list[Order]:
        return self.storage.repositories.ltv.get_orders(CustomerId(customer_id))

    def purchases(self) -> int:
        histories = self.storage.repositories.ltv.purchase_histories(self.now, "UTC")
        return sum(histories.orders)

    def visit(self, event_id: str, at: datetime, *, customer_id: str = "customer") -> BatchReport:
        retention = RetentionHandler(
            self.storage, lambda: self.now, lambda: "id", USD, self.tombstones
        )
        name = self.pseudonyms.name(customer_id)
        event = an_event(event_id, customer_id=name.customer_id, occurred_at=at)
        return retention.record_activity(
            [replace(event, canonical_email=name.canonical_email, former_ids=name.former_ids)]
        )

    @property
    def people(self) -> PeopleHandler:
        return PeopleHandler(self.storage, lambda: self.now, self.tombstones, self.pseudonyms)

    def erase(self, email: str = ADA) -> ErasureReport:
        return self.people.erase_person(email)

    def export(self, email: str = ADA) -> PersonExport:
        return self.people.export_person(email)

    def is_unknown(self) -> bool:
        found = self.export()
        return found["lead"] is None and not (
            found["submissions"] or found["idempotent_answers"] or found["outbox_messages"]
        )
