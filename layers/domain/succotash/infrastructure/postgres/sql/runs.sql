-- part: run
SELECT
    run_id,
    as_of,
    state,
    settings,
    models,
    backtest,
    customers,
    plan,
    summary
FROM scoring_runs

-- name: get_run
${run}
WHERE run_id = :run_id;

-- name: get_current_run
${run}
WHERE state = 'current';

-- name: find_published_runs
SELECT
    run_id AS label_run_id,
    as_of AS label_as_of,
    settings AS label_settings,
    models AS label_models,
    summary
FROM scoring_runs
WHERE state IN ('current', 'superseded')
ORDER BY state = 'current' DESC, as_of DESC, run_id DESC
LIMIT :limit;

-- name: find_runs
${run}
WHERE run_id <> :initial_run
ORDER BY as_of DESC, run_id DESC
LIMIT cast(:limit AS bigint);

-- name: lock_runs
-- Opening and finishing exclude each other; a statement of its own, so that the next one sees what
-- the transaction waited for has done.
SELECT pg_advisory_xact_lock(hashtextextended('scoring run', 0)) AS locked;

-- name: find_runs_to_change
-- A run's row is locked against the shards being written.
SELECT
    run_id,
    as_of,
    state,
    exists(
        SELECT FROM run_progress AS progress
        WHERE scoring_runs.run_id = progress.run_id AND progress.failure IS NOT NULL
    ) AS has_failed
FROM scoring_runs
WHERE run_id = :run_id OR state = :state
ORDER BY run_id
FOR UPDATE;

-- name: open_run
WITH forgotten AS (
    DELETE FROM run_shards WHERE run_id = :run_id
)

INSERT INTO scoring_runs (run_id, as_of, state, settings, models, backtest, customers, plan)
VALUES (
    :run_id,
    cast(:as_of AS timestamptz),
    'running',
    cast(:settings AS jsonb),
    cast(:models AS jsonb),
    cast(:backtest AS jsonb),
    cast(:customers AS integer),
    cast(:plan AS jsonb)
)
ON CONFLICT (run_id) DO UPDATE SET
    as_of = excluded.as_of,
    settings = excluded.settings,
    models = excluded.models,
    backtest = excluded.backtest,
    customers = excluded.customers,
    plan = excluded.plan,
    summary = '{}';

-- name: withhold_run
UPDATE scoring_runs SET state = 'withheld'
WHERE run_id = :run_id AND state = 'running'
RETURNING run_id;

-- name: count_scored_shards
SELECT count(*) AS shards
FROM run_shards
WHERE run_id = :run_id;

-- name: supersede_current_run
UPDATE scoring_runs SET state = 'superseded'
WHERE state = 'current';

-- name: make_run_current
-- What shards counted has been added up.
WITH deleted_grid_parts AS (
    DELETE FROM grid_parts WHERE run_id = :run_id
),

deleted_cohort_parts AS (
    DELETE FROM cohort_parts WHERE run_id = :run_id
)

UPDATE scoring_runs
SET
    state = 'current',
    customers = cast(:customers AS integer),
    summary = cast(:summary AS jsonb)
WHERE run_id = :run_id;

-- name: find_outdated_runs
SELECT run_id
FROM scoring_runs
WHERE state = 'superseded'
ORDER BY as_of DESC, run_id DESC
OFFSET cast(:keep AS bigint);

-- name: delete_results_of_runs
WITH run AS (
    SELECT given.run_id COLLATE "C" AS run_id
    FROM unnest(cast(:run_ids AS text[])) AS given (run_id)
),

deleted_values AS (
    DELETE FROM customer_ltv USING run
    WHERE customer_ltv.run_id = run.run_id
),

deleted_cohorts AS (
    DELETE FROM cohorts USING run
    WHERE cohorts.run_id = run.run_id
),

deleted_segment_results AS (
    DELETE FROM ltv_segment_results USING run
    WHERE ltv_segment_results.run_id = run.run_id
),

deleted_rollups AS (
    DELETE FROM ltv_rollups USING run
    WHERE ltv_rollups.run_id = run.run_id
),

deleted_bins AS (
    DELETE FROM value_bins USING run
    WHERE value_bins.run_id = run.run_id
),

deleted_predictions AS (
    DELETE FROM churn_predictions USING run
    WHERE churn_predictions.run_id = run.run_id
),

deleted_profiles AS (
    DELETE FROM user_engagement_profiles USING run
    WHERE user_engagement_profiles.run_id = run.run_id
),

deleted_grid_parts AS (
    DELETE FROM grid_parts USING run
    WHERE grid_parts.run_id = run.run_id
),

deleted_cohort_parts AS (
    DELETE FROM cohort_parts USING run
    WHERE cohort_parts.run_id = run.run_id
),

deleted_lifecycle_counts AS (
    DELETE FROM lifecycle_counts USING run
    WHERE lifecycle_counts.run_id = run.run_id
),

deleted_revenue_days AS (
    DELETE FROM revenue_days USING run
    WHERE revenue_days.run_id = run.run_id
)

DELETE FROM grid_cells USING run
WHERE grid_cells.run_id = run.run_id;

-- name: delete_run
DELETE FROM scoring_runs WHERE run_id = :run_id;
