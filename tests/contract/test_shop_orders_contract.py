"""One ledger, whichever way a shop's orders are told: all three storages."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.application.shops.files.usual_recording import (
    enter_usual_orders,
    record_usual_consents,
)
from succotash.application.shops.marketing import usual_consents_of
from succotash.application.shops.recording import import_shop_orders, record_shop_orders
from succotash.domain.consents.consents import ConsentState
from succotash.domain.people.erasures import NO_TOMBSTONES
from succotash.domain.people.identities import CustomerName
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.shops.orders import ShopDeletion, ShopOrder, Skip, Told, key_of
from succotash.domain.shops.recording import ShopOrderQuery
from succotash.domain.value.ledgers import Order, RecordOutcome
from succotash.domain.values import CustomerId
from tests.builders import NOON, PSEUDONYMS, USD, a_lead, an_order, days, name_customer
from tests.builders.shops import (
    a_shop_order,
    a_shop_refund,
    a_total,
    columns_of,
    is_usual,
    money,
)
from tests.contract.conftest import NewStorage
from tests.strategies import MODEST

ADA = PSEUDONYMS.name("ada@example.com").customer_id
BO = PSEUDONYMS.name("bo@example.com").customer_id
LATER = NOON + timedelta(hours=1)
FILE = a_shop_order(refunded=a_total("15", told_at=LATER))
"""As a file tells it: a running total of refunds, no customer's number."""
EVENT = a_shop_order(
    customer_number="77",
    told_at=LATER,
    refunds=(a_shop_refund("r1", "10"), a_shop_refund("r2", "5")),
)
"""As an event tells it: refunds by id, and the customer's number."""
DELETION = ShopDeletion(EVENT.system, str(EVENT.number), LATER + timedelta(hours=12), USD)


def tell(storage: Storage, *told: Told) -> list[RecordOutcome]:
    """Tell one after the other, each in a transaction of its own."""
    return [outcome for each in told for outcome in tell_at_once(storage, [each])]


def tell_at_once(storage: Storage, told: Sequence[Told]) -> list[RecordOutcome]:
    return storage.in_transaction(
        lambda repositories: record_shop_orders(
            repositories, NO_TOMBSTONES, PSEUDONYMS.name_of_email, told, LATER
        )
    )


def load(storage: Storage, *orders: ShopOrder) -> list[RecordOutcome | None]:
    """Take orders in as from one block of a file: usual ones first, then what is left."""
    usual = [row for row, each in enumerate(orders) if is_usual(each) and each.system == "shopify"]
    others = [row for row in range(len(orders)) if row not in usual]
    columns = columns_of([orders[row] for row in usual], usual)
    consents = usual_consents_of(columns, LATER, NO_TOMBSTONES)
    record_usual_consents(storage, NO_TOMBSTONES, columns, consents, LATER)

    def record(repositories: Repositories) -> list[RecordOutcome | None]:
        entered = enter_usual_orders(
            repositories, NO_TOMBSTONES, columns, [orders[row] for row in others]
        )
        outcomes = dict(zip(usual, entered, strict=True))
        left = [row for row in range(len(orders)) if outcomes.get(row) is None]
        told = import_shop_orders(
            repositories,
            NO_TOMBSTONES,
            PSEUDONYMS.name_of_email,
            [orders[row] for row in left],
            LATER,
        )
        outcomes |= dict(zip(left, told.outcomes, strict=True))
        return [outcomes[row] for row in range(len(orders))]

    return storage.in_transaction(record)


def ledger(storage: Storage, *customers: CustomerId) -> list[Order]:
    return [
        order
        for customer in customers or (ADA, BO)
        for order in storage.repositories.ltv.get_orders(customer)
    ]


def entries(storage: Storage) -> dict[str, str]:
    return {each.order_id: str(each.amount.exact()) for each in ledger(storage)}


def test_a_file_again_an_hour_later_is_unchanged_and_its_refunds_reach_further(
    storage: Storage,
) -> None:
    again = a_shop_order(refunded=a_total("15", told_at=LATER + timedelta(hours=1)))
    more = a_shop_order(refunded=a_total("20", told_at=LATER + timedelta(hours=2)))
    assert load(storage, FILE) == [RecordOutcome.RECORDED]
    before = ledger(storage)

    assert load(storage, again) == [RecordOutcome.UNCHANGED]
    assert ledger(storage) == before
    in_between = a_shop_refund("r1", "10", LATER + timedelta(minutes=30))
    tell(storage, in_between)
    assert sum(each.amount.units() for each in ledger(storage)[1:]) == money("-15").units()
    assert load(storage, more) == [RecordOutcome.REPLACED]


