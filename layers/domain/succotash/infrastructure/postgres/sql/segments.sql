-- name: save_ltv_segment
INSERT INTO ltv_segments (segment_id, name, description, lower_quantile, lower_bound, currency)
VALUES (
    :segment_id,
    :name,
    :description,
    cast(:lower_quantile AS double precision),
    cast(:lower_bound AS bigint) * 0.0001,
    cast(:currency AS text)
)
ON CONFLICT (segment_id) DO UPDATE SET
    name = excluded.name,
    description = excluded.description,
    lower_quantile = excluded.lower_quantile,
    lower_bound = excluded.lower_bound,
    currency = excluded.currency;

-- name: save_segment_bounds
WITH given AS (
    SELECT
        segment_id COLLATE "C" AS segment_id,
        units * 0.0001 AS lower_bound,
        currency COLLATE "C" AS currency
    FROM jsonb_to_recordset(cast(:bounds AS jsonb)) AS (
        segment_id text,
        units bigint,
        currency text
    )
),

unknown AS (
    SELECT count(*) AS segments
    FROM given
    WHERE
        NOT EXISTS (
            SELECT FROM ltv_segments AS segment WHERE given.segment_id = segment.segment_id
        )
),

${named_run},

usable AS (
    SELECT run_id
    FROM run
    WHERE (SELECT unknown.segments FROM unknown) = 0
),

gone AS (
    DELETE FROM ltv_segment_results
    WHERE
        run_id = (SELECT usable.run_id FROM usable)
        AND segment_id NOT IN (SELECT given.segment_id FROM given)
),

saved AS (
    INSERT INTO ltv_segment_results (run_id, segment_id, lower_bound, currency)
    SELECT
        usable.run_id,
        given.segment_id,
        given.lower_bound,
        given.currency
    FROM usable
    CROSS JOIN given
    ON CONFLICT (run_id, segment_id) DO UPDATE SET
        lower_bound = excluded.lower_bound,
        currency = excluded.currency
)

SELECT
    segments AS unknown_segments,
    (SELECT run.run_id FROM run) AS run_id
FROM unknown;

-- part: segments
-- What a run found stands in its rollups; a run without them yet is counted row by row.
WITH ${label},

rollups AS (
    SELECT
        segment_id,
        sum(customers) AS customers,
        sum(predicted_clv) AS total_value
    FROM ltv_rollups
    WHERE run_id = ${current_run}
    GROUP BY segment_id
),

found AS (
    SELECT
        segment_id,
        customers,
        total_value
    FROM rollups
    UNION ALL
    SELECT
        segment_id,
        count(*) AS customers,
        sum(predicted_clv) AS total_value
    FROM customer_ltv
    WHERE run_id = ${current_run} AND NOT EXISTS (SELECT FROM rollups)
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
    cast(coalesce(found.customers, 0) AS bigint) AS customers,
    ${label_columns},
    coalesce(found.total_value, 0) AS total_value
FROM label
CROSS JOIN ltv_segments AS segment
LEFT JOIN ltv_segment_results AS result
    ON segment.segment_id = result.segment_id AND result.run_id = ${current_run}
LEFT JOIN found ON segment.segment_id = found.segment_id

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
