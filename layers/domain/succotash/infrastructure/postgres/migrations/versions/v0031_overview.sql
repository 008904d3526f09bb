-- What a period brought and what customers cost, without a look at the ledger.

CREATE TABLE revenue_days (
    run_id text COLLATE "C" NOT NULL REFERENCES scoring_runs ON DELETE CASCADE,
    day date NOT NULL,
    currency text COLLATE "C" NOT NULL CHECK (length(currency) = 3),
    shard smallint NOT NULL CHECK (shard >= 0),
    orders integer NOT NULL CHECK (orders >= 0),
    refunds integer NOT NULL CHECK (refunds >= 0),
    revenue numeric(24, 4) NOT NULL,
    PRIMARY KEY (run_id, day, currency, shard)
);
COMMENT ON TABLE revenue_days IS 'Sums of each shard apart; readers add them up.';

CREATE TABLE acquisition_costs (
    source text COLLATE "C" NOT NULL CHECK (length(source) BETWEEN 1 AND 200),
    month date NOT NULL CHECK (extract(DAY FROM month) = 1),
    amount numeric(19, 4) NOT NULL CHECK (amount >= 0),
    currency text COLLATE "C" NOT NULL CHECK (length(currency) = 3),
    PRIMARY KEY (month, source)
);
COMMENT ON TABLE acquisition_costs IS 'What was spent on winning customers, as people enter it.';

CREATE TABLE import_progress (
    import_id text COLLATE "C" PRIMARY KEY,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    failure text
);
COMMENT ON COLUMN import_progress.failure IS 'Why the file was refused, by code.';
