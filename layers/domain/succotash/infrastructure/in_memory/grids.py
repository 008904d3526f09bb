"""Who joined when and came back when, for retention grids."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import cache

from succotash.domain.forms.forms import SubmissionState
from succotash.domain.retention.grids import Conduct, GridOrigin, Occurrence
from succotash.domain.values import CustomerId, LeadId, Shard
from succotash.infrastructure.in_memory.ledger import Calendar, in_shard, purchases_by_customer
from succotash.infrastructure.in_memory.tables import Tables

_SEEN = (SubmissionState.ACCEPTED, SubmissionState.DUPLICATE)


def people(
    tables: Tables, as_of: datetime, time_zone: str
) -> Callable[[GridOrigin], Iterator[Conduct]]:
    """Everybody who joined by an origin at or before an instant; ledgers are read once for all."""
    calendar = Calendar(time_zone)
    bought = {
        customer_id: [Occurrence(each.at, calendar.date(each.at), each.net) for each in purchases]
        for customer_id, purchases in purchases_by_customer(tables, as_of)
    }

    @cache
    def did() -> dict[CustomerId, list[Occurrence]]:
        return {
            customer_id: sorted(
                Occurrence(event.occurred_at, calendar.date(event.occurred_at))
                for event in tables.events_by_customer[customer_id]
                if event.occurred_at <= as_of
            )
            for customer_id in tables.events_by_customer.groups()
        }

    def joined_by(origin: GridOrigin) -> Iterator[Conduct]:
        if origin is GridOrigin.PURCHASE:
            for purchases in bought.values():
                yield Conduct(purchases, purchases)
            return
        if origin is GridOrigin.ACTIVITY:
            for customer_id, events in did().items():
                if events:
                    yield Conduct(events, sorted([*events, *bought.get(customer_id, [])]))
            return
        asked = defaultdict[LeadId, list[Occurrence]](list)
        for each in tables.submissions.values():
            is_seen = each.state in _SEEN and each.submitted_at <= as_of
            if is_seen and each.lead_id is not None:
                at = each.submitted_at
                asked[each.lead_id].append(Occurrence(at, calendar.date(at)))
        for lead_id, submissions in asked.items():
            came_back = [
                each
                for customer in tables.customers_by_lead[lead_id]
                for each in (
                    *did().get(customer.customer_id, []),
                    *bought.get(customer.customer_id, []),
                )
            ]
            yield Conduct(sorted(submissions), sorted(came_back))

    return joined_by


def presence(
    tables: Tables, as_of: datetime, time_zone: str, shard: Shard | None
) -> list[set[date]]:
    """The days with a purchase or activity of each customer of a shard, or of everybody."""
    calendar = Calendar(time_zone)
    found = defaultdict[CustomerId, set[date]](set)
    for customer_id, purchases in purchases_by_customer(tables, as_of, shard):
        found[customer_id].update(calendar.date(each.at) for each in purchases)
    for event in tables.events.values():
        if event.occurred_at <= as_of and in_shard(event.customer_id, shard):
            found[event.customer_id].add(calendar.date(event.occurred_at))
    return list(found.values())
