-- How far a member's message came. The table's check that holdouts are held out stays.

ALTER TABLE campaign_members
    DROP CONSTRAINT campaign_members_state_check,
    ADD CONSTRAINT campaign_members_state_check
        CHECK (state IN ('held_out', 'queued', 'sent', 'refused', 'uncertain', 'withheld'))
        NOT VALID;
