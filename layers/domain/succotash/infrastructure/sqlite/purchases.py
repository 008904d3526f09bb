"""Purchase histories, which models are fitted to, in SQLite."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import override

from succotash.domain.repositories.purchases import PurchaseRepository
from succotash.domain.value.ledgers import Histories, PurchaseHistories
from succotash.domain.values import LARGEST_UNITS, Currency, Shard
from succotash.infrastructure.sqlite.columns import instant_text, micros
from succotash.infrastructure.sqlite.connection import Row, Session
from succotash.infrastructure.sqlite.functions import local_day, require_zone, shard_parameters
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.rows import integers

_CLEAR = "DELETE FROM temp.purchases"
_CLEAR_OVER_REFUNDS = "DELETE FROM temp.over_refunds"
# A cast takes what 64 bits do not hold for the most that they do: it is no purchase either way.
_REFUNDS = """
WITH refunds AS (
    SELECT customer_id, refund_of AS order_id, exact_sum(amount) AS amount
    FROM orders
    WHERE refund_of IS NOT NULL
      AND ordered_at <= :until
      AND (:shards IS NULL OR shard_of(customer_id, :shards) = :shard)
    GROUP BY customer_id, refund_of
)
"""
_LAY_OUT = f"""
INSERT INTO temp.purchases (customer_id, is_holdout, order_id, ordered_at, day, net)
{_REFUNDS}
SELECT o.customer_id, :is_holdout, o.order_id, o.ordered_at,
       local_day(o.ordered_at, :time_zone), o.amount + COALESCE(CAST(r.amount AS INTEGER), 0)
FROM orders AS o
LEFT JOIN refunds AS r ON r.customer_id = o.customer_id AND r.order_id = o.order_id
WHERE o.refund_of IS NULL
  AND o.ordered_at <= :until
  AND (:after IS NULL OR o.ordered_at > :after)
  AND (:shards IS NULL OR shard_of(o.customer_id, :shards) = :shard)
  AND (r.amount IS NULL OR o.amount + CAST(r.amount AS INTEGER) > 0)
"""
_LAY_OUT_OVER_REFUNDS = f"""
INSERT INTO temp.over_refunds (customer_id, order_id, day, net)
{_REFUNDS}
SELECT o.customer_id, o.order_id, local_day(o.ordered_at, :time_zone), exact_add(o.amount, r.amount)
FROM refunds AS r
JOIN orders AS o ON o.customer_id = r.customer_id AND o.order_id = r.order_id
WHERE o.refund_of IS NULL
  AND o.ordered_at <= :until
  AND o.amount + CAST(r.amount AS INTEGER) < 0
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


@contextmanager
def laid_out_purchases(
    session: Session,
    as_of: datetime,
    time_zone: str,
    *,
    shard: Shard | None = None,
    holdout_until: datetime | None = None,
) -> Iterator[None]:
    """Within the block, temp.purchases holds purchases with their local day and net amount.

    Those at or before `as_of` are netted as of then. Those after it up to `holdout_until`, marked
    is_holdout, are netted as of the end of the holdout. temp.over_refunds holds the orders at or
    before `as_of` that were refunded beyond their amount by then, and what they came to.
    """
    require_zone(time_zone)
    part = {"time_zone": time_zone, **shard_parameters(shard)}
    try:
        session.run(_LAY_OUT, until=micros(as_of), after=None, is_holdout=0, **part)
        session.run(_LAY_OUT_OVER_REFUNDS, until=micros(as_of), **part)
        if holdout_until is not None:
            span = {"until": micros(holdout_until), "after": micros(as_of)}
            session.run(_LAY_OUT, is_holdout=1, **span, **part)
        yield
    finally:
        session.run(_CLEAR)
        session.run(_CLEAR_OVER_REFUNDS)


class SQLitePurchaseRepository(SQLiteRepository, PurchaseRepository):
    """Purchase histories, which models are fitted to."""

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
            first_day=integers(rows, "first_day"),
            frequency=integers(rows, "frequency"),
            recency=integers(rows, "recency"),
            age=array("q", [today - row["first_day"] for row in rows]),
            holdout=integers(rows, "holdout"),
        )
        return PurchaseHistories(
            days=days,
            orders=integers(rows, "orders"),
            revenue=integers(rows, "revenue"),
            repeat_revenue=array("q", repeats),
            first_purchase_at=[instant_text(row["first_purchase_at"]) for row in rows],
            last_purchase_at=[instant_text(row["last_purchase_at"]) for row in rows],
            holdout_revenue=integers(rows, "holdout_revenue"),
            over_refunds=integers(rows, "over_refunds"),
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
