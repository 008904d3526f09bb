-- What shop systems said of each of their orders, merged. The ledger's entries follow from it, so
-- that a file and events about the same order, in whichever order they come, count it once.

CREATE TABLE shop_orders (
    order_id text COLLATE "C" PRIMARY KEY,
    system text COLLATE "C" NOT NULL,
    number text COLLATE "C",
    told_at timestamptz,
    customer_id text COLLATE "C",
    ordered_at timestamptz,
    amount numeric(19, 4),
    currency text COLLATE "C" CHECK (length(currency) = 3),
    refunded numeric(19, 4) CHECK (refunded >= 0),
    refunded_at timestamptz,
    refunded_told_at timestamptz,
    refunds jsonb CHECK (jsonb_typeof(refunds) = 'object'),
    CONSTRAINT shop_orders_told CHECK (
        num_nulls(told_at, ordered_at, amount, currency) IN (0, 4)
        AND (customer_id IS NULL OR told_at IS NOT NULL)
    ),
    CONSTRAINT shop_orders_refunded CHECK (
        num_nulls(refunded, refunded_at, refunded_told_at) IN (0, 3)
    )
);
COMMENT ON TABLE shop_orders IS
    'Orders of shop systems as last told; without a customer where they do not count.';
CREATE UNIQUE INDEX shop_orders_by_number ON shop_orders (system, number)
WHERE number IS NOT NULL;

ALTER TABLE order_imports
    ADD COLUMN replaced bigint NOT NULL DEFAULT 0 CHECK (replaced >= 0),
    ADD COLUMN skipped jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(skipped) = 'object');
