-- A member's message that was sent may have come back.

ALTER TABLE campaign_members
    DROP CONSTRAINT campaign_members_state_check,
    ADD CONSTRAINT campaign_members_state_check CHECK (
        state IN ('held_out', 'queued', 'sent', 'bounced', 'refused', 'uncertain', 'withheld')
    ) NOT VALID;
