"""What every PeopleRepository does, and a person's rights on every storage."""

import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import override

import pytest

from local.objects import LocalObjectStore
from succotash.application.batches import BatchReport
from succotash.application.intake.form_handler import FormHandler
from succotash.application.people.erased_elsewhere import ALWAYS_KEPT, ON_DISK, Elsewhere
from succotash.application.people.people_handler import PeopleHandler
from succotash.application.people.views import ErasureReport, PersonExport
from succotash.application.retention.retention_handler import RetentionHandler
from succotash.application.value.ltv_handler import LTVHandler
from succotash.application.value.order_import import BulkImport
from succotash.domain.forms.forms import DEFAULT_FORM, LeadQuery
from succotash.domain.intake.parking import QueuedSubmission
from succotash.domain.people.erasures import ErasedError, ErasedPerson, Tombstones
from succotash.domain.people.identities import Pseudonyms
from succotash.domain.repositories.erasable import Erasable, Forgotten
from succotash.domain.repositories.people import PeopleRepository
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.value.ledgers import Order
from succotash.domain.values import CustomerId, FormId, Json, SubmissionId
from succotash.errors import NotFoundError, StorageError, StorageUnavailableError
from succotash.http.order_files import OrderFiles
from succotash.http.orders import OrderItem
from tests.builders import NOON, USD, an_event, an_order, days, minutes, name_customer

ADA = "ada@example.com"
KEYS = ("a key that is long enough",)


@pytest.fixture
def people(repositories: Repositories) -> PeopleRepository:
    return repositories.people


class TestTombstones:
    def test_those_that_are_kept_are_found_and_since_when(self, people: PeopleRepository) -> None:
        people.bury(["a", "b"], NOON)
        assert people.find_erased(["b", "c"]) == {"b": NOON}
        assert people.find_erased([]) == {}

    def test_the_later_instant_counts(self, people: PeopleRepository) -> None:
        for moment in (NOON, NOON + minutes(1), NOON - minutes(1)):
            people.bury(["aa"], moment)
        assert people.find_erased(["aa"]) == {"aa": NOON + minutes(1)}

    def test_who_buries_waits_for_those_who_asked(self, shared_storage: Storage) -> None:
        asked, buried = threading.Event(), threading.Event()

        def erase() -> None:
            asked.wait(5)
            shared_storage.repositories.people.bury(["0a1b2c3d"], NOON)
            buried.set()

        with ThreadPoolExecutor(1) as pool:
            erasing = pool.submit(erase)
            with shared_storage.transaction() as repositories:
                assert repositories.people.find_erased(["0a1b2c3d"]) == {}
                asked.set()
                assert not buried.wait(0.3)
            erasing.result(5)
        assert shared_storage.repositories.people.find_erased(["0a1b2c3d"]) == {"0a1b2c3d": NOON}


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


@pytest.fixture
def company(storage: Storage) -> Company:
    return Company(storage)


class TestExport:
    def test_everything_held_is_there(self, company: Company) -> None:
        company.submit(key="k1", message="hello")
        company.submit(message="hello")
        company.submit(message="again", _gotcha="a robot")
        company.order("o1", NOON - days(1))
        company.visit("e1", NOON - days(1))
        found = company.export("ADA@Example.com ")
        assert found["lead"] is not None
        assert found["lead"]["score"] is not None
        assert [each["status"] for each in found["status_changes"]] == ["new"]
        assert sorted(each["state"] for each in found["submissions"]) == [
            "accepted", "duplicate", "quarantined",
        ]  # fmt: skip
        [answer] = found["idempotent_answers"]
        assert answer["key"] == "k1"
        assert answer["answer"] is not None
        assert sorted(each["kind"] for each in found["outbox_messages"]) == [
            "lead.created", "submission.accepted", "submission.duplicate",
            "submission.quarantined",
        ]  # fmt: skip
        [customer] = found["customers"]
        assert [each["order_id"] for each in customer["orders"]] == ["o1"]
        assert [each["event_id"] for each in customer["activity"]] == ["e1"]
        assert found["erased_at"] is None