def test_a_file_and_events_give_one_ledger_in_either_order(new_storage: NewStorage) -> None:
    ledgers = []
    for ways in permutations(["file", "event"]):
        storage = new_storage()
        for way in ways:
            if way == "file":
                load(storage, FILE)
            else:
                tell(storage, EVENT)
        ledgers.append(ledger(storage))
    assert ledgers[0] == ledgers[1]
    assert [(each.order_id, each.amount, each.refund_of) for each in ledgers[0]] == [
        ("shopify:#1001", money("49.90"), None),
        ("shopify:#1001/refund/r1", money("-10"), "shopify:#1001"),
        ("shopify:#1001/refund/r2", money("-5"), "shopify:#1001"),
    ]


@pytest.mark.parametrize("with_number", [True, False])
def test_a_file_without_the_orders_number_gives_the_same_ledger(
    new_storage: NewStorage, *, with_number: bool
) -> None:
    file = FILE if with_number else replace(FILE, number=None)
    first, second = new_storage(), None
    load(first, file)
    tell(first, EVENT)
    before = ledger(first)
    second = new_storage()
    tell(second, EVENT)
    load(second, file)
    assert ledger(second) == before


def test_refunds_told_before_their_order_wait_for_it(storage: Storage) -> None:
    refunds = (a_shop_refund("r1", "10"), a_shop_refund("r2", "5"))
    assert tell(storage, *refunds) == [RecordOutcome.RECORDED, RecordOutcome.REPLACED]
    assert ledger(storage) == []
    assert load(storage, FILE) == [RecordOutcome.REPLACED]
    assert entries(storage) == {
        "shopify:#1001": "49.90",
        "shopify:#1001/refund/r1": "-10.00",
        "shopify:#1001/refund/r2": "-5.00",
    }


def test_a_total_is_one_entry_that_refunds_by_id_replace(storage: Storage) -> None:
    load(storage, FILE)
    assert entries(storage)["shopify:#1001/refund"] == "-15.00"
    tell(storage, a_shop_refund("r1", "10"))
    assert entries(storage) == {
        "shopify:#1001": "49.90",
        "shopify:#1001/refund": "-5.00",
        "shopify:#1001/refund/r1": "-10.00",
    }
    tell(storage, a_shop_refund("r2", "5"))
    assert "shopify:#1001/refund" not in entries(storage)


def test_a_refund_after_the_file_is_not_in_its_total(storage: Storage) -> None:
    load(storage, FILE)
    tell(storage, a_shop_refund("r3", "7", LATER + timedelta(seconds=1)))
    assert entries(storage)["shopify:#1001/refund"] == "-15.00"
    assert entries(storage)["shopify:#1001/refund/r3"] == "-7.00"
    assert load(storage, FILE) == [RecordOutcome.UNCHANGED]


def test_a_larger_total_counts_and_a_smaller_one_is_older(storage: Storage) -> None:
    load(storage, FILE)
    load(storage, a_shop_order(refunded=a_total("20", told_at=LATER)))
    assert entries(storage)["shopify:#1001/refund"] == "-20.00"
    assert load(storage, FILE) == [RecordOutcome.UNCHANGED]


def test_a_refund_that_failed_is_not_given_back_by_the_total_either(storage: Storage) -> None:
    load(storage, FILE)
    tell(storage, a_shop_refund("r1", "15"), a_shop_refund("r1", "15", is_reversed=True))
    assert entries(storage) == {"shopify:#1001": "49.90"}


def test_a_refund_that_a_full_list_lacks_was_taken_back(storage: Storage) -> None:
    tell(storage, EVENT)
    listed = replace(
        EVENT, told_at=LATER + timedelta(1), refunds=EVENT.refunds[:1], has_all_refunds=True
    )
    tell(storage, listed)
    assert entries(storage) == {"shopify:#1001": "49.90", "shopify:#1001/refund/r1": "-10.00"}


def test_what_is_older_changes_nothing_of_the_order(storage: Storage) -> None:
    tell(storage, replace(EVENT, total=money("60")))
    tell(storage, replace(EVENT, told_at=NOON, skip=Skip.UNPAID))
    assert entries(storage)["shopify:#1001"] == "60.00"


