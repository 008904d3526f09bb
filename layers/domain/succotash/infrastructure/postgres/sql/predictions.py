"""Statements about churn predictions."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

from succotash.infrastructure.postgres.sql.runs import CURRENT_RUN, JOINED_RUN, NAMED_RUN
from succotash.infrastructure.postgres.sql.sightings import MEANT

SAVE_PREDICTION = f"""
WITH {JOINED_RUN},
saved AS (
    INSERT INTO churn_predictions (
        run_id, customer_id, churn_probability, probability_alive, risk_level, risk_score,
        horizon_days, last_seen_on, predicted_churn_date, reasons, engagement_score
    )
    SELECT
        run_id, CAST(:customer_id AS text), CAST(:churn_probability AS double precision),
        CAST(:probability_alive AS double precision), CAST(:risk_level AS text),
        CAST(:risk_score AS smallint), CAST(:horizon_days AS integer), CAST(:last_seen_on AS date),
        CAST(:predicted_churn_date AS date), CAST(:reasons AS jsonb),
        CAST(:engagement_score AS smallint)
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
        engagement_score = excluded.engagement_score
)
SELECT run_id FROM run
"""
CLEAR_PREDICTIONS = f"""
WITH {NAMED_RUN},
gone AS (
    DELETE FROM churn_predictions WHERE run_id = (SELECT run_id FROM run)
)
SELECT run_id FROM run
"""
COPY_PREDICTIONS = """
COPY churn_predictions (
    run_id, horizon_days, customer_id, churn_probability, probability_alive, risk_level, risk_score,
    last_seen_on, predicted_churn_date, reasons, engagement_score
) FROM STDIN
"""
_PREDICTION = f"""
SELECT
    customer_id, churn_probability, probability_alive, risk_level, risk_score, horizon_days,
    last_seen_on, predicted_churn_date, reasons, engagement_score, run_id
FROM churn_predictions
WHERE run_id = {CURRENT_RUN}
"""
_BY_PROBABILITY = """
    AND churn_probability <= CAST(:probability AS double precision)
    AND (
        churn_probability < CAST(:probability AS double precision)
        OR customer_id > CAST(:id AS text)
    )
ORDER BY churn_probability DESC, customer_id
LIMIT CAST(:limit AS bigint)
"""
GET_PREDICTION = f"{_PREDICTION} AND customer_id = {MEANT}"
PREDICTIONS = f"{_PREDICTION} {_BY_PROBABILITY}"
PREDICTIONS_OF_RISK = f"{_PREDICTION} AND risk_level = :risk {_BY_PROBABILITY}"
