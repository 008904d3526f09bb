-- That somebody reported a campaign's message as spam, and how many did.

ALTER TABLE retention_campaigns
    ADD COLUMN complained bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT retention_campaigns_complained_check CHECK (complained >= 0) NOT VALID;

ALTER TABLE campaign_outcomes
    DROP CONSTRAINT campaign_outcomes_kind_check,
    ADD CONSTRAINT campaign_outcomes_kind_check CHECK (kind IN (
        'sent', 'delivered', 'opened', 'clicked', 'converted', 'bounced', 'unsubscribed',
        'complained'
    )) NOT VALID;
