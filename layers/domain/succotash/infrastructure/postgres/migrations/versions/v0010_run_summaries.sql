-- Where all customers stood by a run, to be compared with the run after it.

ALTER TABLE scoring_runs
    ADD COLUMN summary jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(summary) = 'object');
