-- A scoring run by shards: its plan, which shards are scored, and what each counted.

ALTER TABLE scoring_runs
    ADD COLUMN plan jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(plan) = 'object'),
    DROP CONSTRAINT scoring_runs_state_check,
    ADD CONSTRAINT scoring_runs_state_check
    CHECK (state IN ('running', 'current', 'superseded', 'withheld'));

CREATE TABLE scoring_run_shards (
    run_id text COLLATE "C" NOT NULL REFERENCES scoring_runs ON DELETE CASCADE,
    shard smallint NOT NULL CHECK (shard >= 0),
    customers integer NOT NULL CHECK (customers >= 0),
    PRIMARY KEY (run_id, shard)
);

CREATE TABLE retention_grid_parts (
    run_id text COLLATE "C" NOT NULL REFERENCES scoring_runs ON DELETE CASCADE,
    shard smallint NOT NULL CHECK (shard >= 0),
    period text COLLATE "C" NOT NULL CHECK (period IN ('day', 'week', 'month')),
    mode text COLLATE "C" NOT NULL CHECK (mode IN ('nday', 'unbounded', 'brackets')),
    cohort_starts_on date NOT NULL,
    place integer NOT NULL CHECK (place >= 0),
    active integer NOT NULL CHECK (active >= 0),
    PRIMARY KEY (run_id, shard, period, mode, cohort_starts_on, place)
);
COMMENT ON TABLE retention_grid_parts IS 'Until the run is finished and they are added up.';

CREATE TABLE cohort_parts (
    run_id text COLLATE "C" NOT NULL REFERENCES scoring_runs ON DELETE CASCADE,
    shard smallint NOT NULL CHECK (shard >= 0),
    cohort_id text COLLATE "C" NOT NULL,
    period integer NOT NULL CHECK (period >= 0),
    active_customers integer NOT NULL CHECK (active_customers >= 0),
    revenue numeric(24, 4) NOT NULL,
    PRIMARY KEY (run_id, shard, cohort_id, period)
);
COMMENT ON TABLE cohort_parts IS 'Until the run is finished and they are added up.';
