-- When scoring runs were asked for, when they began, and how they ended. A run is here before it
-- has a plan, which a row of scoring_runs needs.

CREATE TABLE run_progress (
    run_id text COLLATE "C" PRIMARY KEY,
    as_of timestamptz NOT NULL,
    requested_at timestamptz,
    started_at timestamptz,
    ended_at timestamptz,
    failure text
);
COMMENT ON COLUMN run_progress.failure IS 'Why the run failed for good, without anybody''s data.';
