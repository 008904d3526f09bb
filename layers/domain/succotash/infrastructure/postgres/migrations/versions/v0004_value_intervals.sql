-- What each customer's residual value will probably lie between. NOT VALID: rows from before have
-- neither, and nobody waits for them to be read.

ALTER TABLE customer_ltv
    ADD COLUMN residual_low numeric(19, 4),
    ADD COLUMN residual_high numeric(19, 4),
    ADD CONSTRAINT customer_ltv_residual_interval CHECK (
        num_nulls(residual_low, residual_high) IN (0, 2)
        AND coalesce(residual_low >= 0 AND residual_low <= residual_high, TRUE)
    ) NOT VALID;
