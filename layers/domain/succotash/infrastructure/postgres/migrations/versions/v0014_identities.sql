-- What shops and other senders call a customer, beside the id that the customer is known by.

CREATE TABLE customer_aliases (
    system text COLLATE "C" NOT NULL,
    alias text COLLATE "C" NOT NULL,
    customer_id text COLLATE "C" NOT NULL REFERENCES customers ON DELETE CASCADE,
    PRIMARY KEY (system, alias)
);
CREATE INDEX customer_aliases_by_customer ON customer_aliases (customer_id);

-- Ids that the release before records as they come; the next scoring run replaces them.
CREATE INDEX customers_personal ON customers (customer_id)
WHERE customer_id LIKE '%@%' OR customer_id LIKE '+%';

-- Whose order it is that a refund names.
CREATE INDEX orders_by_id ON orders (order_id);

ALTER TABLE order_imports
    ADD COLUMN erased bigint NOT NULL DEFAULT 0 CHECK (erased >= 0);

-- Sums over everybody: room for a hundred million customers at the limit of a total.
ALTER TABLE cohorts ALTER COLUMN revenue TYPE numeric(38, 4);
ALTER TABLE cohort_periods ALTER COLUMN revenue TYPE numeric(38, 4);
ALTER TABLE cohort_parts ALTER COLUMN revenue TYPE numeric(38, 4);
ALTER TABLE ltv_rollups
    ALTER COLUMN revenue TYPE numeric(38, 4),
    ALTER COLUMN predicted_clv TYPE numeric(38, 4),
    ALTER COLUMN residual_value TYPE numeric(38, 4);
