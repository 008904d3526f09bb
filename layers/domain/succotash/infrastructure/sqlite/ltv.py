"""Orders, customers and what they are worth, in SQLite."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

import json
from array import array
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import override

from succotash.domain.repositories.ltv import LTVRepository
from succotash.domain.retention.retention import UNKNOWN_SOURCE
from succotash.domain.value.ledgers import Customer, Histories, Order, PurchaseHistories, Recording
from succotash.domain.value.ltv import (
    Cohort,
    CohortPeriod,
    CustomerLTV,
    CustomerValues,
    LTVAnalytics,
    LTVSegment,
    SegmentResult,
    ValueGroup,
)
from succotash.domain.value.order_import import (
    OrderImport,
    Position,
    RejectedLine,
    WarnedLine,
    as_rejected,
)
from succotash.domain.value.orders import OrderColumns
from succotash.domain.value.refunds import RefundTotals, RefundWarning
from succotash.domain.values import (
    LARGEST_UNITS,
    PAGE,
    CohortId,
    Currency,
    CustomerId,
    Money,
    OrderId,
    RunId,
    SegmentId,
    Shard,
)
from succotash.errors import NotFoundError, Violation
from succotash.infrastructure.sqlite.columns import (
    amount,
    currency_of,
    instant,
    instant_text,
    json_text,
    micros,
    micros_of_text,
    money,
)
from succotash.infrastructure.sqlite.connection import Row, Session
from succotash.infrastructure.sqlite.functions import days_of, local_day, shard_parameters
from succotash.infrastructure.sqlite.purchases import laid_out_purchases
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.runs import current_run, named_run
from succotash.infrastructure.sqlite.sightings import MEANT, Sighting, see_customers

_KNOWN_ORDERS = """
SELECT o.*
FROM json_each(:keys) AS k
JOIN orders AS o ON o.customer_id = k.value ->> 0 AND o.order_id = k.value ->> 1
"""
_ADD_ORDER = """
INSERT INTO orders (customer_id, order_id, ordered_at, amount, currency, refund_of)
VALUES (:customer_id, :order_id, :ordered_at, :amount, :currency, :refund_of)
"""
# A negative limit is none.
_NEWEST_ORDERS = f"""
SELECT * FROM orders WHERE customer_id = {MEANT}
ORDER BY ordered_at DESC, order_id DESC
LIMIT :limit
"""
_REFUNDED = """
SELECT k.value ->> 0 AS customer_id, k.value ->> 1 AS order_id,
       o.order_id IS NOT NULL AS is_known, o.refund_of IS NOT NULL AS is_refund,
       coalesce(o.amount, 0) AS amount,
       o.order_id IS NULL AND EXISTS (
           SELECT 1 FROM orders AS other WHERE other.order_id = k.value ->> 1
       ) AS is_anothers,
       (
           SELECT exact_sum(r.amount) FROM orders AS r
           WHERE r.customer_id = k.value ->> 0 AND r.refund_of = k.value ->> 1
       ) AS refunded
FROM json_each(:keys) AS k
LEFT JOIN orders AS o ON o.customer_id = k.value ->> 0 AND o.order_id = k.value ->> 1
"""
_TOTAL_REFUNDS = """
WITH refunds AS (
    SELECT customer_id, refund_of AS order_id, COUNT(*) AS refunds, exact_sum(amount) AS amount
    FROM orders
    WHERE refund_of IS NOT NULL AND ordered_at <= :as_of
      AND (:shards IS NULL OR shard_of(customer_id, :shards) = :shard)
    GROUP BY customer_id, refund_of
)
SELECT r.refunds, r.amount, exact_add(o.amount, r.amount) AS net
FROM refunds AS r
LEFT JOIN orders AS o
       ON o.customer_id = r.customer_id AND o.order_id = r.order_id
      AND o.refund_of IS NULL AND o.ordered_at <= :as_of
