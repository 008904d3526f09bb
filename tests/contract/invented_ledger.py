"""Orders and events of two years, invented by a seed, and what receipts should say of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from succotash.domain.people.identities import Join
from succotash.domain.repositories.storage import Storage
from succotash.domain.value.ledgers import ActivityEvent, Order
from succotash.domain.values import CustomerId
from tests.builders import an_event, an_order
from tests.contract.on_paper import joined_on_paper, settled_on_paper

SECOND = timedelta(seconds=1)
NEAR_MIDNIGHT = (0, 0, -1, 1, 1800, -1800, -3000, 3600, 50_000)
"""Seconds from a midnight at which things happen."""


@dataclass(frozen=True)
class Counted:
    """Purchase days and revenue of some time."""

    purchases: int
    revenue: Decimal


@dataclass
class Ledger:
    """Raw facts, as they were told to the storage."""

    storage: Storage
    zone: ZoneInfo
    orders: list[Order] = field(default_factory=list)
    events: list[ActivityEvent] = field(default_factory=list)

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def record(self, orders: Sequence[Order], events: Sequence[ActivityEvent] = ()) -> None:
        repositories = self.storage.repositories
        repositories.ltv.record_orders(orders)
        if events:
            repositories.retention.record_activity(events)
        self.orders += orders
        self.events += events

    def buyers(self, as_of: datetime) -> dict[CustomerId, list[Order]]:
        """Customers with a purchase by then, and all their orders."""
        own: dict[CustomerId, list[Order]] = {}
        for each in self.orders:
            own.setdefault(each.customer_id, []).append(each)
        return {
            customer: orders
            for customer, orders in own.items()
            if any(bought for *_, bought in settled_on_paper(orders, as_of))
        }

    def days_by_customer(
        self, after: datetime | None, until: datetime, netted: datetime
    ) -> dict[CustomerId, set[date]]:
        """Days with a purchase, as netted by an instant, or an event; of those with any."""
        found: dict[CustomerId, set[date]] = {}
        for customer in {each.customer_id for each in self.orders}:
            own = [each for each in self.orders if each.customer_id == customer]
            for moment, _, bought in settled_on_paper(own, netted):
                if bought and (after is None or moment > after) and moment <= until:
                    found.setdefault(customer, set()).add(self.day(moment))
        for event in self.events:
            if (after is None or event.occurred_at > after) and event.occurred_at <= until:
                found.setdefault(event.customer_id, set()).add(self.day(event.occurred_at))
        return found

    def bought(self, as_of: datetime, until: datetime) -> Counted:
        """What came after a run until an instant, by then, of who had bought by the run."""
        days, revenue = 0, Decimal(0)
        for orders in self.buyers(as_of).values():
            later = [
                (self.day(moment), net)
                for moment, net, bought in settled_on_paper(orders, until)
                if bought and moment > as_of
            ]
            days += len({day for day, _ in later})
            revenue += sum((net for _, net in later), Decimal(0))
        return Counted(days, revenue)

    def weeks_over(self, as_of: datetime, counted_at: datetime) -> list[Counted]:
        """The weeks after a run that were over then, as orders and refunds were then."""
        first, over = self.day(as_of), 0
        while self.midnight(first + timedelta(weeks=over + 1)) <= counted_at:
            over += 1
        return self.weeks(as_of, counted_at, over)

    def weeks(self, as_of: datetime, counted_at: datetime, count: int) -> list[Counted]:
        """So many weeks after a run, as orders and refunds were by an instant."""
        first = self.day(as_of)
        days: dict[int, set[tuple[str, date]]] = {}
        revenue: dict[int, Decimal] = {}
        for customer, orders in self.buyers(as_of).items():
            for moment, net, bought in settled_on_paper(orders, counted_at):
                if bought and moment > as_of:
                    week = (self.day(moment) - first).days // 7
                    days.setdefault(week, set()).add((customer, self.day(moment)))
                    revenue[week] = revenue.get(week, Decimal(0)) + net
        return [
            Counted(len(days.get(week, ())), revenue.get(week, Decimal(0))) for week in range(count)
        ]

    def inactive(self, as_of: datetime, until: datetime) -> tuple[int, int]:
        """Of how many known by a run, how many did nothing until an instant."""
        known = self.days_by_customer(None, as_of, as_of)
        later = self.days_by_customer(as_of, until, until)
        return len(known), len(known.keys() - later.keys())

    def join(self, source: str, target: str) -> None:
        """One customer turns out to be another one."""
        join = Join(CustomerId(source), CustomerId(target), addition="-2")
        self.storage.repositories.customers.join_customers([join])
        self.orders = joined_on_paper(self.orders, join.source, join.target, join.addition)
        self.events = [
            replace(each, customer_id=join.target) if each.customer_id == source else each
            for each in self.events
        ]

    def erase(self, customer: str) -> None:
        """Orders stay under an id that tells nothing; activity goes."""
        repositories = self.storage.repositories
        known, nobody = CustomerId(customer), CustomerId(f"nobody-{customer}")
        repositories.retention.forget_activity([known])
        repositories.customers.anonymise_customers({known: nobody}, "salt")
        self.orders = [
            replace(each, customer_id=nobody) if each.customer_id == known else each
            for each in self.orders
        ]
        self.events = [each for each in self.events if each.customer_id != known]


def invented_ledger(
    storage: Storage, seed: int, zone: str, first: date, last: date, customers: int = 30
) -> Ledger:
    """Customers whose orders, refunds and events are around midnights, of who stays and leaves."""
    luck = Random(seed)  # noqa: S311 - the same ledger each time
    made = Ledger(storage, ZoneInfo(zone))
    span = (last - first).days
    for number in range(customers):
        name = f"customer-{number:02}"
        joined = luck.randrange(span)
        leaves = luck.choice((joined + 30, span))
        orders, events = list[Order](), list[ActivityEvent]()
        for each in range(luck.randrange(1, 12)):
            day = luck.randrange(joined, max(joined + 1, min(leaves, span)))
            moment = made.midnight(first + timedelta(days=day))
            moment += timedelta(seconds=luck.choice(NEAR_MIDNIGHT))
            if luck.random() < 0.2:
                events.append(an_event(f"e{each}", customer_id=name, occurred_at=moment))
                continue
            amount = luck.choice(("0", "9.99", "12.3456", "100"))
            orders.append(an_order(f"o{each}", customer_id=name, ordered_at=moment, amount=amount))
            # Of some there are only refunds of whole orders.
            if luck.random() < (1 if number % 10 == 0 else 0.3):
                back = amount if number % 10 == 0 else luck.choice((amount, "5", "150", "0.01"))
                later = moment + timedelta(days=luck.choice((0, 1, 6, 8, 31, 100))) + SECOND
                orders.append(
                    an_order(
                        f"r{each}",
                        customer_id=name,
                        ordered_at=later,
                        amount=-Decimal(back),
                        refund_of=f"o{each}",
                    )
                )
        luck.shuffle(orders)
        made.record(orders, events)
    return made
