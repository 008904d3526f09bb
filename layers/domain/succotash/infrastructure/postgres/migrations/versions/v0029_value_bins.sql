-- How many customers of a run are worth how much. A bin is known by its number: see BIN_EDGES.

CREATE TABLE value_bins (
    run_id text COLLATE "C" NOT NULL,
    measure text COLLATE "C" NOT NULL
        CHECK (measure IN ('predicted_clv', 'actual_clv', 'residual_value')),
    bin smallint NOT NULL CHECK (bin >= 0),
    customers integer NOT NULL CHECK (customers > 0),
    total numeric NOT NULL,
    PRIMARY KEY (run_id, measure, bin)
);
COMMENT ON TABLE value_bins IS 'Bin 0 holds amounts below zero; total is the sum of the amounts.';
