"""What a purchase is, for everything that counts purchases."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from succotash.domain.values import Shard
from succotash.infrastructure.sqlite.columns import micros
from succotash.infrastructure.sqlite.connection import Session
from succotash.infrastructure.sqlite.functions import require_zone, shard_parameters

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
