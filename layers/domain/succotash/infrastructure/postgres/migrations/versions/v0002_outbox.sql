-- The outbox: what is told to others, written in the transaction of what it tells of.
--
-- A kind has no check: releases add to them, and whoever delivers passes on those it does not know.

CREATE TABLE outbox (
    message_id text COLLATE "C" PRIMARY KEY,
    kind text COLLATE "C" NOT NULL,
    occurred_at timestamptz NOT NULL,
    subject_id text COLLATE "C" NOT NULL,
    form_id text COLLATE "C",
    payload jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(payload) = 'object'),
    due_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    delivered_to text[] NOT NULL DEFAULT '{}',
    delivered_at timestamptz,
    set_aside_at timestamptz,
    last_error text,
    CHECK (delivered_at IS NULL OR set_aside_at IS NULL)
);
CREATE INDEX outbox_due
    ON outbox (due_at, message_id) WHERE delivered_at IS NULL AND set_aside_at IS NULL;
CREATE INDEX outbox_set_aside ON outbox (set_aside_at) WHERE set_aside_at IS NOT NULL;
CREATE INDEX outbox_delivered ON outbox (delivered_at) WHERE delivered_at IS NOT NULL;
CREATE INDEX outbox_by_subject ON outbox (subject_id);

-- One state more. The release before this one neither writes it nor has forms that ask for it.
ALTER TABLE form_submissions
    DROP CONSTRAINT form_submissions_state_check,
    ADD CONSTRAINT form_submissions_state_check
    CHECK (state IN ('accepted', 'quarantined', 'duplicate', 'unconfirmed'));
