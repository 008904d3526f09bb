-- Jobs that were handed over for messages of the outbox, and what became of them: the latest one of
-- each channel. The release before writes none; what it noted in delivered_to holds.
--
-- A kind has no check, as those of messages have none.

CREATE TABLE deliveries (
    message_id text COLLATE "C" NOT NULL REFERENCES outbox ON DELETE CASCADE,
    channel text COLLATE "C" NOT NULL,
    job_id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    attempt integer NOT NULL,
    state text COLLATE "C" NOT NULL DEFAULT 'pending'
    CHECK (state IN ('pending', 'delivered', 'refused', 'uncertain')),
    handed_over_at timestamptz NOT NULL,
    recipient text COLLATE "C",
    answered_at timestamptz,
    reason text,
    reference text,
    PRIMARY KEY (message_id, channel)
);
COMMENT ON COLUMN deliveries.recipient IS 'An HMAC, which says nothing without its key.';
COMMENT ON COLUMN deliveries.reference IS 'What the service that took it calls it.';
CREATE INDEX deliveries_uncertain ON deliveries (message_id) WHERE state = 'uncertain';
