"""Statements about segments of customers by value."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

from succotash.infrastructure.postgres.sql.runs import CURRENT_RUN

SAVE_LTV_SEGMENT = """
INSERT INTO ltv_segments (segment_id, name, description, lower_quantile, lower_bound, currency)
VALUES (
    :segment_id, :name, :description, CAST(:lower_quantile AS double precision),
    CAST(:lower_bound AS bigint) * 0.0001, CAST(:currency AS text)
)
ON CONFLICT (segment_id) DO UPDATE SET
    name = excluded.name,
    description = excluded.description,
    lower_quantile = excluded.lower_quantile,
    lower_bound = excluded.lower_bound,
    currency = excluded.currency
"""
SAVE_SEGMENT_BOUNDS = """
WITH given AS (
    SELECT segment_id, units * 0.0001 AS lower_bound, currency
    FROM jsonb_to_recordset(CAST(:bounds AS jsonb)) AS item (
        segment_id text COLLATE "C", units bigint, currency text COLLATE "C"
    )
),
unknown AS (
    SELECT count(*) AS segments
    FROM given
    WHERE NOT EXISTS (SELECT FROM ltv_segments WHERE segment_id = given.segment_id)
),
run AS (
    SELECT run_id FROM scoring_runs WHERE run_id = :run_id FOR KEY SHARE
),
usable AS (
    SELECT run_id FROM run WHERE (SELECT segments FROM unknown) = 0
),
gone AS (
    DELETE FROM ltv_segment_results
    WHERE run_id = (SELECT run_id FROM usable)
        AND segment_id NOT IN (SELECT segment_id FROM given)
),
saved AS (
    INSERT INTO ltv_segment_results (run_id, segment_id, lower_bound, currency)
    SELECT run_id, segment_id, lower_bound, currency
    FROM usable CROSS JOIN given
    ON CONFLICT (run_id, segment_id) DO UPDATE SET
        lower_bound = excluded.lower_bound,
        currency = excluded.currency
)
SELECT EXISTS (SELECT FROM run), segments FROM unknown
"""
# What a run found stands in its rollups; a run without them yet is counted row by row.
_SEGMENTS = f"""
WITH rollups AS (
    SELECT segment_id, sum(customers) AS customers, sum(predicted_clv) AS total_value
    FROM ltv_rollups
    WHERE run_id = {CURRENT_RUN}
    GROUP BY segment_id
),
found AS (
    SELECT segment_id, customers, total_value FROM rollups
    UNION ALL
    SELECT segment_id, count(*), sum(predicted_clv)
    FROM customer_ltv
    WHERE run_id = {CURRENT_RUN} AND NOT EXISTS (SELECT FROM rollups)
    GROUP BY segment_id
)
SELECT
    segment.segment_id, segment.name, segment.description, segment.lower_quantile,
    segment.lower_bound, segment.currency, result.run_id, result.lower_bound, result.currency,
    CAST(coalesce(found.customers, 0) AS bigint), coalesce(found.total_value, 0)
FROM ltv_segments AS segment
LEFT JOIN ltv_segment_results AS result
    ON result.segment_id = segment.segment_id AND result.run_id = {CURRENT_RUN}
LEFT JOIN found ON found.segment_id = segment.segment_id
"""
GET_LTV_SEGMENT = f"{_SEGMENTS} WHERE segment.segment_id = :segment_id"
GET_ALL_LTV_SEGMENTS = f"""
{_SEGMENTS}
ORDER BY segment.lower_quantile NULLS LAST, segment.lower_bound, segment.segment_id
"""
