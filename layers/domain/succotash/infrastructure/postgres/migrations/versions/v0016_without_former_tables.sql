-- What only the release before 0012 read: grids from first purchase by the former name of their
-- table, and what its shards counted. A run of that release that ends in between is repeated.

DROP VIEW retention_grid_cells;
DROP TABLE retention_grid_parts;
DROP TABLE scoring_run_shards;
ALTER TABLE grid_cells ALTER COLUMN origin DROP DEFAULT;
