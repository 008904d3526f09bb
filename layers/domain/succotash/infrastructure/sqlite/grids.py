"""Retention grids, kept with a run or counted from the ledgers, in SQLite."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import cache
from typing import override

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
from succotash.domain.values import RunId
from succotash.infrastructure.rows.labels import labelled
from succotash.infrastructure.rows.retention import grid_cells_of
from succotash.infrastructure.sqlite.columns import micros
from succotash.infrastructure.sqlite.connection import Row, Session
from succotash.infrastructure.sqlite.functions import day_of
from succotash.infrastructure.sqlite.purchases import laid_out_purchases
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.runs import named_run
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("grids")


class SQLiteGridRepository(SQLiteRepository, GridRepository):
    """Retention grids, kept with a run or counted from the ledgers."""

    @override
    def build_retention_grids(self, run_id: RunId, as_of: datetime, time_zone: str) -> None:
        with self._unit.writing() as session:
            named_run(session, run_id)
            session.run(_SQL["clear_grids"], run_id=run_id)
            joined_by = _people(session, as_of, time_zone)
            for origin in CohortAnchor:
                grids = materialised_cells(joined_by(origin))
                session.run_for_each(
                    _SQL["save_grid_cell"],
                    (
                        {
                            "run_id": run_id,
                            "origin": origin,
                            "period": period,
                            "mode": mode,
                            "cohort_starts_on": cell.cohort_starts_on.isoformat(),
                            "offset": cell.offset,
                            "cohort_size": cell.cohort_size,
                            "active": cell.active,
                        }
                        for (period, mode), cells in grids.items()
                        for cell in cells
                    ),
                )

    @override
    def find_retention_grid(
        self, period: GridPeriod, mode: GridMode, origin: CohortAnchor = CohortAnchor.PURCHASE
    ) -> Labelled[list[GridCell]]:
        with self._unit.reading() as session:
            rows = session.run(_SQL["find_grid"], origin=origin, period=period, mode=mode)
        return labelled(rows, grid_cells_of(rows))

    @override
    def count_retention(
        self, request: GridRequest, as_of: datetime, time_zone: str
    ) -> list[GridCell]:
        with self._unit.reading() as session:
            return count_grid(request, _people(session, as_of, time_zone)(request.origin))


def _people(
    session: Session, as_of: datetime, time_zone: str
) -> Callable[[CohortAnchor], Iterator[CustomerTimeline]]:
    """All customers who joined by an origin at or before an instant; reads the ledgers once."""
    asked = {"as_of": micros(as_of), "time_zone": time_zone}
    with laid_out_purchases(session, as_of, time_zone):
        bought = _by_person(session.run(_SQL["find_purchases"]))

    @cache
    def did() -> dict[str, list[TimelineEvent]]:
        return _by_person(session.run(_SQL["find_activity"], **asked))

    def joined_by(origin: CohortAnchor) -> Iterator[CustomerTimeline]:
        if origin is CohortAnchor.PURCHASE:
            for purchases in bought.values():
                yield CustomerTimeline(purchases, purchases)
            return
        if origin is CohortAnchor.ACTIVITY:
            for customer_id, events in did().items():
                yield CustomerTimeline(events, sorted([*events, *bought.get(customer_id, [])]))
            return
        came_back = defaultdict[str, list[TimelineEvent]](list)
        for row in session.run(_SQL["find_customers_of_leads"]):
            customer_id = row["customer_id"]
            came_back[row["lead_id"]] += did().get(customer_id, []) + bought.get(customer_id, [])
        for lead_id, submissions in _by_person(
            session.run(_SQL["find_submissions"], **asked)
        ).items():
            yield CustomerTimeline(submissions, sorted(came_back[lead_id]))

    return joined_by


def _by_person(rows: Iterable[Row]) -> dict[str, list[TimelineEvent]]:
    found = defaultdict[str, list[TimelineEvent]](list)
    for row in rows:
        found[row["person"]].append(
            TimelineEvent(row.instant("happened_at"), day_of(row["day"]), row["net"])
        )
    return dict(found)
