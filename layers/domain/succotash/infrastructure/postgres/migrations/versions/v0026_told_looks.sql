-- What was to be told at each look at a campaign when it was first read; nothing of looks that were
-- read before this.

ALTER TABLE campaign_readings
    ADD COLUMN told jsonb,
    ADD CONSTRAINT campaign_readings_told_check CHECK (jsonb_typeof(told) = 'object') NOT VALID;
