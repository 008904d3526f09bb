-- part: named_run
-- Whoever writes rows of a run locks it, in place of a foreign key.
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

-- part: meant
-- The customer whom an id names: by an alias, or else by its own id.
coalesce(
    (
        SELECT named.customer_id
        FROM customer_aliases AS named
        WHERE named.system = 'shop' AND named.alias = cast(:customer_id AS text)
    ),
    :customer_id
)
