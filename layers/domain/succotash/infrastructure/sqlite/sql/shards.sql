-- name: mark_shard
INSERT INTO scoring_run_shards (run_id, shard, customers)
VALUES (:run_id, :shard, :customers)
ON CONFLICT (run_id, shard) DO UPDATE SET customers = excluded.customers;

-- name: save_shard_warnings
-- What shards are to warn of stands in the run's summary until the run has one.
UPDATE scoring_runs
SET summary = json_set(summary, '$.shards."' || :shard || '"', json(:warnings))
WHERE run_id = :run_id AND state = 'running';

-- name: get_shard_warnings
SELECT
    cast(entry."key" AS INTEGER) AS shard,
    entry.value AS warnings
FROM scoring_runs
CROSS JOIN json_each(scoring_runs.summary, '$.shards') AS entry
WHERE scoring_runs.run_id = :run_id;

-- name: get_scored_shards
SELECT
    shard,
    customers
FROM scoring_run_shards
WHERE run_id = :run_id;
