-- part: run
SELECT
    run_id,
    as_of,
    state,
    settings,
    models,
    backtest,
    customers,
    "plan",
    summary
FROM scoring_runs

-- name: get_run_id
SELECT run_id FROM scoring_runs WHERE run_id = :run_id;

-- name: get_current_run_id
SELECT run_id FROM current_run;

-- name: get_run
${run}
WHERE run_id = :run_id;

-- name: get_current_run
${run}
WHERE state = 'current';

-- name: find_other_running_runs
SELECT
    run_id,
    as_of,
    exists(
        SELECT 1 FROM run_progress AS progress
        WHERE scoring_runs.run_id = progress.run_id AND progress.failure IS NOT NULL
    ) AS has_failed
FROM scoring_runs
WHERE state = 'running' AND run_id <> :run_id;

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
LIMIT :limit;

-- name: open_run
INSERT INTO scoring_runs (run_id, as_of, state, settings, models, backtest, customers, "plan")
VALUES (:run_id, :as_of, 'running', :settings, :models, :backtest, :customers, :plan)
ON CONFLICT (run_id) DO UPDATE SET
    as_of = excluded.as_of,
    settings = excluded.settings,
    models = excluded.models,
    backtest = excluded.backtest,
    customers = excluded.customers,
    "plan" = excluded."plan",
    summary = '{}';

-- name: forget_scored_shards
DELETE FROM scoring_run_shards WHERE run_id = :run_id;

-- name: withhold_run
UPDATE scoring_runs SET state = 'withheld'
WHERE run_id = :run_id AND state = 'running';

-- name: supersede_current_run
UPDATE scoring_runs SET state = 'superseded'
WHERE state = 'current';

-- name: make_run_current
UPDATE scoring_runs
SET
    state = 'current',
    customers = :customers,
    summary = :summary
WHERE run_id = :run_id;

-- name: find_outdated_runs
SELECT run_id
FROM scoring_runs
WHERE state = 'superseded'
ORDER BY as_of DESC, run_id DESC
LIMIT -1 OFFSET :keep;

-- name: delete_values_of_run
DELETE FROM customer_ltv WHERE run_id = :run_id;

-- name: delete_cohorts_of_run
DELETE FROM cohorts WHERE run_id = :run_id;

-- name: delete_segment_bounds_of_run
DELETE FROM ltv_segment_bounds WHERE run_id = :run_id;

-- name: delete_rollups_of_run
DELETE FROM ltv_rollups WHERE run_id = :run_id;

-- name: delete_value_bins_of_run
DELETE FROM value_bins WHERE run_id = :run_id;

-- name: delete_predictions_of_run
DELETE FROM churn_predictions WHERE run_id = :run_id;

-- name: delete_profiles_of_run
DELETE FROM user_engagement_profiles WHERE run_id = :run_id;

-- name: delete_grid_cells_of_run
DELETE FROM retention_grid_cells WHERE run_id = :run_id;

-- name: delete_lifecycle_counts_of_run
DELETE FROM lifecycle_counts WHERE run_id = :run_id;

-- name: delete_revenue_days_of_run
DELETE FROM revenue_days WHERE run_id = :run_id;

-- name: delete_run
DELETE FROM scoring_runs WHERE run_id = :run_id;
