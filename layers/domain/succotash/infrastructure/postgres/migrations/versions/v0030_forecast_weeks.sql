-- What receipts foresaw for single weeks, and what came. Sums of customers only.

CREATE TABLE forecast_weeks (
    run_id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('foreseen', 'came')),
    week smallint NOT NULL CHECK (week > 0),
    shard smallint NOT NULL CHECK (shard >= 0),
    purchases numeric(28, 4) NOT NULL,
    revenue numeric(28, 4) NOT NULL,
    PRIMARY KEY (run_id, kind, week, shard)
);
COMMENT ON TABLE forecast_weeks IS
    'Sums of each shard apart; readers add them up. Of runs without a receipt until one is sealed.';

CREATE TABLE forecast_week_counts (
    run_id text COLLATE "C" PRIMARY KEY REFERENCES forecast_receipts ON DELETE CASCADE,
    weeks smallint NOT NULL CHECK (weeks > 0),
    counted_as_of timestamptz NOT NULL
);
COMMENT ON COLUMN forecast_week_counts.weeks IS 'So many weeks, from the first, are counted.';
