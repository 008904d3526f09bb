-- Whom a form tells of its submissions, and whom it asks to confirm them.

ALTER TABLE forms
    ADD COLUMN notify jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(notify) = 'array'),
    ADD COLUMN confirms boolean NOT NULL DEFAULT false,
    ADD COLUMN double_opt_in boolean NOT NULL DEFAULT false;