class TestErasure:
    def test_everything_goes_and_the_report_says_what(self, company: Company) -> None:
        company.submit(key="k1")
        company.submit(message="a", _gotcha="a robot")
        company.submit(email="bob@example.com")
        company.order("o1", NOON - days(1))
        company.visit("e1", NOON - days(1))
        report = company.erase("Ada@example.com")
        assert report["erased_rows"] == {
            "outbox": 3,
            "mail_recipients": 0,
            "form_submissions": 2,
            "idempotency_keys": 1,
            "leads": 1,
            "lead_scores": 1,
            "lead_status_changes": 1,
            "activity_events": 1,
            "churn_predictions": 0,
            "user_engagement_profiles": 0,
            "customers": 1,
            "customer_aliases": 0,
        }
        assert report["anonymised_orders"] == 1
        assert report["customers_unlinked"] == ["customer"]
        assert report["erased_at"] == NOON
        assert company.is_unknown()
        assert company.export()["erased_at"] == NOON
        assert company.export()["customers"] == []
        assert company.orders_of("customer") == []
        assert company.purchases() == 1
        assert company.export("bob@example.com")["lead"] is not None
        assert set(company.erase()["erased_rows"].values()) == {0}

    def test_a_parked_submission_from_before_is_not_kept(self, company: Company) -> None:
        company.now += minutes(5)
        company.erase()
        for sent_at in (NOON, NOON + minutes(5)):
            with pytest.raises(ErasedError):
                company.forms.take_queued(company.parked(sent_at))
            assert company.is_unknown()
        company.forms.take_queued(company.parked(NOON + minutes(6)))
        assert company.export()["lead"] is not None

    def test_a_repetition_of_an_erased_request_is_refused_for_as_long_as_keys_live(
        self, company: Company
    ) -> None:
        company.submit(key="k1", message="hello")
        company.now += minutes(1)
        company.erase()
        company.now += minutes(1)
        with pytest.raises(ErasedError):
            company.submit(key="k1", message="hello")
        assert company.is_unknown()
        company.now += days(2)
        company.submit(key="k1", message="hello")
        assert company.export()["lead"] is not None

    def test_what_the_person_sends_later_is_taken(self, company: Company) -> None:
        company.submit()
        company.erase()
        company.now += minutes(1)
        company.submit(key="new")
        lead = company.export()["lead"]
        assert lead is not None
        assert lead["submission_count"] == 1

    def test_an_order_from_before_stays_in_the_sums_without_its_person(
        self, company: Company
    ) -> None:
        company.order("o1", NOON - days(1))
        company.erase()
        for email in (ADA, None):
            for order_id, moment in (("o1", NOON - days(1)), ("o0", NOON - days(2))):
                again = company.order(order_id, moment, email)
                assert (again["erased"], again["recorded"]) == (1, 0)
                assert [each["status"] for each in again["results"]] == ["erased"]
        assert company.order("o1", NOON - days(1), customer_id="unheard of")["erased"] == 1
        assert company.export()["customers"] == []
        assert company.purchases() == 1
        company.now += days(1)
        company.order("o2", company.now)
        [customer] = company.export()["customers"]
        assert customer["customer_id"] == "customer"
        assert [each["order_id"] for each in customer["orders"]] == ["o2"]

    @pytest.mark.parametrize("customer_id", [ADA, "Ada@Example.com", " ada@example.com"])
    def test_one_whose_id_is_the_address_is_erased_too(
        self, company: Company, customer_id: str
    ) -> None:
        company.order("o1", NOON - days(1), None, customer_id=customer_id)
        company.visit("e1", NOON - days(1), customer_id=customer_id)
        [customer] = company.export()["customers"]
        assert ADA not in customer["customer_id"]
        assert [each["event_id"] for each in customer["activity"]] == ["e1"]
        assert company.erase()["anonymised_orders"] == 1
        assert company.export()["customers"] == []
        assert company.order("o1", NOON - days(1), None, customer_id=customer_id)["erased"] == 1
        assert company.visit("e1", NOON - days(1), customer_id=customer_id)["erased"] == 1
        company.now += days(1)
        assert company.order("o2", company.now, None, customer_id=customer_id)["recorded"] == 1
        assert company.purchases() == 2

    def test_one_whose_id_was_the_address_in_an_earlier_release_is_erased_too(
        self, company: Company
    ) -> None:
        ltv = company.storage.repositories.ltv
        ltv.record_orders([an_order(customer_id="Ada@example.com")])
        assert company.erase()["customers_unlinked"] == ["Ada@example.com"]
        assert company.orders_of("Ada@example.com") == []
        assert company.purchases() == 1

    def test_refunds_still_name_their_orders(self, company: Company) -> None:
        company.order("o1", NOON - days(2))
        company.order("r1", NOON - days(1), amount="-3", refund_of="o1")
        company.erase()
        histories = company.storage.repositories.ltv.purchase_histories(NOON, "UTC")
        assert histories.revenue.tolist() == [70_000]
        [customer_id] = histories.days.customer_ids
        assert customer_id.startswith("anonymous_")
        orders = company.storage.repositories.ltv.get_orders(CustomerId(customer_id))
        assert not {"o1", "r1"} & {each.order_id for each in orders}

    def test_a_file_of_orders_from_before_names_nobody_either(
        self, company: Company, tmp_path: Path
    ) -> None:
        company.erase()
        file = tmp_path / "orders.ndjson"
        lines = [
            {
                "customer_id": f"c{place}",
                "order_id": "1",
                "ordered_at": at,
                "amount": "1",
                "currency": "USD",
                "email": email,
            }
            for place, (at, email) in enumerate(
                (
                    ("2024-05-06T12:00:00Z", ADA),
                    ("2024-05-06T12:00:01Z", ADA),
                    ("2024-05-06T12:00:00Z", "bob@example.com"),
                )
            )
        ]
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        company.now += days(1)
        imports = BulkImport(
            company.storage,
            LocalObjectStore(),
            OrderFiles(USD, name_customer),
            lambda: company.now,
            USD,
            company.tombstones,
        )
        report = imports.run(str(file))
        assert (report["recorded"], report["erased"]) == (2, 1)
        ltv = company.storage.repositories.ltv
        with pytest.raises(NotFoundError):
            ltv.get_customer(CustomerId("c0"))
        emails = [ltv.get_customer(CustomerId(each)).canonical_email for each in ("c1", "c2")]
        assert emails == [ADA, "bob@example.com"]

    def test_activity_from_before_does_not_come_back(self, company: Company) -> None:
        company.order("o1", NOON - days(1))
        company.visit("e1", NOON - days(1))
        company.erase()
        for event_id in ("e1", "e0"):
            assert company.visit(event_id, NOON - days(1))["erased"] == 1
        company.now += days(1)
        assert company.visit("e2", company.now)["recorded"] == 1
        events = company.storage.repositories.retention.get_activity(
            CustomerId("customer"), limit=9
        )
        assert [each.event_id for each in events] == ["e2"]

    def test_a_tombstone_is_known_under_a_new_key_while_the_old_one_is_there(
        self, company: Company
    ) -> None:
        company.erase()
        company.keys = ("another key of some length", *KEYS)
        with pytest.raises(ErasedError):
            company.forms.take_queued(company.parked(NOON - minutes(1)))
        assert company.is_unknown()

    def test_nothing_of_the_address_stands_in_a_tombstone(self) -> None:
        tombstones = Tombstones(lambda: KEYS)
        made = tombstones.of_person(ADA)
        assert made != Tombstones(lambda: ("another key of some length",)).of_person(ADA)
        assert made != tombstones.of_customer(ADA)
        assert "ada" not in made[0]
        assert KEYS[0] not in repr(tombstones)


