-- Retention grids by what people joined by. The release before knows grids from first purchase
-- alone: it reads and writes them through views under the former names of their tables.

ALTER TABLE retention_grid_cells RENAME TO grid_cells;
ALTER TABLE grid_cells
    ADD COLUMN origin text COLLATE "C" NOT NULL DEFAULT 'purchase'
    CHECK (origin IN ('purchase', 'activity', 'form')),
    DROP CONSTRAINT retention_grid_cells_pkey,
    ADD PRIMARY KEY (run_id, origin, period, mode, cohort_starts_on, place);
CREATE VIEW retention_grid_cells AS
SELECT
    run_id, period, mode, cohort_starts_on, place, cohort_size, active
FROM grid_cells
WHERE origin = 'purchase';

ALTER TABLE retention_grid_parts RENAME TO grid_parts;
ALTER TABLE grid_parts
    ADD COLUMN origin text COLLATE "C" NOT NULL DEFAULT 'purchase'
    CHECK (origin IN ('purchase', 'activity', 'form')),
    DROP CONSTRAINT retention_grid_parts_pkey,
    ADD PRIMARY KEY (run_id, shard, origin, period, mode, cohort_starts_on, place);
CREATE VIEW retention_grid_parts AS
SELECT
    run_id, shard, period, mode, cohort_starts_on, place, active
FROM grid_parts
WHERE origin = 'purchase';

ALTER TABLE scoring_run_shards ADD COLUMN all_origins boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN scoring_run_shards.all_origins
    IS 'False where the release before scored the shard: it knew grids from first purchase alone.';
