-- Per connection: the purchases that the statements of one call are about (see purchases.py).
CREATE TEMPORARY TABLE purchases (
    customer_id TEXT NOT NULL,
    is_holdout INTEGER NOT NULL CHECK (is_holdout IN (0, 1)),
    order_id TEXT NOT NULL,
    ordered_at INTEGER NOT NULL,
    day INTEGER NOT NULL,
    net INTEGER NOT NULL,
    PRIMARY KEY (customer_id, is_holdout, order_id)
) STRICT, WITHOUT ROWID;
-- Of the same: orders of the past refunded beyond their amount, which are none.
CREATE TEMPORARY TABLE over_refunds (
    customer_id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    day INTEGER NOT NULL,
    net TEXT NOT NULL,
    PRIMARY KEY (customer_id, order_id)
) STRICT, WITHOUT ROWID;
