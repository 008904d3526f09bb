-- name: clear_tallies
DELETE FROM forecast_tallies
WHERE
    run_id = :run_id
    AND kind = :kind
    AND days = coalesce(cast(:days AS integer), days)
    AND shard = coalesce(cast(:shard AS smallint), shard);

-- name: save_tallies
INSERT INTO forecast_tallies (
    run_id,
    kind,
    days,
    measure,
    decile,
    shard,
    customers,
    total
)
SELECT
    cast(:run_id AS text) AS run_id,
    cast(:kind AS text) AS kind,
    tally.days,
    tally.measure,
    tally.decile,
    coalesce(cast(:shard AS smallint), 0) AS shard,
    tally.customers,
    tally.total
FROM
    jsonb_to_recordset(cast(:tallies AS jsonb)) AS tally (
        days integer,
        measure text,
        decile smallint,
        customers bigint,
        total numeric
    );

-- name: seal_receipt
WITH receipt AS (
    INSERT INTO forecast_receipts (
        run_id,
        month,
        as_of,
        is_backfilled,
        settings,
        models
    )
    SELECT
        cast(:run_id AS text) AS run_id,
        cast(:month AS date) AS month,
        cast(:as_of AS timestamptz) AS as_of,
        cast(:is_backfilled AS boolean) AS is_backfilled,
        cast(:settings AS jsonb) AS settings,
        cast(:models AS jsonb) AS models
    ON CONFLICT (month) DO NOTHING
    RETURNING run_id, as_of
),

horizon AS (
    INSERT INTO forecast_receipt_days (run_id, days, ends_at)
    SELECT
        receipt.run_id,
        length.days,
        receipt.as_of + make_interval(hours => 24 * length.days) AS ends_at
    FROM receipt
    CROSS JOIN unnest(cast(:days AS integer[])) AS length (days)
)

SELECT run_id FROM receipt;

-- name: forget_tallies
-- Of runs that sealed no receipt and run no more.
DELETE FROM forecast_tallies AS tally
WHERE
    NOT EXISTS (
        SELECT 1
        FROM forecast_receipts AS receipt
        WHERE receipt.run_id = tally.run_id
    )
    AND NOT EXISTS (
        SELECT 1
        FROM scoring_runs AS run
        WHERE run.run_id = tally.run_id AND run.state = 'running'
    );

-- name: has_receipt
SELECT run_id FROM forecast_receipts WHERE month = :month;

-- name: get_due_gradings
SELECT
    receipt.run_id,
    receipt.month,
    receipt.as_of,
    receipt.is_backfilled,
    receipt.settings,
    receipt.models,
    horizon.days
FROM forecast_receipt_days AS horizon
INNER JOIN forecast_receipts AS receipt ON horizon.run_id = receipt.run_id
WHERE horizon.graded_as_of IS NULL AND horizon.ends_at <= :as_of
ORDER BY receipt.as_of, horizon.days;

-- name: mark_graded
UPDATE forecast_receipt_days SET graded_as_of = :as_of
WHERE run_id = :run_id AND days = :days AND graded_as_of IS NULL;