WHERE o.order_id IS NULL OR o.amount + CAST(r.amount AS INTEGER) < 0
"""
_OPEN_IMPORT = """
INSERT INTO order_imports (
    import_id, byte_offset, line, recorded, unchanged, conflicting, rejected, erased, is_finished
)
VALUES (:import_id, 0, 0, 0, 0, 0, 0, 0, 0)
ON CONFLICT (import_id) DO NOTHING
"""
# Lines that were warned of stand among the rejected ones, told by the code of their only violation.
# They outlive the import, because their count does.
_IS_WARNED = "(violations ->> '$[0][1]' IN ({})) IS TRUE".format(
    ", ".join(f"'{each}'" for each in RefundWarning)
)
_IMPORT = f"""
SELECT *, (
    SELECT COUNT(*) FROM order_import_rejections AS told
    WHERE told.import_id = order_imports.import_id AND {_IS_WARNED}
) AS warned
FROM order_imports
WHERE import_id = :import_id
"""
_SAVE_IMPORT = """
UPDATE order_imports
SET byte_offset = :byte_offset, line = :line, recorded = :recorded, unchanged = :unchanged,
    conflicting = :conflicting, rejected = :rejected, erased = :erased
WHERE import_id = :import_id
"""
_REJECT_LINE = """
INSERT INTO order_import_rejections (import_id, line, is_conflicting, violations)
VALUES (:import_id, :line, :is_conflicting, :violations)
"""
_REJECTED_LINES = f"""
SELECT line, is_conflicting, violations
FROM order_import_rejections
WHERE import_id = :import_id AND line > :after AND NOT {_IS_WARNED}
ORDER BY line
LIMIT :limit
"""
_WARNED_LINES = f"""
SELECT line, violations ->> '$[0][1]' AS code
FROM order_import_rejections
WHERE import_id = :import_id AND line > :after AND {_IS_WARNED}
ORDER BY line
LIMIT :limit
"""
_FINISH_IMPORT = "UPDATE order_imports SET is_finished = 1 WHERE import_id = :import_id"
_FORGET_REJECTED_LINES = f"""
DELETE FROM order_import_rejections WHERE import_id = :import_id AND NOT {_IS_WARNED}
"""

_BY_WEEK = """
SELECT (later.day - :cut) / 7 AS week, COUNT(*) AS days
FROM (SELECT DISTINCT customer_id, day FROM temp.purchases WHERE is_holdout = 1) AS later
WHERE EXISTS (
    SELECT 1 FROM temp.purchases AS p
    WHERE p.customer_id = later.customer_id AND p.is_holdout = 0
)
GROUP BY week
"""
_HISTORIES = """
WITH past AS (
    SELECT customer_id, MIN(day) AS first_day, MAX(day) AS last_day,
           COUNT(DISTINCT day) AS days, COUNT(*) AS orders, exact_sum(net) AS revenue,
           MIN(ordered_at) AS first_purchase_at, MAX(ordered_at) AS last_purchase_at
    FROM temp.purchases
    WHERE is_holdout = 0
    GROUP BY customer_id
),
first_days AS (
    SELECT customer_id, exact_sum(p.net) AS revenue
    FROM temp.purchases AS p
    JOIN past USING (customer_id)
    WHERE p.is_holdout = 0 AND p.day = past.first_day
    GROUP BY customer_id
),
later AS (
    SELECT customer_id, COUNT(DISTINCT day) AS days, exact_sum(net) AS revenue
    FROM temp.purchases
    WHERE is_holdout = 1
    GROUP BY customer_id
),
given_back AS (
    SELECT customer_id, exact_sum(net) AS amount FROM temp.over_refunds GROUP BY customer_id
)
SELECT past.customer_id, past.first_day, past.days - 1 AS frequency,
       past.last_day - past.first_day AS recency, past.orders, past.revenue,
       first_days.revenue AS first_day_revenue,
       past.first_purchase_at, past.last_purchase_at,
       coalesce(later.days, 0) AS holdout, coalesce(later.revenue, 0) AS holdout_revenue,
       coalesce(given_back.amount, 0) AS over_refunds
