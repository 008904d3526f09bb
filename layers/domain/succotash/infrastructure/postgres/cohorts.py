"""Cohorts of customers, and what a run's customers are worth together, in PostgreSQL."""

from datetime import date, datetime
from typing import override

from succotash.domain.repositories.cohorts import CohortRepository
from succotash.domain.retention.labels import Labelled
from succotash.domain.retention.retention import UNKNOWN_SOURCE
from succotash.domain.value.ltv import Cohort, LTVAnalytics
from succotash.domain.values import CohortId, RunId, Shard
from succotash.infrastructure.postgres.moments import set_as_of
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.runs import is_scored_by_shard
from succotash.infrastructure.postgres.session import Jsonb, Session
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.postgres.sql.partitions import partition
from succotash.infrastructure.rows.labels import labelled
from succotash.infrastructure.rows.row import only
from succotash.infrastructure.rows.value import cohorts_of, ltv_analytics_of

_SQL = statements("cohorts")


class PostgresCohortRepository(PostgresRepository, CohortRepository):
    """Cohorts of customers, and what a run's customers are worth together."""

    @override
    def build_rollups(self, run_id: RunId, as_of: datetime, time_zone: str) -> None:
        def build(session: Session) -> None:
            only("scoring run", session.run(_SQL["clear_rollups"], run_id=run_id))
            set_as_of(session, as_of, time_zone)
            session.run(
                _SQL["build_rollups"],
                run_id=run_id,
                time_zone=time_zone,
                unknown_source=UNKNOWN_SOURCE,
            )
            merges = is_scored_by_shard(session, run_id)
            cohorts = "merge_cohorts" if merges else "build_cohorts"
            session.run(_SQL.of_shard(cohorts, None), run_id=run_id)

        self._in_transaction(build)

    @override
    def save_cohort(self, cohort: Cohort) -> None:
        rows = self._run(
            _SQL["save_cohort"],
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
    def find_cohorts(self, cohort_id: CohortId | None = None) -> Labelled[list[Cohort]]:
        rows = self._run(_SQL["find_cohorts"], cohort_id=cohort_id)
        return labelled(rows, cohorts_of(rows))

    @override
    def find_ltv_analytics(
        self, *, start: date | None = None, end: date | None = None
    ) -> Labelled[LTVAnalytics]:
        rows = self._run(_SQL["find_ltv_analytics"], start=start, end=end)
        return labelled(rows, ltv_analytics_of(rows))


def count_cohort_part(session: Session, run_id: RunId, shard: Shard) -> None:
    """Count a shard's part of cohort periods, as of the instant set for the transaction."""
    cleared = session.run(_SQL["clear_cohort_part"], run_id=run_id, shard=shard.index)
    only("scoring run", cleared)
    session.run(
        _SQL.of_shard("build_cohort_part", partition(shard)), run_id=run_id, shard=shard.index
    )
