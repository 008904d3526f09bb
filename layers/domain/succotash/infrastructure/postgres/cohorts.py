"""Cohorts of customers, and what a run's customers are worth together, in PostgreSQL."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from typing import override

from succotash.domain.repositories.cohorts import CohortRepository
from succotash.domain.retention.retention import UNKNOWN_SOURCE
from succotash.domain.value.ltv import Cohort, CohortPeriod, LTVAnalytics, ValueGroup
from succotash.domain.values import CohortId, Money, RunId, Shard
from succotash.errors import NotFoundError
from succotash.infrastructure.postgres.moments import set_as_of
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.rows import only
from succotash.infrastructure.postgres.session import Jsonb, Row, Session
from succotash.infrastructure.postgres.sql import cohorts as sql
from succotash.infrastructure.postgres.sql.partitions import of_shard

_TOTAL, _BY_SEGMENT, _BY_COHORT, _BY_SOURCE, _BY_CAMPAIGN = 15, 7, 11, 13, 14


class PostgresCohortRepository(PostgresRepository, CohortRepository):
    """Cohorts of customers, and what a run's customers are worth together."""

    @override
    def build_cohorts(
        self, run_id: RunId, as_of: datetime, time_zone: str, *, shard: Shard
    ) -> None:
        def build(session: Session) -> None:
            cleared = session.run(sql.CLEAR_COHORT_PART, run_id=run_id, shard=shard.index)
            only("scoring run", cleared)
            set_as_of(session, as_of, time_zone)
            session.run(of_shard(sql.BUILD_COHORT_PART, shard), run_id=run_id, shard=shard.index)

        self._in_transaction(build)

    @override
    def build_rollups(
        self, run_id: RunId, as_of: datetime, time_zone: str, *, merged: bool = False
    ) -> None:
        def build(session: Session) -> None:
            only("scoring run", session.run(sql.CLEAR_ROLLUPS, run_id=run_id))
            set_as_of(session, as_of, time_zone)
            session.run(
                sql.BUILD_ROLLUPS,
                run_id=run_id,
                time_zone=time_zone,
                unknown_source=UNKNOWN_SOURCE,
            )
            session.run(sql.MERGE_COHORTS if merged else sql.BUILD_COHORTS, run_id=run_id)

        self._in_transaction(build)

    @override
    def save_cohort(self, cohort: Cohort) -> None:
        rows = self._run(
            sql.SAVE_COHORT,
            run_id=cohort.run_id,
            cohort_id=cohort.cohort_id,
            starts_on=cohort.starts_on,
            customers=cohort.customers,
            revenue=cohort.revenue.units(),
            average_ltv=cohort.average_ltv.units(),
            currency=cohort.revenue.currency,
            periods=Jsonb(
                [
                    {
                        "period": each.period,
                        "active_customers": each.active_customers,
                        "revenue": str(each.revenue),
                    }
                    for each in cohort.periods
                ]
            ),
        )
        only("scoring run", rows)

    @override
    def get_cohort(self, cohort_id: CohortId) -> Cohort:
        cohorts = _cohorts(self._run(sql.GET_COHORT, cohort_id=cohort_id))
        if not cohorts:
            raise NotFoundError("cohort")
        return cohorts[0]

    @override
    def get_all_cohorts(self) -> list[Cohort]:
        return _cohorts(self._run(sql.GET_ALL_COHORTS))

    @override
    def get_ltv_analytics(
        self, *, start: date | None = None, end: date | None = None
    ) -> LTVAnalytics:
        rows = self._run(sql.LTV_ANALYTICS, start=start, end=end)
        groups: dict[int, dict[str, ValueGroup]] = {
            _BY_SEGMENT: {},
            _BY_COHORT: {},
            _BY_SOURCE: {},
            _BY_CAMPAIGN: {},
        }
        [[run_id, _, _, *total]] = [row for row in rows if row[1] == _TOTAL]
        for _, grouping, name, *values in rows:
            if grouping != _TOTAL and name is not None:
                groups[grouping][name] = ValueGroup(*values)
        return LTVAnalytics(
            run_id,
            ValueGroup(*total),
            by_segment=groups[_BY_SEGMENT],
            by_cohort=groups[_BY_COHORT],
            by_source=groups[_BY_SOURCE],
            by_campaign=groups[_BY_CAMPAIGN],
        )


def _cohorts(rows: Sequence[Row]) -> list[Cohort]:
    """One cohort of each run of rows that differ in their period only."""
    cohorts = []
    for _, group in groupby(rows, key=itemgetter(1)):
        periods = list(group)
        run_id, cohort_id, starts_on, customers, revenue, average_ltv, currency = periods[0][:7]
        cohorts.append(
            Cohort(
                cohort_id,
                starts_on,
                customers,
                Money(revenue, currency),
                Money(average_ltv, currency),
                tuple(CohortPeriod(*row[7:]) for row in periods if row[7] is not None),
                run_id,
            )
        )
    return cohorts
