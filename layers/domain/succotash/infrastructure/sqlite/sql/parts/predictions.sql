-- part: prediction_results
-- Without the customer, whom each statement knows by its own table.
prediction.churn_probability,
prediction.probability_alive,
prediction.risk_level,
prediction.risk_score,
prediction.horizon_days,
prediction.last_seen_on,
prediction.predicted_churn_date,
prediction.reasons,
prediction.engagement_score,
prediction.likely_inactive_since,
prediction.return_probability,
prediction.value_at_risk,
prediction.value_at_risk_currency,
prediction.run_id