class Place(Erasable):
    """A place beside the storage that holds messages about a person, or does not answer."""

    def __init__(self, messages: int = 0, failure: Exception | None = None) -> None:
        self.messages = messages
        self.failure = failure

    @override
    def forget(self, person: ErasedPerson, has_time: Callable[[], bool]) -> Forgotten:
        if self.failure is not None:
            raise self.failure
        assert person == ErasedPerson(ADA, NOON)
        removed = 0
        while self.messages:
            if not has_time():
                return Forgotten(removed, is_complete=False)
            self.messages -= 1
            removed += 1
        return Forgotten(removed)


class TestElsewhere:
    def erase(
        self, storage: Storage, has_time: Callable[[], bool] = lambda: True, **places: Place
    ) -> ErasureReport:
        people = PeopleHandler(storage, lambda: NOON, elsewhere=Elsewhere(places))
        return people.erase_person(" ADA@example.com", has_time)

    def test_every_place_is_gone_through_and_the_report_says_what_is_kept(
        self, storage: Storage, adapter: str
    ) -> None:
        report = self.erase(storage, queue=Place(3), files=Place(0))
        assert report["erased_elsewhere"] == {"queue": 3, "files": 0}
        assert report["unfinished"] == []
        assert (ON_DISK in report["kept"]) is (adapter == "postgres")
        assert len(report["kept"]) >= len(ALWAYS_KEPT)

    @pytest.mark.parametrize(
        "failure", [StorageUnavailableError("away"), StorageError("no"), NotFoundError("bucket")]
    )
    def test_a_place_that_does_not_answer_is_named_and_holds_up_nothing(
        self, storage: Storage, failure: Exception
    ) -> None:
        Company(storage).submit()
        report = self.erase(storage, queue=Place(failure=failure), files=Place(1))
        assert report["erased_rows"]["leads"] == 1
        assert report["erased_elsewhere"] == {"files": 1}
        assert report["unfinished"] == [{"place": "queue", "why": "It did not answer."}]

    def test_once_more_goes_on_where_time_ended(self, storage: Storage) -> None:
        place, turns = Place(3), iter((True, True, False))
        report = self.erase(storage, lambda: next(turns), queue=place)
        assert report["erased_elsewhere"] == {"queue": 2}
        assert report["unfinished"] == [{"place": "queue", "why": "Time ended before it did."}]
        report = self.erase(storage, queue=place)
        assert (report["erased_elsewhere"], report["unfinished"]) == ({"queue": 1}, [])


