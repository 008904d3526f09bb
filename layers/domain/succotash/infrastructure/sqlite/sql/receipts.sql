-- name: clear_tallies
DELETE FROM forecast_tallies
WHERE
    run_id = :run_id
    AND kind = :kind
    AND days = coalesce(:days, days)
    AND shard = coalesce(:shard, shard);

-- name: save_tally
INSERT INTO forecast_tallies (
    run_id,
    kind,
    days,
    measure,
    decile,
    shard,
    customers,
    units
)
VALUES (
    :run_id,
    :kind,
    :days,
    :measure,
    :decile,
    :shard,
    :customers,
    :units
);

-- name: seal_receipt
INSERT INTO forecast_receipts (
    run_id,
    month,
    as_of,
    is_backfilled,
    settings,
    models
)
VALUES (
    :run_id,
    :month,
    :as_of,
    :is_backfilled,
    :settings,
    :models
)
ON CONFLICT (month) DO NOTHING
RETURNING run_id;

-- name: save_horizon
INSERT INTO forecast_receipt_days (run_id, days, ends_at) VALUES (:run_id, :days, :ends_at);

-- name: forget_tallies
-- Of runs that sealed no receipt and run no more.
DELETE FROM forecast_tallies
WHERE
    run_id NOT IN (SELECT receipt.run_id FROM forecast_receipts AS receipt)
    AND run_id NOT IN (
        SELECT run.run_id
        FROM scoring_runs AS run
        WHERE run.state = 'running'
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
-- One row for each receipt, with arrays of what it holds; what came is given once it is complete.
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
        SELECT json_group_array(json_array(horizon.days, horizon.graded_as_of))
        FROM forecast_receipt_days AS horizon
        WHERE receipt.run_id = horizon.run_id
    ) AS horizons,
    (
        SELECT
            json_group_array(
                json_array(
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
                exact_sum(tally.units) AS units
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
            json_group_array(
                json_array(
                    summed.kind, summed.week, summed.purchases_units, summed.revenue_units
                )
            )
        FROM (
            SELECT
                tally.kind,
                tally.week,
                exact_sum(tally.purchases) AS purchases_units,
                exact_sum(tally.revenue) AS revenue_units
            FROM forecast_weeks AS tally
            WHERE receipt.run_id = tally.run_id
            GROUP BY tally.kind, tally.week
        ) AS summed
    ) AS weeks
FROM forecast_receipts AS receipt
LEFT JOIN forecast_week_counts AS counts ON receipt.run_id = counts.run_id
WHERE :before IS NULL OR receipt.month < :before
ORDER BY receipt.month DESC
LIMIT :limit;

-- name: clear_week
DELETE FROM forecast_weeks
WHERE
    run_id = :run_id
    AND kind = :kind
    AND week = :week
    AND shard = coalesce(:shard, shard);

-- name: save_week
INSERT INTO forecast_weeks (run_id, kind, week, shard, purchases, revenue)
VALUES (:run_id, :kind, :week, :shard, :purchases, :revenue);

-- name: forget_weeks
-- Of runs that sealed no receipt and run no more.
DELETE FROM forecast_weeks
WHERE
    run_id NOT IN (SELECT receipt.run_id FROM forecast_receipts AS receipt)
    AND run_id NOT IN (
        SELECT run.run_id
        FROM scoring_runs AS run
        WHERE run.state = 'running'
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
INSERT INTO forecast_week_counts (run_id, weeks, counted_as_of)
VALUES (:run_id, :weeks, :as_of)
ON CONFLICT (run_id) DO UPDATE SET
    weeks = excluded.weeks,
    counted_as_of = excluded.counted_as_of
WHERE forecast_week_counts.weeks < excluded.weeks;
