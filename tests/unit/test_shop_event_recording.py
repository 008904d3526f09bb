"""Events of shops, in any order and beside files, give one ledger."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import override

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.application.shops.events.formats import FORMATS
from succotash.application.shops.events.recording import ShopEventRecorder
from succotash.application.shops.failures import RECEIVES_TRIED
from succotash.application.shops.recording import import_shop_orders
from succotash.domain.people.erasures import NO_TOMBSTONES
from succotash.domain.repositories.shop_events import ShopEventQueue
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.shops.events import QueuedShopEvent, ShopEvent, ShopEventKind
from succotash.domain.shops.orders import ShopOrder
from succotash.domain.value.ledgers import Order
from succotash.domain.values import Currency, Json
from succotash.errors import StorageUnavailableError
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from tests.builders import PSEUDONYMS, USD
from tests.shop_files import NOW, orders

EXPORTS = Path(__file__).parents[1] / "exports"
FILE = [
    each
    for each in orders((EXPORTS / "shopify.csv").read_text(encoding="utf-8"))
    if each.email is not None
]
PEOPLE = ["ada@example.com", "grace@example.com", "bo@example.com"]


class Failures(ShopEventQueue):
    """Keeps what is set aside."""

    def __init__(self, *, is_away: bool = False) -> None:
        self.kept: list[QueuedShopEvent] = []
        self._is_away = is_away

    @override
    def put(self, event: ShopEvent) -> None:
        raise NotImplementedError

    @override
    def dead_letter(self, event: QueuedShopEvent) -> None:
        if self._is_away:
            raise StorageUnavailableError("the queue")
        self.kept.append(event)


def a_recorder(
    storage: Storage, failures: Failures | None = None, currency: Currency = USD
) -> ShopEventRecorder:
    return ShopEventRecorder(
        storage,
        lambda: NOW,
        failures or Failures(),
        currency,
        NO_TOMBSTONES,
        PSEUDONYMS.name_of_email,
    )


def queued(system: str, *bodies: dict[str, Json], receives: int = 1) -> list[QueuedShopEvent]:
    return [
        QueuedShopEvent(
            f"m{place}",
            ShopEvent(system, ShopEventKind.LEDGER, NOW, body).as_text(),
            receives,
        )
        for place, body in enumerate(bodies)
    ]


def ledger(storage: Storage, people: Sequence[str] = PEOPLE) -> list[Order]:
    return [
        entry
        for each in people
        for entry in storage.repositories.ltv.get_orders(PSEUDONYMS.name_of_email(each).customer_id)
    ]


def amounts(storage: Storage) -> dict[str, Decimal]:
    return {each.order_id: each.amount.amount for each in ledger(storage)}


def a_refund(order: ShopOrder, place: int, amount: Decimal) -> dict[str, Json]:
    at = (order.told_at + timedelta(days=place)).isoformat()
    return {
        "id": int(order.number or 0) * 10 + place,
        "order_id": int(order.number or 0),
        "created_at": at,
        "transactions": [
            {
                "kind": "refund",
                "status": "success",
                "amount": f"{amount}",
                "currency": order.total.currency,
            }
        ],
    }


def told_by_shopify(order: ShopOrder) -> list[dict[str, Json]]:
    """The events about an order of a file: made, paid, given back in two parts."""
    refunded = Decimal(0) if order.refunded is None else order.refunded.amount.amount
    parts = [refunded / 2, refunded - refunded / 2] if refunded else []
    refunds = [a_refund(order, place, part) for place, part in enumerate(parts, 1)]
    status = {None: "paid", "unpaid": "pending", "cancelled": "voided"}.get(order.skip, "paid")
    body: dict[str, Json] = {
        "id": int(order.number or 0),
        "name": order.name,
        "created_at": order.ordered_at.isoformat(),
        "currency": order.total.currency,
        "total_price": f"{order.total.amount}",
        "email": order.email,
        "test": order.skip == "test",
        "customer": {"id": 77, "email": order.email},
    }
    events = [
        body | {"financial_status": "pending", "updated_at": order.ordered_at.isoformat()},
        body
        | {
            "financial_status": status,
            "updated_at": order.told_at.isoformat(),
            "cancelled_at": order.told_at.isoformat() if status == "voided" else None,
        },
        *refunds,
    ]
    for count in range(1, len(refunds) + 1):
        last = (order.told_at + timedelta(days=count)).isoformat()
        state = "refunded" if count == len(refunds) else "partially_refunded"
        given_back: list[Json] = [*refunds[:count]]
        events.append(body | {"financial_status": state, "updated_at": last, "refunds": given_back})
    return events


EVENTS = [event for order in FILE for event in told_by_shopify(order)]


def after(steps: Sequence[int]) -> Storage:
    """A storage after the events in this order; -1 stands for the file."""
    storage = InMemoryStorage()
    for step in steps:
        if step < 0:
            storage.in_transaction(
                lambda each: import_shop_orders(
                    each, NO_TOMBSTONES, PSEUDONYMS.name_of_email, FILE, NOW
                )
            )
        else:
            report = a_recorder(storage).take(queued("shopify", EVENTS[step]))
            assert (report.again, report.dead_lettered) == ([], 0)
    return storage


STEPS = [-1, *range(len(EVENTS))]


def test_a_file_is_told_by_events_as_well() -> None:
    assert amounts(after(STEPS)) == {
        "shopify:#1001": Decimal("49.90"),
        "shopify:#1002": Decimal("30.00"),
        "shopify:#1002/refund/55500000000021": Decimal("-6.25"),
        "shopify:#1002/refund/55500000000022": Decimal("-6.25"),
        "shopify:#1003": Decimal("20.00"),
        "shopify:#1003/refund/55500000000031": Decimal("-10.00"),
        "shopify:#1003/refund/55500000000032": Decimal("-10.00"),
        "shopify:#1010": Decimal("60.00"),
    }


@given(st.permutations([*STEPS, *STEPS[::3]]))
def test_a_file_and_events_in_any_order_give_the_same_ledger(steps: Sequence[int]) -> None:
    assert ledger(after(steps)) == ledger(after(STEPS))


@given(st.permutations(range(len(EVENTS))), st.integers(1, 7))
def test_events_together_are_recorded_as_one_by_one(order: Sequence[int], at_once: int) -> None:
    storage = InMemoryStorage()
    for first in range(0, len(order), at_once):
        part = [EVENTS[each] for each in order[first : first + at_once]]
        a_recorder(storage).take(queued("shopify", *part))
    assert ledger(storage) == ledger(after(range(len(EVENTS))))


AT = int(datetime(2026, 3, 1, 9, tzinfo=UTC).timestamp())


def a_stripe_event(kind: str, at: int = AT, **of: Json) -> dict[str, Json]:
    return {"type": kind, "created": at, "livemode": True, "data": {"object": of}}


def a_charge(kind: str = "charge.succeeded", at: int = AT, **changes: Json) -> dict[str, Json]:
    charge: dict[str, Json] = {
        "id": "ch_1",
        "amount": 4990,
        "amount_refunded": 0,
        "currency": "usd",
        "captured": True,
        "status": "succeeded",
        "created": AT,
        "billing_details": {"email": "ada@example.com"},
        "customer": "cus_1",
    }
    return a_stripe_event(kind, at, **(charge | changes))


def a_dispute(kind: str, status: str) -> dict[str, Json]:
    return a_stripe_event(
        f"charge.dispute.{kind}",
        AT + 200,
        id="du_1",
        charge="ch_1",
        amount=4990,
        currency="usd",
        created=AT + 100,
        status=status,
    )


class TestStripe:
    @pytest.mark.parametrize(
        ("code", "units", "amount"), [("jpy", 1200, "1200"), ("kwd", 12340, "12.34")]
    )
    def test_amounts_are_in_minor_units(self, code: str, units: int, amount: str) -> None:
        storage = InMemoryStorage()
        event = a_charge(amount=units, currency=code)
        a_recorder(storage, currency=Currency(code.upper())).take(queued("stripe", event))
        assert amounts(storage) == {"stripe:ch_1": Decimal(amount)}

    @pytest.mark.parametrize("is_first", [True, False])
    @pytest.mark.parametrize(
        ("statuses", "disputed"),
        [
            (["needs_response"], True),
            (["needs_response", "lost"], True),
            (["needs_response", "won"], False),
            (["warning_needs_response", "warning_closed"], False),
        ],
    )
    def test_a_dispute_takes_money_until_it_is_won(
        self,
        statuses: list[str],
        disputed: bool,  # noqa: FBT001
        is_first: bool,  # noqa: FBT001
    ) -> None:
        storage = InMemoryStorage()
        events = [
            a_dispute("created" if each == statuses[0] else "closed", each) for each in statuses
        ]
        order = [a_charge(), *events] if is_first else [*reversed(events), a_charge()]
        a_recorder(storage).take(queued("stripe", *order))
        expected = {"stripe:ch_1": Decimal("49.90")}
        if disputed:
            expected["stripe:ch_1/refund/dispute"] = Decimal("-49.90")
        assert amounts(storage) == expected

    def test_a_dispute_is_no_part_of_a_total_of_refunds(self) -> None:
        storage = InMemoryStorage()
        refunded = a_charge("charge.refunded", AT + 300, amount_refunded=500)
        a_recorder(storage).take(
            queued("stripe", a_charge(), a_dispute("closed", "lost"), refunded)
        )
        assert amounts(storage)["stripe:ch_1/refund"] == Decimal(-5)

    def test_a_refund_that_failed_gives_nothing_back(self) -> None:
        storage = InMemoryStorage()
        refund: dict[str, Json] = {
            "id": "re_1",
            "charge": "ch_1",
            "amount": 500,
            "currency": "usd",
            "created": AT + 50,
        }
        failed = a_stripe_event("refund.failed", AT, **(refund | {"status": "failed"}))
        made = a_stripe_event("refund.created", AT, **(refund | {"status": "pending"}))
        a_recorder(storage).take(queued("stripe", failed, a_charge(), made))
        assert amounts(storage) == {"stripe:ch_1": Decimal("49.90")}

    def test_of_one_second_the_capture_counts(self) -> None:
        held, captured = a_charge(captured=False), a_charge("charge.captured")
        for events in ((held, captured), (captured, held)):
            storage = InMemoryStorage()
            a_recorder(storage).take(queued("stripe", *events))
            assert amounts(storage) == {"stripe:ch_1": Decimal("49.90")}

    def test_test_mode_is_nobodys(self) -> None:
        assert FORMATS["stripe"].kind_of(a_charge() | {"livemode": False}, None) is None


class FailsForGrace(InMemoryStorage):
    """Fails, as a fault in a program does, where an order of hers is recorded."""

    @override
    def in_transaction[T](self, work: Callable[[Repositories], T]) -> T:
        def checked(repositories: Repositories) -> T:
            done = work(repositories)
            if repositories.ltv.get_orders(PSEUDONYMS.name_of_email(PEOPLE[1]).customer_id):
                raise RuntimeError
            return done

        return super().in_transaction(checked)


class TestWhatCannotBeRecorded:
    @pytest.mark.parametrize(
        "changes",
        [
            {"total_price": "1,000.00"},
            {"total_price": "-1.00"},
            {"total_price": None},
            {"created_at": "2050-03-01T10:00:05+01:00"},
            {"currency": "?"},
            {"updated_at": "yesterday"},
            {"financial_status": "lent"},
            {"email": "nobody"},
            {"id": None},
        ],
    )
    def test_an_event_that_cannot_be_read_is_set_aside_and_others_recorded(
        self, changes: dict[str, Json]
    ) -> None:
        storage, failures = InMemoryStorage(), Failures()
        report = a_recorder(storage, failures).take(
            queued("shopify", EVENTS[1] | changes, EVENTS[1])
        )
        assert [each.message_id for each in failures.kept] == ["m0"]
        assert (report.dead_lettered, report.again) == (1, [])
        assert amounts(storage) == {"shopify:#1001": Decimal("49.90")}

    def test_a_text_that_is_no_event_is_set_aside(self) -> None:
        failures = Failures()
        texts = ["", "[]", "{}", json.dumps({"version": 2}), "\ud800"]
        messages = [QueuedShopEvent(f"m{each}", text, 1) for each, text in enumerate(texts)]
        assert a_recorder(InMemoryStorage(), failures).take(messages).dead_lettered == len(texts)

    def test_what_cannot_be_set_aside_is_given_again(self) -> None:
        recorder = a_recorder(InMemoryStorage(), Failures(is_away=True))
        assert recorder.take([QueuedShopEvent("m", "", 1)]).again == ["m"]

    def test_without_time_all_are_given_again(self) -> None:
        report = a_recorder(InMemoryStorage()).take(
            queued("shopify", EVENTS[1], EVENTS[2]), lambda: False
        )
        assert report.again == ["m0", "m1"]

    def test_one_that_fails_by_itself_holds_up_no_other(self) -> None:
        for receives, again, kept in ((1, ["m1"], 0), (RECEIVES_TRIED, [], 1)):
            failures = Failures()
            of_grace = next(each for each in EVENTS if each.get("email") == PEOPLE[1])
            paid = of_grace | {"financial_status": "paid"}
            report = a_recorder(FailsForGrace(), failures).take(
                queued("shopify", EVENTS[1], paid, receives=receives)
            )
            assert (report.again, len(failures.kept)) == (again, kept)
