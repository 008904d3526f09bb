-- part: named_run
-- Those who write rows of a run lock it, in place of a foreign key.
run AS (
    SELECT run_id
    FROM scoring_runs
    WHERE run_id = :run_id
    FOR KEY SHARE
)

-- part: joined_run
-- What names no run joins the current one.
run AS (
    SELECT run_id
    FROM scoring_runs
    WHERE
        CASE
            WHEN cast(:run_id AS text) IS NULL THEN state = 'current'
            ELSE run_id = :run_id
        END
    FOR KEY SHARE
)

-- part: current_run
(SELECT current_run.run_id FROM scoring_runs AS current_run WHERE current_run.state = 'current')

-- part: every_run
-- Those asked for, too, of which nothing else is known yet.
every_run AS (
    SELECT
        coalesce(run.run_id, progress.run_id) AS run_id,
        coalesce(run.as_of, progress.as_of) AS as_of
    FROM scoring_runs AS run
    FULL JOIN run_progress AS progress ON run.run_id = progress.run_id
    WHERE run.run_id IS DISTINCT FROM :initial_run
)

-- part: progress_of_known
SELECT
    known.run_id,
    progress.requested_at,
    progress.started_at,
    progress.ended_at,
    progress.failure,
    run.state,
    run.settings,
    run.models,
    run.backtest,
    run.customers,
    run.summary,
    cast('{}' AS jsonb) AS plan,
    coalesce(run.as_of, progress.as_of) AS as_of,
    (
        SELECT count(*)
        FROM run_shards AS shard
        WHERE known.run_id = shard.run_id
    ) AS shards_scored,
    (
        SELECT cast(coalesce(sum(shard.customers), 0) AS bigint)
        FROM run_shards AS shard
        WHERE known.run_id = shard.run_id
    ) AS customers_scored
FROM known
LEFT JOIN run_progress AS progress ON known.run_id = progress.run_id
LEFT JOIN scoring_runs AS run ON known.run_id = run.run_id

-- part: label
-- The run that everything here is of, without what only scoring and reports about models need.
label AS (
    SELECT
        run_id,
        as_of,
        settings,
        models
    FROM scoring_runs
    WHERE state = 'current'
)

-- part: label_columns
-- Of a statement with a window `place`: on its first row alone, for the label is long.
label.run_id AS label_run_id,
label.as_of AS label_as_of,
CASE WHEN row_number() OVER place = 1 THEN label.settings END AS label_settings,
CASE WHEN row_number() OVER place = 1 THEN label.models END AS label_models
