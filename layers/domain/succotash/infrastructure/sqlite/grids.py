"""Retention grids, kept with a run or counted from the ledgers, in SQLite."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from functools import cache
from typing import override

from succotash.domain.repositories.grids import GridRepository
from succotash.domain.retention.grids import (
    CohortAnchor,
    CustomerTimeline,
    GridRequest,
    TimelineEvent,
    count_grid,
    kept_grids,
)
from succotash.domain.retention.retention import GridCell, GridMode, GridPeriod
from succotash.domain.values import RunId, Shard
from succotash.infrastructure.sqlite.columns import instant, micros
from succotash.infrastructure.sqlite.connection import Row, Session
from succotash.infrastructure.sqlite.functions import day_of
from succotash.infrastructure.sqlite.purchases import laid_out_purchases
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.runs import named_run

_BOUGHT = """
SELECT customer_id AS person, ordered_at AS moment, day, net
FROM temp.purchases
ORDER BY customer_id, ordered_at
"""
_DID = """
SELECT customer_id AS person, occurred_at AS moment, local_day(occurred_at, :time_zone) AS day,
       0 AS net
FROM activity_events
WHERE occurred_at <= :as_of
ORDER BY customer_id, occurred_at
"""
_ASKED = """
SELECT lead_id AS person, submitted_at AS moment, local_day(submitted_at, :time_zone) AS day,
       0 AS net
FROM form_submissions
WHERE lead_id IS NOT NULL AND state IN ('accepted', 'duplicate') AND submitted_at <= :as_of
ORDER BY lead_id, submitted_at
"""
_TIED = "SELECT lead_id, customer_id FROM customers WHERE lead_id IS NOT NULL"

_DELETE_GRIDS = "DELETE FROM retention_grid_cells WHERE run_id = :run_id"
_INSERT_GRID_CELL = """
INSERT INTO retention_grid_cells (
    run_id, origin, period, mode, cohort_starts_on, "offset", cohort_size, active
)
VALUES (:run_id, :origin, :period, :mode, :cohort_starts_on, :offset, :cohort_size, :active)
"""
_GRID = """
SELECT * FROM retention_grid_cells
WHERE run_id = (SELECT run_id FROM current_run)
  AND origin = :origin AND period = :period AND mode = :mode
ORDER BY cohort_starts_on, "offset"
"""


class SQLiteGridRepository(SQLiteRepository, GridRepository):
    """Retention grids, kept with a run or counted from the ledgers."""

    @override
    def merge_retention_grids(self, run_id: RunId, as_of: datetime, time_zone: str) -> None:
        self.build_retention_grids(run_id, as_of, time_zone)

    @override
    def build_retention_grids(
        self, run_id: RunId, as_of: datetime, time_zone: str, *, shard: Shard | None = None
    ) -> None:
        with self._unit.writing() as session:
            named_run(session, run_id)
            if shard is not None:  # merging counts everybody: here that costs no more
                return
            session.run(_DELETE_GRIDS, run_id=run_id)
            joined_by = _people(session, as_of, time_zone)
            for origin in CohortAnchor:
                grids = kept_grids(joined_by(origin))
                session.run_for_each(
                    _INSERT_GRID_CELL,
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
    def get_retention_grid(
        self, period: GridPeriod, mode: GridMode, origin: CohortAnchor = CohortAnchor.PURCHASE
    ) -> list[GridCell]:
        with self._unit.reading() as session:
            rows = session.run(_GRID, origin=origin, period=period, mode=mode)
        return [
            GridCell(
                cohort_starts_on=date.fromisoformat(row["cohort_starts_on"]),
                cohort_size=row["cohort_size"],
                offset=row["offset"],
                active=row["active"],
            )
            for row in rows
        ]

    @override
    def count_retention(
        self, request: GridRequest, as_of: datetime, time_zone: str
    ) -> list[GridCell]:
        with self._unit.reading() as session:
            return count_grid(request, _people(session, as_of, time_zone)(request.origin))


def _people(
    session: Session, as_of: datetime, time_zone: str
) -> Callable[[CohortAnchor], Iterator[CustomerTimeline]]:
    """Everybody who joined by an origin at or before an instant; ledgers are read once for all."""
    moment = {"as_of": micros(as_of), "time_zone": time_zone}
    with laid_out_purchases(session, as_of, time_zone):
        bought = _by_person(session.run(_BOUGHT))

    @cache
    def did() -> dict[str, list[TimelineEvent]]:
        return _by_person(session.run(_DID, **moment))

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
        for row in session.run(_TIED):
            customer_id = row["customer_id"]
            came_back[row["lead_id"]] += did().get(customer_id, []) + bought.get(customer_id, [])
        for lead_id, submissions in _by_person(session.run(_ASKED, **moment)).items():
            yield CustomerTimeline(submissions, sorted(came_back[lead_id]))

    return joined_by


def _by_person(rows: Iterable[Row]) -> dict[str, list[TimelineEvent]]:
    found = defaultdict[str, list[TimelineEvent]](list)
    for row in rows:
        found[row["person"]].append(
            TimelineEvent(instant(row["moment"]), day_of(row["day"]), row["net"])
        )
    return dict(found)
