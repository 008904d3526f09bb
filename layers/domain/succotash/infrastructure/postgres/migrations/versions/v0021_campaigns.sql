-- What people decide about a campaign, and who was assigned to it.

ALTER TABLE retention_campaigns
    ADD COLUMN definition jsonb NOT NULL DEFAULT '{}',
    ADD CONSTRAINT retention_campaigns_definition_check
        CHECK (jsonb_typeof(definition) = 'object') NOT VALID,
    DROP CONSTRAINT retention_campaigns_status_check,
    ADD CONSTRAINT retention_campaigns_status_check
        CHECK (status IN ('draft', 'active', 'paused', 'completed', 'cancelled')) NOT VALID;

CREATE TABLE campaign_members (
    campaign_id text COLLATE "C" NOT NULL,
    person_key text COLLATE "C" NOT NULL,
    arm text COLLATE "C" NOT NULL CHECK (arm IN ('treatment', 'holdout')),
    state text COLLATE "C" NOT NULL CHECK (state IN ('held_out', 'queued')),
    assigned_at timestamptz NOT NULL,
    dispatch_id text COLLATE "C" NOT NULL,
    customer_id text COLLATE "C",
    canonical_email text COLLATE "C",
    run_id text COLLATE "C",
    foreseen_value numeric(19, 4),
    value_at_risk numeric(19, 4),
    currency text COLLATE "C" CHECK (currency ~ '^[A-Z]{3}$'),
    risk_level text COLLATE "C",
    value_segment text COLLATE "C",
    engagement_segment text COLLATE "C",
    PRIMARY KEY (campaign_id, person_key),
    CHECK ((arm = 'holdout') = (state = 'held_out')),
    CHECK ((customer_id IS NULL) = (canonical_email IS NULL))
);
COMMENT ON TABLE campaign_members IS
    'Of who was erased, the arm, the state and the instant stay, under a key that is nobody''s. '
    'Without a reference to runs, whose rows go; and without one to campaigns, which are locked by '
    'who writes here: it took a tenth of a dispatch.';
COMMENT ON COLUMN campaign_members.person_key IS
    'A keyed hash of campaign and address; also the id of the message in the outbox.';
CREATE INDEX campaign_members_by_email
    ON campaign_members (canonical_email, assigned_at) WHERE canonical_email IS NOT NULL;
CREATE INDEX campaign_members_by_customer
    ON campaign_members (customer_id) WHERE customer_id IS NOT NULL;
