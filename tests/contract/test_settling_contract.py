"""Settling who went by several ids, and recording meanwhile, on every storage."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import pytest

from succotash.application.identities import import_about_customers, record_about_customers
from succotash.application.people.settling import CustomerSettling
from succotash.domain.people.erasures import Tombstones
from succotash.domain.people.identities import Pseudonyms
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.value.ledgers import Customer, Order, RecordOutcome
from succotash.domain.value.orders import order_contents, order_identity
from succotash.domain.values import CustomerId
from succotash.errors import NotFoundError
from tests.builders import (
    NOON,
    PSEUDONYMS,
    an_event,
    an_order,
    days,
    order_columns,
)

ADA = "ada@example.com"
A, B, C = map(CustomerId, "abc")

TOMBSTONES = Tombstones(lambda: ("a key of these tests",))


def record(
    storage: Storage,
    orders: Sequence[Order],
    before: Callable[[], object] = lambda: None,
) -> None:
    """As they are taken; `before` is done when it is known whom they are about."""

    def work(repositories: Repositories) -> None:
        def record_orders(taken: Sequence[Order]) -> list[RecordOutcome]:
            before()
            return repositories.ltv.record_orders(taken)

        record_about_customers(
            repositories,
            TOMBSTONES,
            orders,
            identity=order_identity,
            contents=order_contents,
            at=lambda order: order.ordered_at,
            record=record_orders,
        )

    storage.in_transaction(work)


class TestSettling:
    def settle(self, storage: Storage, pseudonyms: Pseudonyms = PSEUDONYMS) -> int:
        return CustomerSettling(storage, pseudonyms).settle()

    def test_who_went_by_an_address_or_number_goes_by_a_pseudonym(self, storage: Storage) -> None:
        repositories = storage.repositories
        number = "+49 30 901820"
        ids = ["Ada@example.com", ADA, number, "+no number", "c"]
        repositories.ltv.record_orders(
            [an_order(f"o{place}", customer_id=each) for place, each in enumerate(ids)]
        )
        assert self.settle(storage) == 3
        ada, phone = PSEUDONYMS.name(ADA).customer_id, PSEUDONYMS.name(number).customer_id
        assert repositories.ltv.purchase_histories(NOON, "UTC").days.customer_ids == sorted(
            [ada, phone, "+no number", "c"]
        )
        assert repositories.ltv.get_customer(ada) == Customer(ada, NOON, ADA)
        assert repositories.ltv.get_customer(phone) == Customer(phone, NOON)
        assert len(repositories.ltv.get_orders(ada)) == 2
        assert self.settle(storage) == 0

    def test_orders_with_one_id_under_several_spellings_all_stay(self, storage: Storage) -> None:
        ltv, retention = storage.repositories.ltv, storage.repositories.retention
        for place, customer_id in enumerate(
            ("ada@example.com", "Ada@example.com", "ADA@example.com")
        ):
            amount = str(10 + place)
            order = an_order("1", customer_id=customer_id, amount=amount)
            back = an_order("2", customer_id=customer_id, amount=f"-{amount}", refund_of="1")
            ltv.record_orders([order, back])
            retention.record_activity([an_event("1", customer_id=customer_id, name=amount)])
        assert self.settle(storage) == 3
        [customer] = ltv.get_customers_by_email(ADA)
        orders = {each.order_id: each for each in ltv.get_orders(customer.customer_id)}
        assert sorted(each.amount.amount for each in orders.values()) == [-12, -11, -10, 10, 11, 12]
        assert all(
            orders[each.refund_of].amount.amount == -each.amount.amount
            for each in orders.values()
            if each.refund_of is not None
        )
        events = retention.get_activity(customer.customer_id)
        assert sorted(each.name or "" for each in events) == ["10", "11", "12"]
        assert not any("@" in each for each in orders)

    def test_the_address_as_id_goes_to_who_has_it(self, storage: Storage) -> None:
        ltv = storage.repositories.ltv
        ltv.record_orders([an_order("o1", customer_id="a", email=ADA)])
        ltv.record_orders([an_order("o2", customer_id=ADA, email=ADA)])
        assert self.settle(storage) == 1
        assert len(ltv.get_orders(A)) == 2
        pseudonym = PSEUDONYMS.name(ADA).customer_id
        assert storage.repositories.customers.get_aliases([A]) == {A: [pseudonym]}

    def test_those_who_share_an_email_become_one(self, storage: Storage) -> None:
        ltv = storage.repositories.ltv
        for place, customer_id in enumerate(("a", "b", "c", PSEUDONYMS.name(ADA).customer_id)):
            moment = NOON - days(4 - place if place != 1 else 9)
            order = an_order(f"o{place}", customer_id=customer_id, email=ADA, ordered_at=moment)
            ltv.record_orders([order])
        assert self.settle(storage) == 3
        assert ltv.get_customers_by_email(ADA) == [Customer(B, NOON - days(9), ADA)]
        assert len(ltv.get_orders(A)) == len(ltv.get_orders(B)) == 4

    def test_what_came_under_an_id_that_became_an_alias_follows_it(self, storage: Storage) -> None:
        ltv = storage.repositories.ltv
        ltv.record_orders([an_order("o1", customer_id="a")])
        storage.repositories.customers.save_aliases({B: A})
        ltv.record_orders([an_order("o2", customer_id="b")])
        assert self.settle(storage) == 1
        assert len(ltv.get_orders(A)) == 2
        assert self.settle(storage) == 0

    def test_two_who_are_aliases_of_each_other_become_one(self, storage: Storage) -> None:
        ltv = storage.repositories.ltv
        ltv.record_orders([an_order("o1", customer_id="a"), an_order("o2", customer_id="b")])
        storage.repositories.customers.save_aliases({A: B, B: A})
        assert self.settle(storage) == 1
        assert ltv.purchase_histories(NOON, "UTC").days.customer_ids == [A]
        assert len(ltv.get_orders(A)) == len(ltv.get_orders(B)) == 2
        assert storage.repositories.customers.get_aliases([A, B]) == {A: [B]}

    def test_aliases_of_aliases_become_one(self, storage: Storage) -> None:
        ltv = storage.repositories.ltv
        ids = ["a", "b", "c", "d"]
        ltv.record_orders([an_order(f"o{each}", customer_id=each) for each in ids])
        storage.repositories.customers.save_aliases({A: B, B: C, C: CustomerId("d")})
        assert self.settle(storage) == 3
        assert len(ltv.get_orders(CustomerId("d"))) == len(ltv.get_orders(A)) == 4

    def test_keys_that_rotate_lose_nobody(self, storage: Storage) -> None:
        ltv = storage.repositories.ltv
        number = "+49 30 901820"
        for customer_id in (ADA, number):
            name = PSEUDONYMS.name(customer_id)
            ltv.record_orders([an_order(customer_id=name.customer_id, email=name.canonical_email)])
        rotated = Pseudonyms(lambda: ("a new key of these tests", "a key of these tests"))
        for customer_id in (ADA, number):
            former, name = PSEUDONYMS.name(customer_id).customer_id, rotated.name(customer_id)
            assert name.former_ids == (former,)
        self.settle(storage, rotated)
        assert len(ltv.purchase_histories(NOON, "UTC").days.customer_ids) == 2

    def test_two_whom_two_keys_made_of_one_number_become_one(self, storage: Storage) -> None:
        """Functions take a new key up one after the other."""
        number = "+49 30 901820"
        rotated = Pseudonyms(lambda: ("a new key of these tests", "a key of these tests"))
        for place, pseudonyms in enumerate((rotated, PSEUDONYMS, rotated)):
            name = pseudonyms.name(number)
            order = an_order(f"o{place}", customer_id=name.customer_id)
            record(storage, [replace(order, former_ids=name.former_ids)])
        assert self.settle(storage, rotated) == 1
        [customer_id] = storage.repositories.ltv.purchase_histories(NOON, "UTC").days.customer_ids
        assert len(storage.repositories.ltv.get_orders(CustomerId(customer_id))) == 3

    def test_nobody_who_is_not_there_is_found(self, storage: Storage) -> None:
        assert self.settle(storage) == 0
        with pytest.raises(NotFoundError):
            storage.repositories.ltv.get_customer(A)


class TestRecording:
    @pytest.mark.parametrize("is_file", [False, True])
    def test_an_order_that_is_repeated_with_an_email_teaches_it(
        self, storage: Storage, *, is_file: bool
    ) -> None:
        """As it does when it is repeated in a batch of its own."""
        order = an_order(customer_id="a")
        batch = [order, replace(order, canonical_email=ADA)]
        if is_file:
            storage.in_transaction(
                lambda each: import_about_customers(each, TOMBSTONES, order_columns(batch))
            )
        else:
            record(storage, batch)
        assert storage.repositories.ltv.get_customer(A).canonical_email == ADA

    def test_the_first_email_of_a_batch_stays(self, storage: Storage) -> None:
        bob = "bob@example.com"
        order = an_order("o1", customer_id="a")
        others = [an_order("o2", customer_id="a", email=bob), replace(order, canonical_email=ADA)]
        record(storage, [order, *others, an_order("o3", customer_id="b", email=bob)])
        assert storage.repositories.ltv.get_customer(B) == Customer(A, NOON, bob)


class TestBesideRecording:
    def test_what_is_recorded_under_an_alias_meanwhile_is_not_left_behind(
        self, shared_storage: Storage
    ) -> None:
        ltv, customers = shared_storage.repositories.ltv, shared_storage.repositories.customers
        ltv.record_orders([an_order("o1", customer_id="a"), an_order("o2", customer_id="b")])
        customers.save_aliases({B: A, C: B})
        settling = CustomerSettling(shared_storage, PSEUDONYMS)
        joined: list[Future[int]] = []
        with ThreadPoolExecutor(1) as beside:

            def begin_to_settle() -> None:
                joined.append(beside.submit(settling.settle))
                time.sleep(0.3)  # enough to join them, if nothing keeps it from that

            record(shared_storage, [an_order("o3", customer_id="c")], begin_to_settle)
            assert joined[0].result() == 1
        assert [each.order_id for each in ltv.get_orders(C)] == ["o1", "o2", "o3"]
        assert ltv.purchase_histories(NOON, "UTC").days.customer_ids == [A]