FROM past
JOIN first_days USING (customer_id)
LEFT JOIN later USING (customer_id)
LEFT JOIN given_back USING (customer_id)
ORDER BY past.customer_id
"""
_CURRENCIES = "SELECT DISTINCT currency FROM orders WHERE ordered_at <= :as_of"

_CUSTOMER = f"SELECT * FROM customers WHERE customer_id = {MEANT}"
_CUSTOMERS_BY_EMAIL = """
SELECT * FROM customers WHERE canonical_email = :canonical_email ORDER BY customer_id
"""

_DELETE_SHARD = """
DELETE FROM customer_ltv
WHERE run_id = :run_id AND (:shards IS NULL OR shard_of(customer_id, :shards) = :shard)
"""
_SAVE_VALUE = """
INSERT INTO customer_ltv (
    run_id, customer_id, actual_clv, residual_value, average_order_value, currency, order_count,
    frequency, lifetime_months, probability_alive, expected_purchases_30, expected_purchases_90,
    expected_purchases_365, segment_id, cohort_id, first_purchase_at, last_purchase_at,
    residual_low, residual_high
)
VALUES (
    :run_id, :customer_id, :actual_clv, :residual_value, :average_order_value, :currency,
    :order_count, :frequency, :lifetime_months, :probability_alive, :expected_purchases_30,
    :expected_purchases_90, :expected_purchases_365, :segment_id, :cohort_id,
    :first_purchase_at, :last_purchase_at, :residual_low, :residual_high
)
ON CONFLICT (run_id, customer_id) DO UPDATE SET
    actual_clv = excluded.actual_clv,
    residual_value = excluded.residual_value,
    average_order_value = excluded.average_order_value,
    currency = excluded.currency,
    order_count = excluded.order_count,
    frequency = excluded.frequency,
    lifetime_months = excluded.lifetime_months,
    probability_alive = excluded.probability_alive,
    expected_purchases_30 = excluded.expected_purchases_30,
    expected_purchases_90 = excluded.expected_purchases_90,
    expected_purchases_365 = excluded.expected_purchases_365,
    segment_id = excluded.segment_id,
    cohort_id = excluded.cohort_id,
    first_purchase_at = excluded.first_purchase_at,
    last_purchase_at = excluded.last_purchase_at,
    residual_low = excluded.residual_low,
    residual_high = excluded.residual_high
"""
_VALUE = f"""
SELECT * FROM customer_ltv
WHERE run_id = (SELECT run_id FROM current_run) AND customer_id = {MEANT}
"""
_VALUES = """
SELECT * FROM customer_ltv
WHERE run_id = (SELECT run_id FROM current_run)
  AND (:segment_id IS NULL OR segment_id = :segment_id)
  AND (:cohort_id IS NULL OR cohort_id = :cohort_id)
  AND (:after_value IS NULL OR predicted_clv < :after_value
       OR (predicted_clv = :after_value AND customer_id > :after_id))
ORDER BY predicted_clv DESC, customer_id
LIMIT :limit
"""

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

_SAVE_SEGMENT = """
INSERT INTO ltv_segments (segment_id, name, description, lower_quantile, lower_bound, currency)
VALUES (:segment_id, :name, :description, :lower_quantile, :lower_bound, :currency)
ON CONFLICT (segment_id) DO UPDATE SET
    name = excluded.name,
    description = excluded.description,
    lower_quantile = excluded.lower_quantile,
    lower_bound = excluded.lower_bound,
    currency = excluded.currency
"""
_SEGMENT_IDS = "SELECT segment_id FROM ltv_segments"
_DELETE_BOUNDS = "DELETE FROM ltv_segment_bounds WHERE run_id = :run_id"
_SAVE_BOUND = """
INSERT INTO ltv_segment_bounds (run_id, segment_id, lower_bound, currency)
VALUES (:run_id, :segment_id, :lower_bound, :currency)
"""
_SEGMENTS = """
WITH valued AS (
    SELECT segment_id, COUNT(*) AS customers, exact_sum(predicted_clv) AS total_value
    FROM customer_ltv
    WHERE run_id = (SELECT run_id FROM current_run)
    GROUP BY segment_id
)
SELECT s.*, b.run_id, b.lower_bound AS resolved_bound, b.currency AS resolved_currency,
       coalesce(valued.customers, 0) AS customers, coalesce(valued.total_value, 0) AS total_value
FROM ltv_segments AS s
LEFT JOIN ltv_segment_bounds AS b
       ON b.segment_id = s.segment_id AND b.run_id = (SELECT run_id FROM current_run)
LEFT JOIN valued ON valued.segment_id = s.segment_id
WHERE :segment_id IS NULL OR s.segment_id = :segment_id
ORDER BY s.lower_quantile IS NULL, s.lower_quantile, s.lower_bound, s.segment_id
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


