"""Cohorts of customers, and what a run's customers are worth together, in SQLite."""

from datetime import date, datetime
from typing import override

from succotash.domain.repositories.cohorts import CohortRepository
from succotash.domain.retention.retention import UNKNOWN_SOURCE
from succotash.domain.value.ltv import Cohort, CohortPeriod, LTVAnalytics, ValueGroup
from succotash.domain.values import CohortId, Money, RunId, Shard
from succotash.errors import NotFoundError
from succotash.infrastructure.sqlite.columns import amount, currency_of
from succotash.infrastructure.sqlite.connection import Row, Session
from succotash.infrastructure.sqlite.functions import days_of
from succotash.infrastructure.sqlite.purchases import laid_out_purchases
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.runs import current_run, named_run

_DELETE_COHORTS = "DELETE FROM cohorts WHERE run_id = :run_id"
_BUILD_COHORTS = """
WITH settled AS (
    SELECT customer_id, net FROM temp.purchases
    UNION ALL
    SELECT customer_id, net FROM temp.over_refunds
),
bought AS (SELECT customer_id, exact_sum(net) AS revenue FROM settled GROUP BY customer_id)
INSERT INTO cohorts (run_id, cohort_id, starts_on, customers, revenue, average_ltv, currency)
SELECT v.run_id, v.cohort_id, v.cohort_id || '-01', COUNT(*),
       coalesce(exact_sum(bought.revenue), 0),
       mean(exact_sum(v.predicted_clv), COUNT(*)), MIN(v.currency)
FROM customer_ltv AS v
LEFT JOIN bought ON bought.customer_id = v.customer_id
WHERE v.run_id = :run_id
GROUP BY v.run_id, v.cohort_id
"""
# An order that arrived late, or was refunded beyond its amount, may lie before the month in which
# its customer was valued: it counts in that month.
_BUILD_PERIODS = """
WITH settled AS (
    SELECT customer_id, customer_id AS buyer, day, net FROM temp.purchases
    UNION ALL
    SELECT customer_id, NULL, day, net FROM temp.over_refunds
),
bought AS (
    SELECT v.cohort_id, s.buyer, s.net,
           max(0, month_number(s.day) - month_number(unixepoch(c.starts_on) / 86400)) AS period
    FROM customer_ltv AS v
    JOIN cohorts AS c ON c.run_id = v.run_id AND c.cohort_id = v.cohort_id
    JOIN settled AS s ON s.customer_id = v.customer_id
    WHERE v.run_id = :run_id
)
INSERT INTO cohort_periods (run_id, cohort_id, period, active_customers, revenue)
SELECT :run_id, cohort_id, period, COUNT(DISTINCT buyer), exact_sum(net)
FROM bought
GROUP BY cohort_id, period
"""
_DELETE_ROLLUPS = "DELETE FROM ltv_rollups WHERE run_id = :run_id"
_BUILD_ROLLUPS = """
WITH valued AS (
    SELECT v.*, local_day(v.first_purchase_at, :time_zone) AS first_purchase_day,
           coalesce(l.source, :unknown_source) AS source, l.campaign
    FROM customer_ltv AS v
    LEFT JOIN customers AS c ON c.customer_id = v.customer_id
    LEFT JOIN leads AS l ON l.lead_id = c.lead_id
    WHERE v.run_id = :run_id
)
INSERT INTO ltv_rollups (
    run_id, first_purchase_day, cohort_id, segment_id, source, campaign, customers, revenue,
    predicted_clv, residual_value
)
SELECT run_id, first_purchase_day,
       strftime('%Y-%m', first_purchase_day * 86400, 'unixepoch') AS first_purchase_month,
       segment_id, source, campaign, COUNT(*), exact_sum(actual_clv), exact_sum(predicted_clv),
       exact_sum(residual_value)
FROM valued
GROUP BY run_id, first_purchase_day, segment_id, source, campaign
"""

_SAVE_COHORT = """
INSERT INTO cohorts (run_id, cohort_id, starts_on, customers, revenue, average_ltv, currency)
VALUES (:run_id, :cohort_id, :starts_on, :customers, :revenue, :average_ltv, :currency)
ON CONFLICT (run_id, cohort_id) DO UPDATE SET
    starts_on = excluded.starts_on,
    customers = excluded.customers,
    revenue = excluded.revenue,
    average_ltv = excluded.average_ltv,
    currency = excluded.currency
"""
_DELETE_PERIODS = """
DELETE FROM cohort_periods WHERE run_id = :run_id AND cohort_id = :cohort_id
"""
_SAVE_PERIOD = """
INSERT INTO cohort_periods (run_id, cohort_id, period, active_customers, revenue)
VALUES (:run_id, :cohort_id, :period, :active_customers, :revenue)
"""
_COHORTS = """
SELECT * FROM cohorts
WHERE run_id = :run_id AND (:cohort_id IS NULL OR cohort_id = :cohort_id)
ORDER BY starts_on, cohort_id
"""
_PERIODS = """
SELECT * FROM cohort_periods
WHERE run_id = :run_id AND (:cohort_id IS NULL OR cohort_id = :cohort_id)
ORDER BY cohort_id, period
"""

