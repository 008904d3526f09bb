"""Orders of shops' files by columns, and what their buyers said: all three storages."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from succotash.application.shops.marketing import consents_of, usual_consents_of
from succotash.domain.consents.consents import ConsentState
from succotash.domain.people.erasures import NO_TOMBSTONES
from succotash.domain.repositories.storage import Storage
from succotash.domain.shops.orders import ShopOrder
from succotash.domain.value.ledgers import RecordOutcome
from succotash.domain.values import CustomerId
from tests.builders import NOON, PSEUDONYMS, a_lead, an_order, days
from tests.builders.shops import a_shop_order, columns_of, money

ADA = PSEUDONYMS.name("ada@example.com").customer_id
ORDER = a_shop_order()
OTHER = a_shop_order("556", "#1002", email="bo@example.com")
RECORDED, UNCHANGED = RecordOutcome.RECORDED, RecordOutcome.UNCHANGED


def enter(storage: Storage, *orders: ShopOrder) -> Sequence[RecordOutcome | None]:
    return storage.repositories.ltv.enter_shop_orders(columns_of(orders))


def test_new_orders_enter_the_ledger_and_their_customers_become_known(storage: Storage) -> None:
    assert enter(storage, ORDER, OTHER) == [RECORDED, RECORDED]
    ltv = storage.repositories.ltv
    [entry] = ltv.get_orders(ADA)
    assert entry == an_order(
        "shopify:#1001",
        customer_id=ADA,
        ordered_at=ORDER.ordered_at,
        amount=ORDER.total.amount,
    )
    assert ltv.get_customer(ADA).first_seen_at == ORDER.ordered_at
    assert ltv.get_customer(ADA).canonical_email == "ada@example.com"


def test_an_order_that_is_known_just_so_is_unchanged(storage: Storage) -> None:
    enter(storage, ORDER)
    assert enter(storage, ORDER, OTHER) == [UNCHANGED, RECORDED]
    assert len(storage.repositories.ltv.get_orders(ADA)) == 1


@pytest.mark.parametrize(
    "told",
    [
        replace(ORDER, total=money("50")),
        replace(ORDER, told_at=NOON + days(1)),
        replace(ORDER, ordered_at=NOON),
        replace(ORDER, number="557"),
        replace(ORDER, number=None),
        replace(ORDER, name="#1003"),
        replace(ORDER, email="bo@example.com"),
    ],
)
def test_an_order_that_is_known_otherwise_is_left_alone(storage: Storage, told: ShopOrder) -> None:
    enter(storage, ORDER)
    assert enter(storage, told) == [None]
    assert len(storage.repositories.ltv.get_orders(ADA)) == 1


def test_nothing_is_done_where_the_customer_is_in_doubt(storage: Storage) -> None:
    ltv, customers = storage.repositories.ltv, storage.repositories.customers
    own = CustomerId("shop-17")
    ltv.record_orders([an_order(customer_id=own, email="ada@example.com")])
    assert enter(storage, ORDER, OTHER) == [None, RECORDED]  # another has the e-mail
    customers.save_aliases({PSEUDONYMS.name("cy@example.com").customer_id: own})
    assert enter(storage, a_shop_order("3", "#3", email="cy@example.com")) == [None]
    dan = PSEUDONYMS.name("dan@example.com").customer_id
    ltv.record_orders([an_order(customer_id=dan)])
    assert enter(storage, a_shop_order("4", "#4", email="dan@example.com")) == [None]
    assert not ltv.get_orders(ADA)


def test_a_customer_is_tied_to_the_lead_and_seen_since_the_first_order(storage: Storage) -> None:
    enter(storage, ORDER)
    lead = a_lead(email="ada@example.com")
    storage.repositories.forms.save_lead(lead)
    earlier = ORDER.ordered_at - timedelta(days=3)
    enter(storage, a_shop_order("2", "#2", ordered_at=earlier))
    customer = storage.repositories.ltv.get_customer(ADA)
    assert (customer.lead_id, customer.first_seen_at) == (lead.lead_id, earlier)


def test_an_empty_batch_is_nothing(storage: Storage) -> None:
    assert enter(storage) == []
    nothing = usual_consents_of(columns_of([]), NOON, NO_TOMBSTONES)
    assert storage.repositories.consents.import_consents(nothing) == 0


def said(at: datetime, number: str, *, accepts: bool | None) -> ShopOrder:
    return a_shop_order(number, f"#{number}", ordered_at=at, accepts_marketing=accepts)


def test_of_what_a_buyer_said_the_latest_is_kept_once(storage: Storage) -> None:
    consents = storage.repositories.consents
    orders = [
        said(NOON, "1", accepts=True),
        said(NOON + days(1), "2", accepts=False),
        said(NOON - days(1), "3", accepts=True),
        said(NOON + days(2), "4", accepts=None),
        replace(OTHER, accepts_marketing=True),
    ]
    told = usual_consents_of(columns_of(orders), NOON + days(3), NO_TOMBSTONES)
    assert consents.import_consents(told) == 2
    assert consents.import_consents(told) == 0
    [kept] = consents.get_consents("ada@example.com")
    assert (kept.state, kept.occurred_at) == (ConsentState.DENIED, NOON + days(1))
    assert (kept.source_id, kept.recorded_at) == ("shopify:#2", NOON + days(3))
    [current] = consents.get_current_consents("ada@example.com")
    assert current.state is ConsentState.DENIED
    [other] = consents.get_current_consents("bo@example.com")
    assert other.state is ConsentState.GRANTED


def test_an_older_import_does_not_override_a_newer_one(storage: Storage) -> None:
    consents = storage.repositories.consents
    for order in (said(NOON, "1", accepts=False), said(NOON - days(1), "2", accepts=True)):
        consents.import_consents(usual_consents_of(columns_of([order]), NOON, NO_TOMBSTONES))
    assert len(consents.get_consents("ada@example.com")) == 2
    [current] = consents.get_current_consents("ada@example.com")
    assert (current.state, current.occurred_at) == (ConsentState.DENIED, NOON)


def test_consents_of_columns_are_those_of_the_orders(storage: Storage) -> None:
    orders = [said(NOON, "1", accepts=True), replace(OTHER, accepts_marketing=False)]
    columns = usual_consents_of(columns_of(orders), NOON, NO_TOMBSTONES)
    assert [*columns.consents()] == consents_of(orders, NOON, NO_TOMBSTONES)
    storage.repositories.consents.import_consents(columns)
    again = consents_of(orders, NOON, NO_TOMBSTONES)
    assert storage.repositories.consents.record_consents(again) == 0
