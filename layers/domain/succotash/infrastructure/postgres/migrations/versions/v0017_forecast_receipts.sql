-- What each month's first run foresaw, and what came. No foreign key to scoring_runs: receipts stay
-- when runs go. Sums of customers only, so nothing here is about anybody.

CREATE TABLE forecast_receipts (
    run_id text COLLATE "C" PRIMARY KEY,
    month date NOT NULL UNIQUE CHECK (extract(DAY FROM month) = 1),
    as_of timestamptz NOT NULL,
    is_backfilled boolean NOT NULL,
    settings jsonb NOT NULL CHECK (jsonb_typeof(settings) = 'object'),
    models jsonb NOT NULL CHECK (jsonb_typeof(models) = 'object')
);
COMMENT ON TABLE forecast_receipts IS 'Never changed; models hold parameters and edges of tenths.';

CREATE TABLE forecast_receipt_days (
    run_id text COLLATE "C" NOT NULL REFERENCES forecast_receipts ON DELETE CASCADE,
    days integer NOT NULL CHECK (days > 0),
    ends_at timestamptz NOT NULL,
    graded_as_of timestamptz CHECK (graded_as_of >= ends_at),
    PRIMARY KEY (run_id, days)
);
CREATE INDEX forecast_receipt_days_to_grade
    ON forecast_receipt_days (ends_at) WHERE graded_as_of IS NULL;

CREATE TABLE forecast_tallies (
    run_id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('foreseen', 'came')),
    days integer NOT NULL CHECK (days > 0),
    measure text COLLATE "C" NOT NULL CHECK (measure IN ('purchases', 'revenue', 'inactivity')),
    decile smallint NOT NULL CHECK (decile BETWEEN 1 AND 10),
    shard smallint NOT NULL CHECK (shard >= 0),
    customers bigint NOT NULL CHECK (customers > 0),
    total numeric(28, 4) NOT NULL,
    PRIMARY KEY (run_id, kind, days, measure, decile, shard)
);
COMMENT ON TABLE forecast_tallies IS
    'Sums of each shard apart; readers add them up. Of runs without a receipt until one is sealed.';