_ANALYTICS = """
WITH chosen AS (
    SELECT * FROM ltv_rollups
    WHERE run_id = :run_id
      AND (:start IS NULL OR first_purchase_day >= :start)
      AND (:end IS NULL OR first_purchase_day <= :end)
),
named AS (
    SELECT 'total' AS dimension, '' AS name, * FROM chosen
    UNION ALL SELECT 'segment', segment_id, * FROM chosen
    UNION ALL SELECT 'cohort', cohort_id, * FROM chosen
    UNION ALL SELECT 'source', source, * FROM chosen
    UNION ALL SELECT 'campaign', campaign, * FROM chosen WHERE campaign IS NOT NULL
)
SELECT dimension, name, SUM(customers) AS customers, exact_sum(revenue) AS revenue,
       exact_sum(predicted_clv) AS predicted_clv, exact_sum(residual_value) AS residual_value
FROM named
GROUP BY dimension, name
"""


class SQLiteCohortRepository(SQLiteRepository, CohortRepository):
    """Cohorts of customers, and what a run's customers are worth together."""

    @override
    def build_cohorts(
        self, run_id: RunId, as_of: datetime, time_zone: str, *, shard: Shard
    ) -> None:
        with self._unit.reading() as session:  # the rollups count everybody: that costs no more
            named_run(session, run_id)

    @override
    def build_rollups(
        self, run_id: RunId, as_of: datetime, time_zone: str, *, merged: bool = False
    ) -> None:
        with self._unit.writing() as session:
            named_run(session, run_id)
            session.run(_DELETE_COHORTS, run_id=run_id)
            session.run(_DELETE_ROLLUPS, run_id=run_id)
            with laid_out_purchases(session, as_of, time_zone):
                session.run(_BUILD_COHORTS, run_id=run_id)
                session.run(_BUILD_PERIODS, run_id=run_id)
            session.run(
                _BUILD_ROLLUPS, run_id=run_id, time_zone=time_zone, unknown_source=UNKNOWN_SOURCE
            )

    @override
    def save_cohort(self, cohort: Cohort) -> None:
        with self._unit.writing() as session:
            run_id = named_run(session, cohort.run_id)
            key = {"run_id": run_id, "cohort_id": cohort.cohort_id}
            session.run(
                _SAVE_COHORT,
                **key,
                starts_on=cohort.starts_on.isoformat(),
                customers=cohort.customers,
                revenue=str(cohort.revenue.units()),
                average_ltv=cohort.average_ltv.units(),
                currency=currency_of(cohort.revenue, cohort.average_ltv),
            )
            session.run(_DELETE_PERIODS, **key)
            session.run_for_each(
                _SAVE_PERIOD,
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
    def get_cohort(self, cohort_id: CohortId) -> Cohort:
        with self._unit.reading() as session:
            for cohort in _cohorts(session, cohort_id):
                return cohort
        raise NotFoundError("cohort")

    @override
    def get_all_cohorts(self) -> list[Cohort]:
        with self._unit.reading() as session:
            return _cohorts(session)

    @override
    def get_ltv_analytics(
        self, *, start: date | None = None, end: date | None = None
    ) -> LTVAnalytics:
        with self._unit.reading() as session:
            run_id = current_run(session)
            rows = session.run(
                _ANALYTICS,
                run_id=run_id,
                start=None if start is None else days_of(start),
                end=None if end is None else days_of(end),
            )
        groups: dict[str, dict[str, ValueGroup]] = {}
        for row in rows:
            groups.setdefault(row["dimension"], {})[row["name"]] = _value_group(row)
        nobody = ValueGroup(0, amount(0), amount(0), amount(0))
        return LTVAnalytics(
            run_id=run_id,
            total=groups.get("total", {}).get("", nobody),
            by_segment=groups.get("segment", {}),
            by_cohort=groups.get("cohort", {}),
            by_source=groups.get("source", {}),
            by_campaign=groups.get("campaign", {}),
        )


def _cohorts(session: Session, cohort_id: CohortId | None = None) -> list[Cohort]:
    asked = {"run_id": current_run(session), "cohort_id": cohort_id}
    periods: dict[str, list[CohortPeriod]] = {}
    for row in session.run(_PERIODS, **asked):
        period = CohortPeriod(row["period"], row["active_customers"], amount(row["revenue"]))
        periods.setdefault(row["cohort_id"], []).append(period)
    return [
        Cohort(
            cohort_id=row["cohort_id"],
            starts_on=date.fromisoformat(row["starts_on"]),
            customers=row["customers"],
            revenue=Money.of_units(int(row["revenue"]), row["currency"]),
            average_ltv=Money.of_units(row["average_ltv"], row["currency"]),
            periods=tuple(periods.get(row["cohort_id"], ())),
            run_id=row["run_id"],
        )
        for row in session.run(_COHORTS, **asked)
    ]


def _value_group(row: Row) -> ValueGroup:
    return ValueGroup(
        customers=row["customers"],
        revenue=amount(row["revenue"]),
        predicted_clv=amount(row["predicted_clv"]),
        residual_value=amount(row["residual_value"]),
    )
