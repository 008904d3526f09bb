-- What each customer's residual value as probably exceeds as not, and how probably they buy nothing
-- more. NOT VALID: rows from before have neither, and nobody waits for them to be read.

ALTER TABLE customer_ltv
    ADD COLUMN residual_median numeric(19, 4),
    ADD COLUMN probability_of_no_purchase double precision,
    ADD CONSTRAINT customer_ltv_residual_median CHECK (
        residual_median BETWEEN residual_low AND residual_high
    ) NOT VALID,
    ADD CONSTRAINT customer_ltv_no_purchase CHECK (
        probability_of_no_purchase BETWEEN 0 AND 1
    ) NOT VALID;
