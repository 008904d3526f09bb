-- What each look at a campaign counted when it was first read.

CREATE TABLE campaign_readings (
    campaign_id text COLLATE "C" NOT NULL REFERENCES retention_campaigns,
    look smallint NOT NULL CHECK (look >= 0),
    read_at timestamptz NOT NULL,
    totals jsonb NOT NULL CHECK (jsonb_typeof(totals) = 'object'),
    PRIMARY KEY (campaign_id, look)
);
COMMENT ON TABLE campaign_readings IS
    'Never changed, so that what a look decided stays a fact. Sums of members only: nothing here '
    'is about anybody.';
