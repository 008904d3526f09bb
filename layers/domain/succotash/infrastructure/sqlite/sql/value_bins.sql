-- name: clear_value_bins
DELETE FROM value_bins WHERE run_id = :run_id;

-- name: build_value_bins
INSERT INTO value_bins (run_id, measure, bin, customers, total)
WITH found AS (
    SELECT
        'predicted_clv' AS measure,
        predicted_clv AS amount
    FROM customer_ltv
    WHERE run_id = :run_id
    UNION ALL
    SELECT
        'actual_clv' AS measure,
        actual_clv AS amount
    FROM customer_ltv
    WHERE run_id = :run_id
    UNION ALL
    SELECT
        'residual_value' AS measure,
        residual_value AS amount
    FROM customer_ltv
    WHERE run_id = :run_id
)

SELECT
    :run_id AS run_id,
    measure,
    value_bin(amount) AS bin,
    count(*) AS customers,
    exact_sum(amount) AS total
FROM found
GROUP BY measure, bin;

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
