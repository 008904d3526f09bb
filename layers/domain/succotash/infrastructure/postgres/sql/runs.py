"""Statements about scoring runs, and which run rows belong to."""

CURRENT_RUN = "(SELECT run_id FROM scoring_runs WHERE state = 'current')"

# Whoever writes rows of a run locks it, in the place of a foreign key: no row where there is none.
NAMED_RUN = """run AS (
    SELECT run_id FROM scoring_runs WHERE run_id = :run_id FOR KEY SHARE
)"""
# What names no run joins the current one.
JOINED_RUN = """run AS (
    SELECT run_id
    FROM scoring_runs
    WHERE CASE
        WHEN CAST(:run_id AS text) IS NULL THEN state = 'current'
        ELSE run_id = :run_id
    END
    FOR KEY SHARE
)"""

_RUN = """
SELECT run_id, as_of, state, settings, models, backtest, customers, plan, summary
FROM scoring_runs
"""
GET_RUN = f"{_RUN} WHERE run_id = :run_id"
GET_CURRENT_RUN = f"{_RUN} WHERE state = 'current'"
GET_RUNS = f"""
{_RUN}
WHERE run_id <> :initial_run
ORDER BY as_of DESC, run_id DESC
LIMIT CAST(:limit AS bigint)
"""

# Opening and finishing exclude each other; a statement of its own, so that the next one sees what
# the transaction waited for has done. A run's row is locked against the shards being written.
LOCK_RUNS = "SELECT pg_advisory_xact_lock(hashtextextended('scoring run', 0))"
RUNS_CONCERNED = """
SELECT run_id, as_of, state
FROM scoring_runs
WHERE run_id = :run_id OR state = :state
ORDER BY run_id
FOR UPDATE
"""
OPEN_RUN = """
WITH forgotten AS (
    DELETE FROM run_shards WHERE run_id = :run_id
)
INSERT INTO scoring_runs (run_id, as_of, state, settings, models, backtest, customers, plan)
VALUES (
    :run_id, CAST(:as_of AS timestamptz), 'running', CAST(:settings AS jsonb),
    CAST(:models AS jsonb), CAST(:backtest AS jsonb), CAST(:customers AS integer),
    CAST(:plan AS jsonb)
)
ON CONFLICT (run_id) DO UPDATE SET
    as_of = excluded.as_of,
    settings = excluded.settings,
    models = excluded.models,
    backtest = excluded.backtest,
    customers = excluded.customers,
    plan = excluded.plan,
    summary = '{}'
"""
WITHHOLD_RUN = """
UPDATE scoring_runs SET state = 'withheld' WHERE run_id = :run_id AND state = 'running'
RETURNING run_id
"""
# What shards are to warn of stands in the run's summary until the run has one.
MARK_SHARD = """
WITH run AS (
    UPDATE scoring_runs
    SET summary = CASE
        WHEN state = 'running' THEN summary || jsonb_build_object(
            'shards',
            coalesce(summary -> 'shards', '{}')
            || jsonb_build_object(CAST(:shard AS text), CAST(:warnings AS jsonb))
        )
        ELSE summary
    END
    WHERE run_id = :run_id
    RETURNING run_id
),
marked AS (
    INSERT INTO run_shards (run_id, shard, customers)
    SELECT run_id, CAST(CAST(:shard AS text) AS smallint), CAST(:customers AS integer) FROM run
    ON CONFLICT (run_id, shard) DO UPDATE SET customers = excluded.customers
)
SELECT run_id FROM run
"""
SHARD_WARNINGS = """
SELECT CAST(shard.key AS integer), shard.value
FROM scoring_runs
CROSS JOIN LATERAL jsonb_each(coalesce(summary -> 'shards', '{}')) AS shard
WHERE run_id = :run_id
"""
SCORED_SHARDS = """
SELECT CAST(shard AS integer), customers FROM run_shards WHERE run_id = :run_id
"""
SUPERSEDE_CURRENT_RUN = "UPDATE scoring_runs SET state = 'superseded' WHERE state = 'current'"
MAKE_CURRENT = """
UPDATE scoring_runs
SET
    state = 'current',
    customers = CAST(:customers AS integer),
    summary = CAST(:summary AS jsonb)
WHERE run_id = :run_id
"""
OUTDATED_RUNS = """
SELECT run_id
FROM scoring_runs
WHERE state = 'superseded'
ORDER BY as_of DESC, run_id DESC
OFFSET CAST(:keep AS bigint)
"""
DELETE_ROWS_OF_RUNS = """
WITH run AS (
    SELECT unnest(CAST(:run_ids AS text[])) COLLATE "C" AS run_id
),
values_gone AS (
    DELETE FROM customer_ltv USING run WHERE customer_ltv.run_id = run.run_id
),
cohorts_gone AS (
    DELETE FROM cohorts USING run WHERE cohorts.run_id = run.run_id
),
results_gone AS (
    DELETE FROM ltv_segment_results USING run WHERE ltv_segment_results.run_id = run.run_id
),
rollups_gone AS (
    DELETE FROM ltv_rollups USING run WHERE ltv_rollups.run_id = run.run_id
),
predictions_gone AS (
    DELETE FROM churn_predictions USING run WHERE churn_predictions.run_id = run.run_id
),
profiles_gone AS (
    DELETE FROM user_engagement_profiles USING run
    WHERE user_engagement_profiles.run_id = run.run_id
),
grid_parts_gone AS (
    DELETE FROM grid_parts USING run WHERE grid_parts.run_id = run.run_id
),
former_grid_parts_gone AS (
    DELETE FROM retention_grid_parts USING run WHERE retention_grid_parts.run_id = run.run_id
),
cohort_parts_gone AS (
    DELETE FROM cohort_parts USING run WHERE cohort_parts.run_id = run.run_id
),
lifecycle_gone AS (
    DELETE FROM lifecycle_counts USING run WHERE lifecycle_counts.run_id = run.run_id
)
DELETE FROM grid_cells USING run WHERE grid_cells.run_id = run.run_id
"""
DELETE_RUN = "DELETE FROM scoring_runs WHERE run_id = :run_id"