-- name: find_receipts
-- One row for each receipt, with arrays of what it holds. Units are whole numbers, so that JSON
-- keeps them exactly; what came is given once it is complete.
SELECT
    receipt.run_id,
    receipt.month,
    receipt.as_of,
    receipt.is_backfilled,
    receipt.settings,
    receipt.models,
    counts.weeks AS counted,
    counts.counted_as_of,
    (
        SELECT json_agg(json_build_array(horizon.days, horizon.graded_as_of))
        FROM forecast_receipt_days AS horizon
        WHERE receipt.run_id = horizon.run_id
    ) AS horizons,
    (
        SELECT
            json_agg(
                json_build_array(
                    summed.kind,
                    summed.days,
                    summed.measure,
                    summed.decile,
                    summed.customers,
                    summed.units
                )
            )
        FROM (
            SELECT
                tally.kind,
                tally.days,
                tally.measure,
                tally.decile,
                sum(tally.customers) AS customers,
                trunc(sum(tally.total) * 10000) AS units
            FROM forecast_tallies AS tally
            INNER JOIN
                forecast_receipt_days AS horizon
                ON tally.run_id = horizon.run_id AND tally.days = horizon.days
            WHERE
                receipt.run_id = tally.run_id
                AND (tally.kind = 'foreseen' OR horizon.graded_as_of IS NOT NULL)
            GROUP BY tally.kind, tally.days, tally.measure, tally.decile
        ) AS summed
    ) AS tallies,
    (
        SELECT
            json_agg(
                json_build_array(
                    summed.kind, summed.week, summed.purchases_units, summed.revenue_units
                )
            )
        FROM (
            SELECT
                tally.kind,
                tally.week,
                trunc(sum(tally.purchases) * 10000) AS purchases_units,
                trunc(sum(tally.revenue) * 10000) AS revenue_units
            FROM forecast_weeks AS tally
            WHERE receipt.run_id = tally.run_id
            GROUP BY tally.kind, tally.week
        ) AS summed
    ) AS weeks
FROM forecast_receipts AS receipt
LEFT JOIN forecast_week_counts AS counts ON receipt.run_id = counts.run_id
WHERE receipt.month < coalesce(cast(:before AS date), 'infinity')
ORDER BY receipt.month DESC
LIMIT cast(:limit AS bigint);

-- name: clear_weeks
DELETE FROM forecast_weeks
WHERE
    run_id = :run_id
    AND kind = :kind
    AND week = any(cast(:weeks AS smallint[]))
    AND shard = coalesce(cast(:shard AS smallint), shard);

-- name: save_weeks
INSERT INTO forecast_weeks (run_id, kind, week, shard, purchases, revenue)
SELECT
    cast(:run_id AS text) AS run_id,
    cast(:kind AS text) AS kind,
    tally.week,
    coalesce(cast(:shard AS smallint), 0) AS shard,
    tally.purchases,
    tally.revenue
FROM
    jsonb_to_recordset(cast(:tallies AS jsonb)) AS tally (
        week smallint,
        purchases numeric,
        revenue numeric
    );

-- name: forget_weeks
-- Of runs that sealed no receipt and run no more.
DELETE FROM forecast_weeks AS tally
WHERE
    NOT EXISTS (
        SELECT 1
        FROM forecast_receipts AS receipt
        WHERE receipt.run_id = tally.run_id
    )
    AND NOT EXISTS (
        SELECT 1
        FROM scoring_runs AS run
        WHERE run.run_id = tally.run_id AND run.state = 'running'
    );

-- name: get_uncounted_weeks
WITH foreseen AS (
    SELECT
        run_id,
        max(week) AS weeks
    FROM forecast_weeks
    WHERE kind = 'foreseen'
    GROUP BY run_id
)

SELECT
    receipt.run_id,
    receipt.month,
    receipt.as_of,
    receipt.is_backfilled,
    receipt.settings,
    receipt.models,
    foreseen.weeks AS foreseen,
    coalesce(counts.weeks, 0) AS counted
FROM forecast_receipts AS receipt
INNER JOIN foreseen ON receipt.run_id = foreseen.run_id
LEFT JOIN forecast_week_counts AS counts ON receipt.run_id = counts.run_id
WHERE foreseen.weeks > coalesce(counts.weeks, 0)
ORDER BY receipt.as_of;

-- name: mark_weeks_counted
INSERT INTO forecast_week_counts AS known (run_id, weeks, counted_as_of)
VALUES (:run_id, cast(:weeks AS smallint), cast(:as_of AS timestamptz))
ON CONFLICT (run_id) DO UPDATE SET
    weeks = excluded.weeks,
    counted_as_of = excluded.counted_as_of
WHERE known.weeks < excluded.weeks;
