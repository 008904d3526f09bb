-- name: find_obstacle
SELECT
    run_id,
    obstacle
FROM (
    SELECT
        run_id,
        'published' AS obstacle,
        1 AS place
    FROM scoring_runs
    WHERE run_id = :run_id AND state <> 'running'
    UNION ALL
    SELECT
        run_id,
        'superseded' AS obstacle,
        2 AS place
    FROM scoring_runs
    WHERE state = 'current' AND as_of > :as_of
    UNION ALL
    SELECT
        run_id,
        'running' AS obstacle,
        3 AS place
    FROM run_progress
    WHERE
        ended_at IS NULL
        AND coalesce(started_at, requested_at) > :since
        -- An older run than the published one can no longer be published.
        AND as_of > (SELECT run.as_of FROM scoring_runs AS run WHERE run.state = 'current')
) AS found
ORDER BY place ASC, run_id DESC
LIMIT 1;

-- name: request_run
INSERT INTO run_progress (run_id, as_of, requested_at)
VALUES (:run_id, :as_of, :at)
ON CONFLICT (run_id) DO UPDATE SET
    requested_at = excluded.requested_at,
    started_at = NULL,
    ended_at = NULL,
    failure = NULL;

-- name: note_run_started
INSERT INTO run_progress (run_id, as_of, started_at)
VALUES (:run_id, :as_of, :at)
ON CONFLICT (run_id) DO UPDATE SET
    started_at = coalesce(run_progress.started_at, excluded.started_at),
    ended_at = NULL,
    failure = NULL;

-- name: note_run_ended
INSERT INTO run_progress (run_id, as_of, ended_at, failure)
VALUES (:run_id, :as_of, :at, :failure)
ON CONFLICT (run_id) DO UPDATE SET
    ended_at = excluded.ended_at,
    failure = excluded.failure;

-- name: find_run_progress
WITH known AS (
    SELECT run_id FROM scoring_runs
    WHERE run_id = :run_id AND run_id <> :initial_run
    UNION
    SELECT run_id FROM run_progress
    WHERE run_id = :run_id
)

${progress_of_known};

-- name: get_run_progress
WITH ${every_run},

known AS (
    SELECT run_id
    FROM every_run
    WHERE :after_at IS NULL OR (as_of, run_id) < (:after_at, :after_id)
    ORDER BY as_of DESC, run_id DESC
    LIMIT :limit
)

${progress_of_known}
ORDER BY as_of DESC, known.run_id DESC;
