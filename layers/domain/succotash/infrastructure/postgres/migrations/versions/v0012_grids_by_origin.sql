-- Retention grids by what people joined by. The release before knows grids from first purchase
-- alone: it reads and writes them through a view under the former name of their table.

ALTER TABLE retention_grid_cells RENAME TO grid_cells;
ALTER TABLE grid_cells
    ADD COLUMN origin text COLLATE "C" NOT NULL DEFAULT 'purchase'
    CHECK (origin IN ('purchase', 'activity', 'form')),
    DROP CONSTRAINT retention_grid_cells_pkey,
    ADD PRIMARY KEY (run_id, origin, period, mode, cohort_starts_on, place);
CREATE VIEW retention_grid_cells AS
SELECT
    run_id,
    period,
    mode,
    cohort_starts_on,
    place,
    cohort_size,
    active
FROM grid_cells
WHERE origin = 'purchase';

-- What shards count, and which are scored. The release before keeps to its own tables for both, so
-- that neither adds up, or takes for scored, what the other counted: a run of a state machine that
-- is interrupted by a deployment fails, and scores such shards when it is repeated.

CREATE TABLE grid_parts (
    run_id text COLLATE "C" NOT NULL REFERENCES scoring_runs ON DELETE CASCADE,
    shard smallint NOT NULL CHECK (shard >= 0),
    origin text COLLATE "C" NOT NULL CHECK (origin IN ('purchase', 'activity', 'form')),
    period text COLLATE "C" NOT NULL CHECK (period IN ('day', 'week', 'month')),
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('active', 'last', 'bracket')),
    cohort_starts_on date NOT NULL,
    places integer[] NOT NULL,
    members integer[] NOT NULL CHECK (cardinality(members) = cardinality(places)),
    PRIMARY KEY (run_id, shard, origin, period, kind, cohort_starts_on)
);
COMMENT ON TABLE grid_parts IS 'Until the run is finished and they are added up.';
COMMENT ON COLUMN grid_parts.kind
    IS 'Of those active in each place; for the last time; in each bracket of days, by day alone.';
COMMENT ON TABLE retention_grid_parts IS 'Of the release before.';

CREATE TABLE run_shards (
    run_id text COLLATE "C" NOT NULL REFERENCES scoring_runs ON DELETE CASCADE,
    shard smallint NOT NULL CHECK (shard >= 0),
    customers integer NOT NULL CHECK (customers >= 0),
    PRIMARY KEY (run_id, shard)
);
COMMENT ON TABLE run_shards IS 'Which are scored since the run was opened.';
COMMENT ON TABLE scoring_run_shards IS 'Of the release before.';
