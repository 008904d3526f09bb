-- What became of campaigns' messages, once for each kind, and how many messages that were.

ALTER TABLE retention_campaigns
    ADD COLUMN delivered bigint NOT NULL DEFAULT 0,
    ADD COLUMN bounced bigint NOT NULL DEFAULT 0,
    ADD COLUMN unsubscribed bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT retention_campaigns_outcomes_check
        CHECK (delivered >= 0 AND bounced >= 0 AND unsubscribed >= 0) NOT VALID;

CREATE TABLE campaign_outcomes (
    campaign_id text COLLATE "C" NOT NULL,
    person_key text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind IN (
        'sent', 'delivered', 'opened', 'clicked', 'converted', 'bounced', 'unsubscribed'
    )),
    occurred_at timestamptz NOT NULL,
    PRIMARY KEY (campaign_id, person_key, kind),
    FOREIGN KEY (campaign_id, person_key) REFERENCES campaign_members ON UPDATE CASCADE
);
COMMENT ON TABLE campaign_outcomes IS
    'Of who was erased, outcomes stay under the key of their member, which is nobody''s.';
