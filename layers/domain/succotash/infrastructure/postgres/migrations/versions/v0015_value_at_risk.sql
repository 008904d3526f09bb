-- What of a customer's value is at risk, how probably they come back, and since when they have
-- likely left. Rows from before hold none of it until the next run; their value at risk counts as 0
-- in lists, which NOT NULL keeps to one comparison. The release before lists by probability still,
-- so its indexes stay; it joins this table with customer_ltv, so no column may be called currency.

ALTER TABLE churn_predictions
    ADD COLUMN likely_inactive_since date,
    ADD COLUMN return_probability double precision,
    ADD COLUMN value_at_risk numeric(19, 4) NOT NULL DEFAULT 0,
    ADD COLUMN value_at_risk_currency text COLLATE "C",
    ADD CONSTRAINT churn_predictions_return_probability_check
        CHECK (return_probability BETWEEN 0 AND 1) NOT VALID,
    ADD CONSTRAINT churn_predictions_value_at_risk_currency_check
        CHECK (value_at_risk_currency ~ '^[A-Z]{3}$') NOT VALID,
    DROP CONSTRAINT churn_predictions_risk_level_check,
    ADD CONSTRAINT churn_predictions_risk_level_check
        CHECK (risk_level IN ('low', 'medium', 'high', 'lost')) NOT VALID;
CREATE INDEX churn_predictions_by_value_at_risk
    ON churn_predictions (run_id, value_at_risk DESC, customer_id);
CREATE INDEX churn_predictions_by_level_and_value_at_risk
    ON churn_predictions (run_id, risk_level, value_at_risk DESC, customer_id);

ALTER TABLE retention_campaigns
    DROP CONSTRAINT retention_campaigns_target_risk_level_check,
    ADD CONSTRAINT retention_campaigns_target_risk_level_check
        CHECK (target_risk_level IN ('low', 'medium', 'high', 'lost')) NOT VALID;
