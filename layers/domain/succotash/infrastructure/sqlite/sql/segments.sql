-- name: save_ltv_segment
INSERT INTO ltv_segments (segment_id, name, description, lower_quantile, lower_bound, currency)
VALUES (:segment_id, :name, :description, :lower_quantile, :lower_bound, :currency)
ON CONFLICT (segment_id) DO UPDATE SET
    name = excluded.name,
    description = excluded.description,
    lower_quantile = excluded.lower_quantile,
    lower_bound = excluded.lower_bound,
    currency = excluded.currency;

-- name: get_segment_ids
SELECT segment_id FROM ltv_segments;

-- name: delete_segment_bounds
DELETE FROM ltv_segment_bounds WHERE run_id = :run_id;

-- name: save_segment_bound
INSERT INTO ltv_segment_bounds (run_id, segment_id, lower_bound, currency)
VALUES (:run_id, :segment_id, :lower_bound, :currency);

-- part: segments
WITH ${label},

valued AS (
    SELECT
        segment_id,
        count(*) AS customers,
        exact_sum(predicted_clv) AS total_value
    FROM customer_ltv
    WHERE run_id = ${current_run}
    GROUP BY segment_id
)

SELECT
    segment.segment_id,
    segment.name,
    segment.description,
    segment.lower_quantile,
    segment.lower_bound,
    segment.currency,
    result.run_id,
    result.lower_bound AS resolved_bound,
    result.currency AS resolved_currency,
    ${label_columns},
    coalesce(valued.customers, 0) AS customers,
    coalesce(valued.total_value, 0) AS total_value
FROM label
CROSS JOIN ltv_segments AS segment
LEFT JOIN ltv_segment_bounds AS result
    ON segment.segment_id = result.segment_id AND result.run_id = ${current_run}
LEFT JOIN valued ON segment.segment_id = valued.segment_id

-- name: get_ltv_segment
${segments}
WHERE segment.segment_id = :segment_id
WINDOW place AS (ORDER BY segment.segment_id ASC);

-- name: find_segments
${segments}
WINDOW place AS (
    ORDER BY segment.lower_quantile ASC NULLS LAST, segment.lower_bound ASC, segment.segment_id ASC
)
ORDER BY segment.lower_quantile ASC NULLS LAST, segment.lower_bound ASC, segment.segment_id ASC;
