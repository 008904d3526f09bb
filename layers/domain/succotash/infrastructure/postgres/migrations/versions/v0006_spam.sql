-- How forms tell people from robots, how long they keep submissions, and texts sent again.
--
-- What a form's settings do not name has the default of the release that reads them.

ALTER TABLE forms
    ADD COLUMN spam jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(spam) = 'object'),
    ADD COLUMN retention interval CHECK (retention > '0');

ALTER TABLE form_submissions ADD COLUMN text_digest text COLLATE "C";
CREATE INDEX form_submissions_by_text
    ON form_submissions (text_digest, submitted_at) WHERE text_digest IS NOT NULL;
