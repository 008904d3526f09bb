-- name: mark_shard
-- What shards are to warn of stands in the run's summary until the run has one.
WITH run AS (
    UPDATE scoring_runs
    SET
        summary = CASE
            WHEN state = 'running' THEN summary || jsonb_build_object(
                'shards',
                coalesce(summary -> 'shards', '{}')
                || jsonb_build_object(cast(:shard AS text), cast(:warnings AS jsonb))
            )
            ELSE summary
        END
    WHERE run_id = :run_id
    RETURNING run_id
),

marked AS (
    INSERT INTO run_shards (run_id, shard, customers)
    SELECT
        run_id,
        cast(cast(:shard AS text) AS smallint) AS shard,
        cast(:customers AS integer) AS customers
    FROM run
    ON CONFLICT (run_id, shard) DO UPDATE SET customers = excluded.customers
)

SELECT run_id FROM run;

-- name: get_shard_warnings
SELECT
    cast(entry.key AS integer) AS shard,
    entry.value AS warnings
FROM scoring_runs
CROSS JOIN LATERAL jsonb_each(coalesce(scoring_runs.summary -> 'shards', '{}')) AS entry
WHERE scoring_runs.run_id = :run_id;

-- name: get_scored_shards
SELECT
    cast(shard AS integer) AS shard,
    customers
FROM run_shards
WHERE run_id = :run_id;