class TestSetAside:
    """What cannot be taken is kept for those who look into it, but for what was erased since."""

    def test_what_is_older_than_the_erasure_of_its_person_is_not_kept(
        self, company: Company
    ) -> None:
        kept: list[str] = []
        other = replace(company.parked(NOON), fields={"email": "bob@example.com"})
        company.erase()
        for parked, is_kept in (
            (company.parked(NOON), False),
            (company.parked(NOON + minutes(1)), True),
            (other, True),
            (replace(other, fields={"message": "no address"}), True),
            (replace(other, fields={"a": "bob@example.com", "b": ADA}), False),
        ):
            before = len(kept)
            assert company.forms.unless_erased(parked, lambda: kept.append("it")) is is_kept
            assert len(kept) - before == is_kept

    def test_who_erases_waits_until_it_is_there_to_be_found(self, shared_storage: Storage) -> None:
        company = Company(shared_storage)
        asked, erased = threading.Event(), threading.Event()

        def erase() -> None:
            asked.wait(5)
            company.erase()
            erased.set()

        def keep() -> None:
            asked.set()
            assert not erased.wait(0.3)

        with ThreadPoolExecutor(1) as pool:
            erasing = pool.submit(erase)
            assert company.forms.unless_erased(company.parked(NOON), keep)
            erasing.result(5)
        assert erased.is_set()


class TestConcurrency:
    @pytest.mark.parametrize("threads", [8])
    def test_submissions_under_way_are_erased_or_refused(
        self, shared_storage: Storage, threads: int
    ) -> None:
        """Sixteen submissions of one person, of one instant, while that person is erased thrice."""
        company = Company(shared_storage)
        start = threading.Barrier(threads + 1)
        refused = []

        def submit(number: int) -> None:
            start.wait(5)
            for each in range(2):
                try:
                    company.submit(message=f"{number} {each}", key=f"{number} {each}")
                except ErasedError:
                    refused.append(number)

        def erase() -> None:
            start.wait(5)
            for _ in range(3):
                company.erase()

        with ThreadPoolExecutor(threads + 1) as pool:
            running = [pool.submit(submit, number) for number in range(threads)]
            running.append(pool.submit(erase))
            for each in running:
                each.result(30)
        # All were sent at the instant of the erasure, so none of them may be left.
        assert company.is_unknown()
        assert shared_storage.repositories.forms.find_leads(LeadQuery()) == []
        company.now += minutes(1)
        company.submit()
        assert company.export()["lead"] is not None

    def test_orders_under_way_name_nobody_afterwards(self, shared_storage: Storage) -> None:
        company = Company(shared_storage)
        start = threading.Barrier(5)
        reports: list[BatchReport] = []

        def order(number: int) -> None:
            start.wait(5)
            reports.extend(company.order(f"{number}-{each}", NOON) for each in range(5))

        def erase() -> None:
            start.wait(5)
            company.erase()

        with ThreadPoolExecutor(5) as pool:
            running = [pool.submit(order, number) for number in range(4)]
            running.append(pool.submit(erase))
            for each in running:
                each.result(30)
        assert company.export()["customers"] == []
        assert company.orders_of("customer") == []
        assert company.purchases() == sum(report["recorded"] for report in reports)

    def test_an_erasure_that_fails_leaves_no_tombstone(self, storage: Storage) -> None:
        company = Company(storage)
        company.submit()

        def work(repositories: Repositories) -> None:
            repositories.people.bury(company.tombstones.of_person(ADA), NOON)
            repositories.forms.erase_person(ADA)
            raise NotFoundError("luck")

        with pytest.raises(NotFoundError):
            storage.in_transaction(work)
        found = company.export()
        assert found["lead"] is not None
        assert found["erased_at"] is None


def test_without_keys_nobody_counts_as_erased(storage: Storage) -> None:
    company = replace(Company(storage), keys=())
    company.erase()
    company.submit()
    assert company.export()["lead"] is not None
