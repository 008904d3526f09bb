-- name: save_prediction
WITH ${joined_run},

saved AS (
    INSERT INTO churn_predictions (
        run_id,
        customer_id,
        churn_probability,
        probability_alive,
        risk_level,
        risk_score,
        horizon_days,
        last_seen_on,
        predicted_churn_date,
        reasons,
        engagement_score,
        likely_inactive_since,
        return_probability,
        value_at_risk,
        value_at_risk_currency
    )
    SELECT
        run_id,
        cast(:customer_id AS text) AS customer_id,
        cast(:churn_probability AS double precision) AS churn_probability,
        cast(:probability_alive AS double precision) AS probability_alive,
        cast(:risk_level AS text) AS risk_level,
        cast(:risk_score AS smallint) AS risk_score,
        cast(:horizon_days AS integer) AS horizon_days,
        cast(:last_seen_on AS date) AS last_seen_on,
        cast(:predicted_churn_date AS date) AS predicted_churn_date,
        cast(:reasons AS jsonb) AS reasons,
        cast(:engagement_score AS smallint) AS engagement_score,
        cast(:likely_inactive_since AS date) AS likely_inactive_since,
        cast(:return_probability AS double precision) AS return_probability,
        cast(:value_at_risk AS bigint) * 0.0001 AS value_at_risk,
        cast(:currency AS text) AS value_at_risk_currency
    FROM run
    ON CONFLICT (run_id, customer_id) DO UPDATE SET
        churn_probability = excluded.churn_probability,
        probability_alive = excluded.probability_alive,
        risk_level = excluded.risk_level,
        risk_score = excluded.risk_score,
        horizon_days = excluded.horizon_days,
        last_seen_on = excluded.last_seen_on,
        predicted_churn_date = excluded.predicted_churn_date,
        reasons = excluded.reasons,
        engagement_score = excluded.engagement_score,
        likely_inactive_since = excluded.likely_inactive_since,
        return_probability = excluded.return_probability,
        value_at_risk = excluded.value_at_risk,
        value_at_risk_currency = excluded.value_at_risk_currency
)

SELECT run_id FROM run;

-- name: clear_predictions
WITH ${named_run},

deleted AS (
    DELETE FROM churn_predictions${shard} WHERE run_id = (SELECT run_id FROM run)
)

SELECT run_id FROM run;

-- name: copy_predictions
COPY churn_predictions${shard} (
    run_id,
    horizon_days,
    value_at_risk_currency,
    customer_id,
    churn_probability,
    probability_alive,
    risk_level,
    risk_score,
    last_seen_on,
    predicted_churn_date,
    reasons,
    engagement_score,
    likely_inactive_since,
    return_probability,
    value_at_risk
) FROM STDIN;

-- part: prediction_columns
prediction.customer_id,
${prediction_results}

-- part: value_segment
-- Looked up for each row: of a join, the planner scans all values of the run.
(
    SELECT value.segment_id
    FROM customer_ltv AS value
    WHERE prediction.run_id = value.run_id AND prediction.customer_id = value.customer_id
)

-- part: predictions_with_segment
SELECT
    ${prediction_columns},
    ${value_segment} AS segment_id
FROM churn_predictions AS prediction

-- name: find_prediction
WITH ${label},

found AS (
    ${predictions_with_segment}
    WHERE prediction.run_id = ${current_run} AND prediction.customer_id = ${meant}
)

SELECT
    ${prediction_columns},
    prediction.segment_id,
    ${label_columns}
FROM label
CROSS JOIN found AS prediction
WINDOW place AS (ORDER BY prediction.customer_id ASC);

-- part: labelled_predictions
SELECT
    ${prediction_columns},
    prediction.segment_id,
    ${label_columns}
FROM label
LEFT JOIN found AS prediction ON TRUE
WINDOW place AS (ORDER BY prediction.value_at_risk DESC, prediction.customer_id ASC)
ORDER BY prediction.value_at_risk DESC, prediction.customer_id ASC

-- part: by_value_at_risk
prediction.value_at_risk <= cast(:amount AS numeric)
AND (
    prediction.value_at_risk < cast(:amount AS numeric)
    OR prediction.customer_id > cast(:id AS text)
)
AND (cast(:segment_id AS text) IS NULL OR ${value_segment} = :segment_id)
ORDER BY prediction.value_at_risk DESC, prediction.customer_id ASC
LIMIT cast(:limit AS bigint)

-- name: find_predictions
WITH ${label},

found AS (
    ${predictions_with_segment}
    WHERE
        prediction.run_id = ${current_run}
        AND ${by_value_at_risk}
)

${labelled_predictions};

-- name: find_predictions_of_risk
WITH ${label},

found AS (
    ${predictions_with_segment}
    WHERE
        prediction.run_id = ${current_run}
        AND prediction.risk_level = :risk
        AND ${by_value_at_risk}
)

${labelled_predictions};
