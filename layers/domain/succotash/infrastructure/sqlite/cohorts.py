"""Cohorts of customers, and what a run's customers are worth together, in SQLite."""

from datetime import date, datetime
from typing import override

from succotash.domain.repositories.cohorts import CohortRepository
from succotash.domain.retention.labels import Labelled
from succotash.domain.retention.retention import UNKNOWN_SOURCE
from succotash.domain.value.ltv import Cohort, LTVAnalytics
from succotash.domain.values import CohortId, Money, RunId
from succotash.infrastructure.rows.labels import labelled
from succotash.infrastructure.rows.value import cohorts_of, ltv_analytics_of
from succotash.infrastructure.sqlite.columns import currency_of
from succotash.infrastructure.sqlite.functions import days_of
from succotash.infrastructure.sqlite.purchases import laid_out_purchases
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.runs import named_run
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("cohorts")


class SQLiteCohortRepository(SQLiteRepository, CohortRepository):
    """Cohorts of customers, and what a run's customers are worth together."""

    @override
    def build_rollups(self, run_id: RunId, as_of: datetime, time_zone: str) -> None:
        with self._unit.writing() as session:
            named_run(session, run_id)
            session.run(_SQL["delete_cohorts"], run_id=run_id)
            session.run(_SQL["delete_rollups"], run_id=run_id)
            with laid_out_purchases(session, as_of, time_zone):
                session.run(_SQL["build_cohorts"], run_id=run_id)
                session.run(_SQL["build_cohort_periods"], run_id=run_id)
            session.run(
                _SQL["build_rollups"],
                run_id=run_id,
                time_zone=time_zone,
                unknown_source=UNKNOWN_SOURCE,
            )

    @override
    def save_cohort(self, cohort: Cohort) -> None:
        with self._unit.writing() as session:
            run_id = named_run(session, cohort.run_id)
            key = {"run_id": run_id, "cohort_id": cohort.cohort_id}
            session.run(
                _SQL["save_cohort"],
                **key,
                starts_on=cohort.starts_on.isoformat(),
                customers=cohort.customers,
                revenue=str(cohort.revenue.units()),
                average_ltv=cohort.average_ltv.units(),
                currency=currency_of(cohort.revenue, cohort.average_ltv),
            )
            session.run(_SQL["delete_cohort_periods"], **key)
            session.run_for_each(
                _SQL["save_cohort_period"],
                [
                    {
                        **key,
                        "period": each.period,
                        "active_customers": each.active_customers,
                        "revenue": str(Money(each.revenue, cohort.revenue.currency).units()),
                    }
                    for each in cohort.periods
                ],
            )

    @override
    def find_cohorts(self, cohort_id: CohortId | None = None) -> Labelled[list[Cohort]]:
        with self._unit.reading() as session:
            rows = session.run(_SQL["find_cohorts"], cohort_id=cohort_id)
        return labelled(rows, cohorts_of(rows))

    @override
    def find_ltv_analytics(
        self, *, start: date | None = None, end: date | None = None
    ) -> Labelled[LTVAnalytics]:
        with self._unit.reading() as session:
            rows = session.run(
                _SQL["find_ltv_analytics"],
                start=None if start is None else days_of(start),
                end=None if end is None else days_of(end),
            )
        return labelled(rows, ltv_analytics_of(rows))
