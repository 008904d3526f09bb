"""Retention grids, kept with a run or counted from the ledgers, in memory."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from typing import override

from succotash.domain.forms.submissions import SubmissionState
from succotash.domain.repositories.grids import GridRepository
from succotash.domain.retention.grids import (
    CohortAnchor,
    CustomerTimeline,
    GridRequest,
    TimelineEvent,
    count_grid,
    materialised_cells,
)
from succotash.domain.retention.labels import Labelled
from succotash.domain.retention.retention import GridCell, GridMode, GridPeriod
from succotash.domain.values import CustomerId, LeadId, RunId
from succotash.infrastructure.in_memory.ledger import Calendar, purchases_by_customer
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import Tables, atomic

_SEEN = (SubmissionState.ACCEPTED, SubmissionState.DUPLICATE)


class InMemoryGridRepository(InMemoryRepository, GridRepository):
    """Retention grids, kept with a run or counted from the ledgers."""

    @override
    @atomic
    def build_retention_grids(self, run_id: RunId, as_of: datetime, time_zone: str) -> None:
        self.tables.runs[run_id]
        joined_by = _people(self.tables, as_of, time_zone)
        self.tables.grids[run_id] = {
            origin: materialised_cells(joined_by(origin)) for origin in CohortAnchor
        }

    @override
    @atomic
    def find_retention_grid(
        self, period: GridPeriod, mode: GridMode, origin: CohortAnchor = CohortAnchor.PURCHASE
    ) -> Labelled[list[GridCell]]:
        grids = self.tables.grids.get(self.tables.current_run())
        cells = [] if grids is None else list(grids[origin][period, mode])
        return self.tables.labelled(cells)

    @override
    @atomic
    def count_retention(
        self, request: GridRequest, as_of: datetime, time_zone: str
    ) -> list[GridCell]:
        return count_grid(request, _people(self.tables, as_of, time_zone)(request.origin))


def _people(
    tables: Tables, as_of: datetime, time_zone: str
) -> Callable[[CohortAnchor], Iterator[CustomerTimeline]]:
    """All customers who joined by an origin at or before an instant; reads the ledgers once."""
    calendar = Calendar(time_zone)
    bought = {
        customer_id: [
            TimelineEvent(each.at, calendar.date(each.at), each.net) for each in purchases
        ]
        for customer_id, purchases in purchases_by_customer(tables, as_of)
    }

    @cache
    def did() -> dict[CustomerId, list[TimelineEvent]]:
        return {
            customer_id: sorted(
                TimelineEvent(event.occurred_at, calendar.date(event.occurred_at))
                for event in tables.events_by_customer[customer_id]
                if event.occurred_at <= as_of
            )
            for customer_id in tables.events_by_customer.groups()
        }

    def joined_by(origin: CohortAnchor) -> Iterator[CustomerTimeline]:
        if origin is CohortAnchor.PURCHASE:
            for purchases in bought.values():
                yield CustomerTimeline(purchases, purchases)
            return
        if origin is CohortAnchor.ACTIVITY:
            for customer_id, events in did().items():
                if events:
                    yield CustomerTimeline(events, sorted([*events, *bought.get(customer_id, [])]))
            return
        asked = defaultdict[LeadId, list[TimelineEvent]](list)
        for each in tables.submissions.values():
            is_seen = each.state in _SEEN and each.submitted_at <= as_of
            if is_seen and each.lead_id is not None:
                at = each.submitted_at
                asked[each.lead_id].append(TimelineEvent(at, calendar.date(at)))
        for lead_id, submissions in asked.items():
            came_back = [
                each
                for customer in tables.customers_by_lead[lead_id]
                for each in (
                    *did().get(customer.customer_id, []),
                    *bought.get(customer.customer_id, []),
                )
            ]
            yield CustomerTimeline(sorted(submissions), sorted(came_back))

    return joined_by
