"""A shop's export and its webhooks, in any order and with repeats, give one ledger."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import override

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from succotash.application.shops.events.fields import chosen
from succotash.application.shops.events.formats import FORMATS
from succotash.application.shops.events.recording import ShopEventRecorder
from succotash.application.shops.files.shop_files import KnownFiles
from succotash.application.value.file_options import FileOptions
from succotash.application.value.order_import import BulkImport
from succotash.domain.people.erasures import NO_TOMBSTONES
from succotash.domain.repositories.shop_events import ShopEventQueue
from succotash.domain.repositories.storage import Storage
from succotash.domain.shops.events import QueuedShopEvent, ShopEvent, ShopEventKind
from succotash.domain.value.ledgers import Order
from succotash.domain.values import Currency, CustomerId, Json
from succotash.http.order_files import OrderFiles
from tests.builders import PSEUDONYMS, name_customer
from tests.builders.shop_histories import OPENED, PEOPLE, History, Refund, Sale, histories
from tests.builders.shop_systems import SYSTEMS, Event, System
from tests.contract.conftest import NewStorage
from tests.contract.shelf import Shelf

NOW = datetime(2026, 6, 1, tzinfo=UTC)
EXAMPLES = {"memory": 60, "sqlite": 6, "postgres": 5}
CUSTOMERS = {PSEUDONYMS.name_of_email(each).customer_id: each for each in PEOPLE}

type Step = Event | None
"""Something that tells of the shop; None is the export."""


class NoFailures(ShopEventQueue):
    """Whatever is set aside fails the test."""

    @override
    def put(self, event: ShopEvent) -> None:
        raise NotImplementedError

    @override
    def dead_letter(self, event: QueuedShopEvent) -> None:
        raise AssertionError(event.text)


class Shop:
    """A storage, and what a shop tells it."""

    def __init__(self, storage: Storage, system: System, history: History) -> None:
        self.storage = storage
        self._system = system
        self._history = history
        self._files = 0

    def tell(self, steps: Sequence[Step], *, at_once: int = 1) -> None:
        """Tell all of this in its order, so many events in one batch of the queue."""
        events: list[Event] = []
        for step in steps:
            if step is None:
                self._import()
                continue
            events.append(step)
            if len(events) == at_once:
                self._record(events)
                events = []
        self._record(events)

    def _record(self, events: Sequence[Event]) -> None:
        recorder = ShopEventRecorder(
            self.storage,
            lambda: NOW,
            NoFailures(),
            Currency(self._history.currency),
            NO_TOMBSTONES,
            PSEUDONYMS.name_of_email,
        )
        report = recorder.take(
            [
                QueuedShopEvent(f"m{place}", self._kept(*event).as_text(), 1)
                for place, event in enumerate(events)
            ]
        )
        assert report.again == []

    def _kept(self, body: dict[str, Json], topic: str | None) -> ShopEvent:
        """What the function that takes webhooks in leaves of one."""
        system = self._system.name
        kept = chosen(body, FORMATS[system].fields)
        assert FORMATS[system].kind_of(kept, topic) is ShopEventKind.LEDGER
        return ShopEvent(system, ShopEventKind.LEDGER, NOW, kept, topic)

    def _import(self) -> None:
        self._files += 1
        key = f"export-{self._files}.csv"
        currency = Currency(self._history.currency)

        def clock() -> datetime:
            return self._history.exported_at

        files = KnownFiles(
            OrderFiles(currency, name_customer),
            currency,
            self._system.zone,
            name_customer,
            PSEUDONYMS.name_of_email,
            clock,
            block_orders=2,
        )
        shelf = Shelf({key: self._system.export(self._history).encode()})
        # The plug-in Advanced Order Export leaves the currency out unless it is ticked.
        options = FileOptions(currency=currency)
        report = BulkImport(self.storage, shelf, files, clock, currency).run(key, options=options)
        assert (report["status"], report["rejected"]) == ("finished", 0), report

    def ledger(self) -> dict[CustomerId, list[Order]]:
        """The entries of each customer that has any."""
        ltv = self.storage.repositories.ltv
        return {each: found for each in CUSTOMERS if (found := [*ltv.get_orders(each)])}

    def aliases(self) -> dict[CustomerId, list[CustomerId]]:
        """By which numbers of the shop the customers are known."""
        return self.storage.repositories.customers.get_aliases([*self.ledger()])

    def consents(self) -> list[object]:
        """What holds of marketing."""
        consents = self.storage.repositories.consents
        return [consents.get_current_consents(each) for each in PEOPLE]

    def seen(self) -> tuple[object, ...]:
        """All that the order of telling must not change."""
        return self.ledger(), self.aliases(), self.consents()

    def net_by_order(self) -> dict[tuple[str, int], Decimal]:
        """What each order left, by the customer's e-mail and the order's number."""
        nets: defaultdict[tuple[str, int], Decimal] = defaultdict(Decimal)
        for customer_id, entries in self.ledger().items():
            for entry in entries:
                called = str(entry.refund_of or entry.order_id)
                number = int(called.rpartition(":")[2].strip("#").removeprefix("ch_"))
                nets[CUSTOMERS[customer_id], number] += entry.amount.amount
        return dict(nets)


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_order_of_telling_does_not_matter(
    adapter: str, new_storage: NewStorage, name: str
) -> None:
    system = SYSTEMS[name]

    @settings(
        max_examples=EXAMPLES[adapter],
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.nested_given],
    )
    @given(history=histories(system.currencies), data=st.data())
    def holds(history: History, data: st.DataObject) -> None:
        events = system.events(history)
        in_order = Shop(new_storage(), system, history)
        in_order.tell([None, *events])
        assert in_order.net_by_order() == history.net_by_order()
        expected = in_order.seen()

        repeated = data.draw(st.lists(st.sampled_from(events), max_size=3)) if events else []
        steps: list[Step] = [None, *events, *repeated]
        shop = Shop(new_storage(), system, history)
        shop.tell(data.draw(st.permutations(steps)), at_once=data.draw(st.integers(1, 4)))
        assert shop.net_by_order() == history.net_by_order()
        assert shop.seen() == expected

    holds()


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_refund_of_before_the_webhooks_counts_once(new_storage: NewStorage, name: str) -> None:
    refund = Refund(OPENED + timedelta(days=1), 1500)
    correction = (OPENED + timedelta(days=9), PEOPLE[1])
    sale = Sale(1001, OPENED, 4990, PEOPLE[0], None, False, (refund,), correction)  # noqa: FBT003
    exported_at = OPENED + timedelta(days=5)
    history = History([sale], "USD", exported_at, exported_at)
    events = SYSTEMS[name].events(history)
    assert events, "one tells of the e-mail, long after the refund"
    for steps in ([None, *events], [*events, None]):
        shop = Shop(new_storage(), SYSTEMS[name], history)
        shop.tell(steps)
        assert shop.net_by_order() == {(PEOPLE[1], 1001): Decimal("34.90")}