class SQLiteLTVRepository(SQLiteRepository, LTVRepository):
    """Orders, customers and values in tables."""

    @override
    def record_orders(self, orders: Sequence[Order]) -> list[Recording]:
        batch = [_order_columns(order) for order in orders]
        keys = [(order["customer_id"], order["order_id"]) for order in batch]
        with self._unit.writing() as session:
            known = {
                (row["customer_id"], row["order_id"]): dict(row)
                for row in session.run(_KNOWN_ORDERS, keys=json_text(keys))
            }
            recordings = [
                _recording(known.get(key), order) for key, order in zip(keys, batch, strict=True)
            ]
            became = list(zip(recordings, batch, orders, strict=True))
            session.run_for_each(
                _ADD_ORDER,
                [columns for recording, columns, _ in became if recording is Recording.RECORDED],
            )
            see_customers(
                session,
                [
                    Sighting(order.customer_id, micros(order.ordered_at), order.canonical_email)
                    for recording, _, order in became
                    if recording is not Recording.CONFLICTING
                ],
            )
        return recordings

    @override
    def import_orders(self, orders: OrderColumns) -> list[Recording]:
        return self.record_orders([*orders.orders()])

    @override
    def judge_refunds(
        self, refunded: Sequence[tuple[CustomerId, OrderId]]
    ) -> list[RefundWarning | None]:
        with self._unit.reading() as session:
            rows = session.run(_REFUNDED, keys=json_text([*dict.fromkeys(refunded)]))
        judged = {(row["customer_id"], row["order_id"]): _refund_warning(row) for row in rows}
        return [judged[each] for each in refunded]

    @override
    def total_refunds(self, as_of: datetime, *, shard: Shard | None = None) -> RefundTotals:
        with self._unit.reading() as session:
            rows = session.run(_TOTAL_REFUNDS, as_of=micros(as_of), **shard_parameters(shard))
        unmatched = [row for row in rows if row["net"] is None]
        exceeding = [int(row["net"]) for row in rows if row["net"] is not None]
        return RefundTotals(
            sum(row["refunds"] for row in unmatched),
            sum(int(row["amount"]) for row in unmatched),
            len(exceeding),
            sum(exceeding),
        )

    @override
    def open_import(self, import_id: str) -> OrderImport:
        with self._unit.writing() as session:
            session.run(_OPEN_IMPORT, import_id=import_id)
            [row] = session.run(_IMPORT, import_id=import_id)
        return OrderImport(
            row["import_id"],
            Position(row["byte_offset"], row["line"]),
            row["recorded"],
            row["unchanged"],
            row["conflicting"],
            row["rejected"],
            row["erased"],
            is_finished=bool(row["is_finished"]),
            warned=row["warned"],
        )

    @override
    def save_import(
        self,
        state: OrderImport,
        rejected: Sequence[RejectedLine],
        warned: Sequence[WarnedLine] = (),
    ) -> None:
        with self._unit.writing() as session:
            changed = session.change(
                _SAVE_IMPORT,
                import_id=state.import_id,
                byte_offset=state.position.offset,
                line=state.position.line,
                recorded=state.recorded,
                unchanged=state.unchanged,
                conflicting=state.conflicting,
                rejected=state.rejected,
                erased=state.erased,
            )
            if not changed:
                raise NotFoundError("import")
            session.run_for_each(
                _REJECT_LINE,
                [
                    {
                        "import_id": state.import_id,
                        "line": each.line,
                        "is_conflicting": each.is_conflicting,
                        "violations": json_text(
                            [[found.field, found.code, found.message] for found in each.violations]
                        ),
                    }
                    for each in (*rejected, *map(as_rejected, warned))
                ],
            )

    @override
    def get_rejected_lines(
        self, import_id: str, *, after: int = 0, limit: int = PAGE
    ) -> list[RejectedLine]:
        with self._unit.reading() as session:
            rows = session.run(_REJECTED_LINES, import_id=import_id, after=after, limit=limit)
        return [
            RejectedLine(
                row["line"],
                tuple(Violation(*each) for each in json.loads(row["violations"])),
                is_conflicting=bool(row["is_conflicting"]),
            )
            for row in rows
        ]

    @override
    def get_warned_lines(
        self, import_id: str, *, after: int = 0, limit: int = PAGE
    ) -> list[WarnedLine]:
        with self._unit.reading() as session:
            rows = session.run(_WARNED_LINES, import_id=import_id, after=after, limit=limit)
        return [WarnedLine(row["line"], RefundWarning(row["code"])) for row in rows]

    @override
    def finish_import(self, import_id: str) -> None:
        with self._unit.writing() as session:
            if not session.change(_FINISH_IMPORT, import_id=import_id):
                raise NotFoundError("import")
            session.run(_FORGET_REJECTED_LINES, import_id=import_id)

    @override
    def purchase_histories(
        self,
        as_of: datetime,
        time_zone: str,
        *,
        shard: Shard | None = None,
        holdout_until: datetime | None = None,
    ) -> PurchaseHistories:
        with (
            self._unit.reading() as session,
            laid_out_purchases(session, as_of, time_zone, shard=shard, holdout_until=holdout_until),
        ):
            found = session.run(_HISTORIES)
        rows, left_out = _countable(found)
        repeats = [int(row["revenue"]) - int(row["first_day_revenue"]) for row in rows]
        today = local_day(micros(as_of), time_zone)
        days = Histories(
            customer_ids=[row["customer_id"] for row in rows],
            first_day=_integers(rows, "first_day"),
            frequency=_integers(rows, "frequency"),
            recency=_integers(rows, "recency"),
            age=array("q", [today - row["first_day"] for row in rows]),
            holdout=_integers(rows, "holdout"),
        )
        return PurchaseHistories(
            days=days,
            orders=_integers(rows, "orders"),
            revenue=_integers(rows, "revenue"),
            repeat_revenue=array("q", repeats),
            first_purchase_at=[instant_text(row["first_purchase_at"]) for row in rows],
            last_purchase_at=[instant_text(row["last_purchase_at"]) for row in rows],
            holdout_revenue=_integers(rows, "holdout_revenue"),
            over_refunds=_integers(rows, "over_refunds"),
            left_out=left_out,
        )

    @override
    def count_purchases_by_week(
        self, as_of: datetime, until: datetime, time_zone: str, *, shard: Shard | None = None
    ) -> list[int]:
        cut, last = local_day(micros(as_of), time_zone), local_day(micros(until), time_zone)
        with (
            self._unit.reading() as session,
            laid_out_purchases(session, as_of, time_zone, shard=shard, holdout_until=until),
        ):
            found = {row["week"]: row["days"] for row in session.run(_BY_WEEK, cut=cut)}
        return [found.get(week, 0) for week in range((last - cut) // 7 + 1)]

    @override
    def get_currencies(self, as_of: datetime) -> set[Currency]:
        with self._unit.reading() as session:
            rows = session.run(_CURRENCIES, as_of=micros(as_of))
        return {Currency(row["currency"]) for row in rows}

    @override
    def get_customer(self, customer_id: CustomerId) -> Customer:
        with self._unit.reading() as session:
            for row in session.run(_CUSTOMER, customer_id=customer_id):
                return _customer(row)
        raise NotFoundError("customer")

    @override
    def get_customers_by_email(self, canonical_email: str) -> list[Customer]:
        with self._unit.reading() as session:
            rows = session.run(_CUSTOMERS_BY_EMAIL, canonical_email=canonical_email)
        return [_customer(row) for row in rows]

    @override
    def get_orders(self, customer_id: CustomerId, *, newest: int | None = None) -> list[Order]:
        with self._unit.reading() as session:
            rows = session.run(
                _NEWEST_ORDERS, customer_id=customer_id, limit=-1 if newest is None else newest
            )
        return [_order(row) for row in reversed(rows)]

    @override
    def save_customer_ltv(self, value: CustomerLTV) -> None:
        with self._unit.writing() as session:
            run_id = named_run(session, value.run_id)
            session.run(
                _SAVE_VALUE,
                run_id=run_id,
                customer_id=value.customer_id,
                actual_clv=value.actual_clv.units(),
                residual_value=value.residual_value.units(),
                average_order_value=value.average_order_value.units(),
                currency=currency_of(
                    value.actual_clv, value.residual_value, value.average_order_value
                ),
                order_count=value.order_count,
                frequency=value.frequency,
                lifetime_months=value.lifetime_months,
                probability_alive=value.probability_alive,
                expected_purchases_30=value.expected_purchases_30,
                expected_purchases_90=value.expected_purchases_90,
                expected_purchases_365=value.expected_purchases_365,
                segment_id=value.segment_id,
                cohort_id=value.cohort_id,
                first_purchase_at=micros(value.first_purchase_at),
                last_purchase_at=micros(value.last_purchase_at),
                residual_low=value.residual_low and value.residual_low.units(),
                residual_high=value.residual_high and value.residual_high.units(),
            )

    @override
    def save_customer_values(
        self, run_id: RunId, currency: Currency, shard: Shard | None, values: CustomerValues
    ) -> None:
        with self._unit.writing() as session:
            named_run(session, run_id)
            session.run(_DELETE_SHARD, run_id=run_id, **shard_parameters(shard))
            session.run_for_each(
                _SAVE_VALUE,
                (
                    {
                        "run_id": run_id,
                        "currency": currency,
                        "customer_id": customer_id,
                        "actual_clv": int(values.actual_clv[place]),
                        "residual_value": int(values.residual_value[place]),
                        "average_order_value": int(values.average_order_value[place]),
                        "order_count": int(values.order_count[place]),
                        "frequency": int(values.frequency[place]),
                        "lifetime_months": float(values.lifetime_months[place]),
                        "probability_alive": float(values.probability_alive[place]),
                        "expected_purchases_30": float(values.expected_purchases_30[place]),
                        "expected_purchases_90": float(values.expected_purchases_90[place]),
                        "expected_purchases_365": float(values.expected_purchases_365[place]),
                        "segment_id": values.segment_ids[place],
                        "cohort_id": values.cohort_ids[place],
                        "first_purchase_at": micros_of_text(values.first_purchase_at[place]),
                        "last_purchase_at": micros_of_text(values.last_purchase_at[place]),
                        "residual_low": values.residual_low[place],
                        "residual_high": values.residual_high[place],
                    }
                    for place, customer_id in enumerate(values.customer_ids)
                ),
            )

    @override
    def get_customer_ltv(self, customer_id: CustomerId) -> CustomerLTV:
        with self._unit.reading() as session:
            for row in session.run(_VALUE, customer_id=customer_id):
                return _value(row)
        raise NotFoundError("customer")

    @override
    def find_customers(
        self,
        *,
        segment_id: SegmentId | None = None,
        cohort_id: CohortId | None = None,
        limit: int = PAGE,
        after: tuple[Money, CustomerId] | None = None,
    ) -> list[CustomerLTV]:
        with self._unit.reading() as session:
            rows = session.run(
                _VALUES,
                segment_id=segment_id,
                cohort_id=cohort_id,
                limit=limit,
                after_value=None if after is None else after[0].units(),
                after_id=None if after is None else after[1],
            )
        return [_value(row) for row in rows]

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
    def save_ltv_segment(self, segment: LTVSegment) -> None:
        bound = segment.lower_bound
        with self._unit.writing() as session:
            session.run(
                _SAVE_SEGMENT,
                segment_id=segment.segment_id,
                name=segment.name,
                description=segment.description,
                lower_quantile=segment.lower_quantile,
                lower_bound=None if bound is None else bound.units(),
                currency=None if bound is None else bound.currency,
            )

    @override
    def save_segment_bounds(self, run_id: RunId, bounds: Mapping[SegmentId, Money]) -> None:
        with self._unit.writing() as session:
            named_run(session, run_id)
            if bounds.keys() - {row["segment_id"] for row in session.run(_SEGMENT_IDS)}:
                raise NotFoundError("segment")
            session.run(_DELETE_BOUNDS, run_id=run_id)
            session.run_for_each(
                _SAVE_BOUND,
                [
                    {
                        "run_id": run_id,
                        "segment_id": segment_id,
                        "lower_bound": bound.units(),
                        "currency": bound.currency,
                    }
                    for segment_id, bound in bounds.items()
                ],
            )

    @override
    def get_ltv_segment(self, segment_id: SegmentId) -> LTVSegment:
        with self._unit.reading() as session:
            for row in session.run(_SEGMENTS, segment_id=segment_id):
                return _segment(row)
        raise NotFoundError("segment")

    @override
    def get_all_ltv_segments(self) -> list[LTVSegment]:
        with self._unit.reading() as session:
            return [_segment(row) for row in session.run(_SEGMENTS, segment_id=None)]

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


def _countable(rows: Sequence[Row]) -> tuple[list[Row], list[str]]:
    """The rows of which 64 bits hold every amount, and the customers of the others."""
    amounts = ("revenue", "first_day_revenue", "holdout_revenue", "over_refunds")
    kept, left_out = list[Row](), list[str]()
    for row in rows:
        if all(abs(int(row[each])) <= LARGEST_UNITS for each in amounts):
            kept.append(row)
        else:
            left_out.append(row["customer_id"])
    return kept, left_out


def _integers(rows: Sequence[Row], column: str) -> array[int]:
    return array("q", [int(row[column]) for row in rows])


def _order_columns(order: Order) -> dict[str, object]:
    return {
        "customer_id": order.customer_id,
        "order_id": order.order_id,
        "ordered_at": micros(order.ordered_at),
        "amount": order.amount.units(),
        "currency": order.amount.currency,
        "refund_of": order.refund_of,
    }


def _recording(known: Mapping[str, object] | None, given: Mapping[str, object]) -> Recording:
    if known is None:
        return Recording.RECORDED
    return Recording.UNCHANGED if known == given else Recording.CONFLICTING


def _refund_warning(row: Row) -> RefundWarning | None:
    if row["is_refund"]:
        return RefundWarning.OF_REFUND
    if row["is_known"] and row["amount"] + int(row["refunded"] or 0) < 0:
        return RefundWarning.EXCEEDS_ORDER
    return RefundWarning.OF_ANOTHER_CUSTOMER if row["is_anothers"] else None


def _order(row: Row) -> Order:
    return Order(
        customer_id=row["customer_id"],
        order_id=row["order_id"],
        ordered_at=instant(row["ordered_at"]),
        amount=Money.of_units(row["amount"], row["currency"]),
        refund_of=row["refund_of"],
    )


def _customer(row: Row) -> Customer:
    return Customer(
        customer_id=row["customer_id"],
        first_seen_at=instant(row["first_seen_at"]),
        canonical_email=row["canonical_email"],
        lead_id=row["lead_id"],
    )


def _value(row: Row) -> CustomerLTV:
    currency = row["currency"]
    return CustomerLTV(
        customer_id=row["customer_id"],
        actual_clv=Money.of_units(row["actual_clv"], currency),
        residual_value=Money.of_units(row["residual_value"], currency),
        average_order_value=Money.of_units(row["average_order_value"], currency),
        order_count=row["order_count"],
        frequency=row["frequency"],
        lifetime_months=row["lifetime_months"],
        probability_alive=row["probability_alive"],
        expected_purchases_30=row["expected_purchases_30"],
        expected_purchases_90=row["expected_purchases_90"],
        expected_purchases_365=row["expected_purchases_365"],
        segment_id=row["segment_id"],
        cohort_id=row["cohort_id"],
        first_purchase_at=instant(row["first_purchase_at"]),
        last_purchase_at=instant(row["last_purchase_at"]),
        run_id=row["run_id"],
        residual_low=money(row["residual_low"], currency),
        residual_high=money(row["residual_high"], currency),
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


def _segment(row: Row) -> LTVSegment:
    bound = money(row["resolved_bound"], row["resolved_currency"])
    result = None
    if bound is not None:
        total = Money.of_units(int(row["total_value"]), bound.currency)
        result = SegmentResult(row["run_id"], bound, row["customers"], total)
    return LTVSegment(
        segment_id=row["segment_id"],
        name=row["name"],
        description=row["description"],
        lower_quantile=row["lower_quantile"],
        lower_bound=money(row["lower_bound"], row["currency"]),
        result=result,
    )


def _value_group(row: Row) -> ValueGroup:
    return ValueGroup(
        customers=row["customers"],
        revenue=amount(row["revenue"]),
        predicted_clv=amount(row["predicted_clv"]),
        residual_value=amount(row["residual_value"]),
    )
