-- part: current_run
(SELECT current_run.run_id FROM current_run)

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
