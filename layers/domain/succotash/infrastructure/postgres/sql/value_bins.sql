-- name: clear_value_bins
WITH ${named_run},

gone AS (
    DELETE FROM value_bins WHERE run_id = (SELECT run_id FROM run)
)

SELECT run_id FROM run;

-- name: build_value_bins
INSERT INTO value_bins (run_id, measure, bin, customers, total)
SELECT
    value.run_id,
    found.measure,
    width_bucket(found.amount, cast(:edges AS numeric[])) AS bin,
    count(*) AS customers,
    sum(found.amount) AS total
FROM customer_ltv AS value
CROSS JOIN LATERAL (
    VALUES
    ('predicted_clv', value.predicted_clv),
    ('actual_clv', value.actual_clv),
    ('residual_value', value.residual_value)
) AS found (measure, amount)
WHERE value.run_id = :run_id
GROUP BY value.run_id, found.measure, bin;

-- name: find_value_bins
WITH ${label}

SELECT
    value_bins.bin,
    value_bins.customers,
    value_bins.total,
    ${label_columns}
FROM label
LEFT JOIN value_bins ON label.run_id = value_bins.run_id AND value_bins.measure = :measure
WINDOW place AS (ORDER BY value_bins.bin ASC)
ORDER BY value_bins.bin ASC;
