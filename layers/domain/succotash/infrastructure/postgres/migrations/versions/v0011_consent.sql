-- What a form has people agree to, and what each of them agreed to.

ALTER TABLE forms ADD COLUMN consent_text text NOT NULL DEFAULT '';
ALTER TABLE form_submissions ADD COLUMN consent text;
