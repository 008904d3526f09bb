"""What is exported of a person and what is left of one who was erased, on every storage."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from succotash.application.value.order_import import BulkImport
from succotash.domain.leads.leads import LeadQuery
from succotash.domain.people.erasures import ErasedError, Tombstones
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.values import CustomerId
from succotash.errors import NotFoundError
from succotash.http.order_files import OrderFiles
from succotash.infrastructure.files.objects import FolderObjectStore
from tests.builders import NOON, USD, an_order, days, minutes, name_customer
from tests.contract.company import ADA, KEYS, Company

if TYPE_CHECKING:
    from succotash.application.batches import BatchReport


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
            "campaign_members": 0,
            "consents": 0,
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

    def test_what_is_left_over_goes_however_much_there_is(self, company: Company) -> None:
        """Also what is left over of what is left over; and that of others stays."""
        repositories = company.storage.repositories
        others = [an_order(customer_id=f"{each:04}") for each in range(1001)]
        repositories.ltv.record_orders([*others, an_order(customer_id="other")])
        aliases = {each.customer_id: CustomerId("other") for each in others}
        repositories.customers.save_aliases(aliases)
        company.order("1", NOON, customer_id="a")
        company.order("2", NOON, None, customer_id="y")
        company.order("3", NOON, None, customer_id="z")
        a, y, z = map(CustomerId, "ayz")
        repositories.customers.save_aliases({y: a, z: y})
        report = company.people.erase_person(ADA)
        assert report["anonymised_orders"] == 3
        assert report["customers_unlinked"] == ["a", "y", "z"]
        assert repositories.customers.find_left_over(targets=[a, y, z]) == []
        assert len(repositories.customers.find_left_over(limit=2000)) == 1001

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
            FolderObjectStore(),
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