def test_the_same_file_again_changes_nothing(storage: Storage) -> None:
    orders = [a_shop_order(str(n), f"#{n}") for n in range(20)]
    assert load(storage, *orders) == [RecordOutcome.RECORDED] * 20
    before = ledger(storage)
    assert load(storage, *orders) == [RecordOutcome.UNCHANGED] * 20
    assert ledger(storage) == before


def test_an_order_moves_with_its_email(storage: Storage) -> None:
    load(storage, FILE)
    assert load(storage, replace(FILE, email="bo@example.com")) == [RecordOutcome.REPLACED]
    assert ledger(storage, ADA) == []
    assert [each.order_id for each in ledger(storage, BO)] == [
        "shopify:#1001",
        "shopify:#1001/refund",
    ]


def test_an_order_without_email_stays_with_whom_it_had(storage: Storage) -> None:
    load(storage, FILE)
    load(storage, replace(FILE, email=None, skip=Skip.NOBODY_NAMED))
    tell(storage, replace(EVENT, email=None, told_at=LATER + timedelta(1)))
    assert next(each.order_id for each in ledger(storage, ADA)) == "shopify:#1001"


def test_guests_without_email_or_number_are_nobody(storage: Storage) -> None:
    assert load(storage, a_shop_order(email=None, skip=Skip.NOBODY_NAMED)) == [None]


def test_a_number_without_email_is_the_customer_until_an_email_is_named(
    storage: Storage,
) -> None:
    numbered = CustomerId("shopify:77")
    tell(storage, a_shop_order("1", "#1", email=None, customer_number="77"))
    assert [each.customer_id for each in ledger(storage, numbered)] == [numbered]
    tell(storage, a_shop_order("2", "#2", customer_number="77"))
    # Known by the alias at once; the earlier order follows when customers are settled.
    assert storage.repositories.ltv.get_customer(numbered).customer_id == ADA
    [left] = storage.repositories.customers.find_left_over()
    storage.repositories.customers.join_customers([left])
    assert [each.order_id for each in ledger(storage, ADA)] == ["shopify:#1", "shopify:#2"]


def test_orders_of_a_joined_customer_are_found_where_they_are(storage: Storage) -> None:
    tell(storage, a_shop_order("1", "#1", email=None, customer_number="77"))
    tell(storage, a_shop_order("2", "#2", customer_number="77"))
    customers = storage.repositories.customers
    customers.join_customers(customers.find_left_over())
    tell(storage, a_shop_order("1", "#1", email=None, customer_number="77", total=money("70")))
    assert entries(storage)["shopify:#1"] == "70.00"
    assert len(ledger(storage, ADA)) == 2


def test_an_order_recorded_while_its_customer_became_an_alias_moves(storage: Storage) -> None:
    tell(storage, a_shop_order("1", "#1", email=None, customer_number="77"))
    tell(storage, a_shop_order("2", "#2", customer_number="77"))
    tell(storage, a_shop_order("1", "#1", customer_number="77", total=money("70")))
    assert entries(storage) == {"shopify:#1": "70.00", "shopify:#2": "49.90"}


def test_the_customer_gets_the_email_and_the_lead(storage: Storage) -> None:
    lead = a_lead(email="ada@example.com")
    storage.repositories.forms.save_lead(lead)
    load(storage, FILE)
    customer = storage.repositories.ltv.get_customer(ADA)
    assert (customer.canonical_email, customer.lead_id) == ("ada@example.com", lead.lead_id)


def test_a_shops_own_id_with_the_same_email_comes_first(storage: Storage) -> None:
    own = CustomerId("c-1")
    storage.in_transaction(
        lambda repositories: repositories.ltv.record_orders(
            [an_order("o-1", customer_id=own, email="ada@example.com")]
        )
    )
    load(storage, FILE)
    assert {each.order_id for each in ledger(storage, own)} >= {"o-1", "shopify:#1001"}


def test_orders_of_one_name_are_told_apart_by_their_numbers(storage: Storage) -> None:
    same = [a_shop_order("1"), a_shop_order("2", total=money("5"))]
    assert load(storage, *same) == [RecordOutcome.RECORDED, RecordOutcome.RECORDED]
    assert entries(storage) == {"shopify:#1001": "49.90", "shopify:#1001 (2)": "5.00"}
    assert load(storage, *same) == [RecordOutcome.UNCHANGED] * 2
    assert tell(storage, *same) == [RecordOutcome.UNCHANGED] * 2


