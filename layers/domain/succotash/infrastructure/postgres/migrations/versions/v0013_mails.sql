-- How many mails a mailbox got lately that anybody can cause, by typing its address into a form.

CREATE TABLE mail_recipients (
    recipient text COLLATE "C" PRIMARY KEY,
    sent_at timestamptz[] NOT NULL,
    last_sent_at timestamptz NOT NULL
);
COMMENT ON COLUMN mail_recipients.recipient IS 'An HMAC, which says nothing without its key.';
COMMENT ON COLUMN mail_recipients.sent_at IS 'Within a day of the last one.';
CREATE INDEX mail_recipients_by_time ON mail_recipients (last_sent_at);

-- Owners get a digest of what a form put into quarantine, unless the form says otherwise. It covers
-- what was stored from `since` on and before `until`; the next one goes on from there.

ALTER TABLE forms ADD COLUMN digest boolean NOT NULL DEFAULT true;
CREATE TABLE quarantine_digests (
    form_id text COLLATE "C" PRIMARY KEY REFERENCES forms ON DELETE CASCADE,
    since timestamptz,
    until timestamptz NOT NULL CHECK (since < until)
);
COMMENT ON TABLE quarantine_digests IS 'The last one of each form.';

-- A submission that waited for the database is stored later than it was sent. The release before
-- does not say until when; its submissions count by when they were sent.

ALTER TABLE form_submissions ADD COLUMN waited_until timestamptz;
CREATE INDEX form_submissions_quarantined
    ON form_submissions (form_id, coalesce(waited_until, submitted_at), submission_id)
    WHERE state = 'quarantined';
