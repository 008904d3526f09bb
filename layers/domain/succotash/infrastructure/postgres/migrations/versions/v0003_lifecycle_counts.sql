-- Who came, stayed, came back and went, by shard of the run that counted them.

CREATE TABLE lifecycle_counts (
    run_id text COLLATE "C" NOT NULL REFERENCES scoring_runs ON DELETE CASCADE,
    period text COLLATE "C" NOT NULL CHECK (period IN ('day', 'week', 'month')),
    starts_on date NOT NULL,
    shard smallint NOT NULL CHECK (shard >= 0),
    arrived integer NOT NULL CHECK (arrived >= 0),
    returned integer NOT NULL CHECK (returned >= 0),
    resurrected integer NOT NULL CHECK (resurrected >= 0),
    dormant integer NOT NULL CHECK (dormant >= 0),
    PRIMARY KEY (run_id, period, starts_on, shard)
);
COMMENT ON TABLE lifecycle_counts IS 'Counts of each shard apart; readers add them up.';