def test_an_order_that_no_longer_counts_leaves_the_ledger(storage: Storage) -> None:
    tell(storage, EVENT)
    tell(storage, replace(EVENT, told_at=LATER + timedelta(1), skip=Skip.CANCELLED))
    assert ledger(storage) == []
    tell(storage, replace(EVENT, told_at=LATER + timedelta(2)))
    assert len(ledger(storage)) == 3


def test_what_was_said_before_an_order_was_deleted_counts_not_later(storage: Storage) -> None:
    tell(storage, DELETION, EVENT)
    assert ledger(storage, ADA) == []
    load(storage, FILE)
    assert ledger(storage, ADA) == []
    tell(storage, replace(EVENT, told_at=DELETION.told_at + timedelta(hours=1)))
    assert len(ledger(storage, ADA)) > 0, "it was restored"


def test_a_deletion_of_an_unknown_order_leaves_one_that_is_named_by_its_number(
    storage: Storage,
) -> None:
    named = replace(EVENT, number="5", name="727", refunds=())
    tell(storage, named, ShopDeletion(EVENT.system, "727", LATER, USD))
    assert [each.order_id for each in ledger(storage, ADA)] == [f"{EVENT.system}:727"]


def test_systems_do_not_share_numbers_or_names(storage: Storage) -> None:
    tell(storage, a_shop_order(), a_shop_order(system="woocommerce"))
    assert set(entries(storage)) == {"shopify:#1001", "woocommerce:#1001"}


def test_a_batch_may_tell_one_order_several_times(storage: Storage) -> None:
    order = replace(EVENT, refunds=())
    told = (a_shop_refund("r1", "10"), order, a_shop_refund("r2", "5"))
    outcomes = tell_at_once(storage, [*told, *told])
    assert outcomes[3:] == [RecordOutcome.UNCHANGED] * 3
    assert len(ledger(storage)) == 3


def test_erasing_a_person_forgets_what_the_shop_told(storage: Storage) -> None:
    load(storage, FILE)
    storage.repositories.customers.anonymise_customers({ADA: CustomerId("anonymous_1")}, "salt")
    assert storage.repositories.ltv.load_shop_context(ShopOrderQuery([key_of(FILE)])).states == []
    assert ledger(storage, ADA) == []
    assert len(ledger(storage, CustomerId("anonymous_1"))) == 2
    # Without a tombstone the file brings the order back: as a new one, not onto the anonymous one.
    assert load(storage, FILE) == [RecordOutcome.RECORDED]


def test_what_buyers_said_of_marketing_is_kept_as_of_their_orders(storage: Storage) -> None:
    older = replace(FILE, accepts_marketing=True)
    newer = a_shop_order("556", "#1002", ordered_at=NOON - timedelta(hours=1))
    newer = replace(newer, accepts_marketing=False)
    unknown = a_shop_order("557", "#1003", ordered_at=NOON, accepts_marketing=None)
    for _ in range(2):
        load(storage, newer)
        load(storage, older, unknown)
    consents = storage.repositories.consents
    [current] = consents.get_current_consents("ada@example.com")
    assert (current.state, current.occurred_at) == (ConsentState.DENIED, newer.ordered_at)
    assert len(consents.get_consents("ada@example.com")) == 2


TOLD = st.lists(
    st.sampled_from(
        [
            FILE,
            EVENT,
            replace(EVENT, told_at=LATER + timedelta(1), total=money("80"), refunds=()),
            a_shop_refund("r1", "10"),
            a_shop_refund("r2", "5"),
            a_shop_refund("r3", "2", LATER + timedelta(2)),
            DELETION,
        ]
    ),
    unique=True,
    min_size=2,
)


@MODEST
@given(told=TOLD, data=st.data())
def test_the_order_of_telling_does_not_matter(
    new_storage: NewStorage, told: Sequence[Told], data: st.DataObject
) -> None:
    first, second = new_storage(), None
    tell(first, *told)
    before = ledger(first)
    second = new_storage()
    tell(second, *data.draw(st.permutations(told)))
    assert ledger(second) == before


def test_names_resolve_as_those_of_other_facts(storage: Storage) -> None:
    load(storage, replace(FILE, ordered_at=NOON - days(2)))
    name = name_customer("Ada@Example.com", None)
    assert isinstance(name, CustomerName)
    assert name.customer_id == ADA
