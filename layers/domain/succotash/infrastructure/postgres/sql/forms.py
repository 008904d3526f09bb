"""Statements of the form repository: forms, submissions, leads and their scores."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

from succotash.infrastructure.postgres.sql.lead_scoring import SCORING_RULES
from succotash.infrastructure.postgres.sql.outbox import APPEND

SAVE_FORM = """
WITH saved AS (
    INSERT INTO forms (
        form_id, title, fields, allowed_origins, allowed_redirects, duplicate_window, region,
        spam, retention, notify, digest, confirms, double_opt_in, consent_text, updated_at
    )
    VALUES (
        :form_id, :title, CAST(:fields AS jsonb), CAST(:allowed_origins AS jsonb),
        CAST(:allowed_redirects AS jsonb),
        CAST(:duplicate_window AS bigint) * interval '1 microsecond', :region,
        CAST(:spam AS jsonb), CAST(:retention AS bigint) * interval '1 microsecond',
        CAST(:notify AS jsonb), CAST(:digest AS boolean), CAST(:confirms AS boolean),
        CAST(:double_opt_in AS boolean), :consent_text,
        CAST(:updated_at AS timestamptz)
    )
    ON CONFLICT (form_id) DO UPDATE SET
        title = excluded.title,
        fields = excluded.fields,
        allowed_origins = excluded.allowed_origins,
        allowed_redirects = excluded.allowed_redirects,
        duplicate_window = excluded.duplicate_window,
        region = excluded.region,
        spam = excluded.spam,
        retention = excluded.retention,
        notify = excluded.notify,
        digest = excluded.digest,
        confirms = excluded.confirms,
        double_opt_in = excluded.double_opt_in,
        consent_text = excluded.consent_text,
        updated_at = excluded.updated_at
),
given AS (
    SELECT *
    FROM jsonb_to_recordset(CAST(:rules AS jsonb)) AS rule (
        rule_id text COLLATE "C", form_id text COLLATE "C", field_name text, kind text,
        parameters jsonb, message text, position integer
    )
),
gone AS (
    DELETE FROM validation_rules
    WHERE form_id = :form_id AND rule_id NOT IN (SELECT rule_id FROM given)
)
INSERT INTO validation_rules AS known (
    rule_id, form_id, field_name, kind, parameters, message, position
)
SELECT rule_id, form_id, field_name, kind, parameters, message, position
FROM given
ORDER BY rule_id
ON CONFLICT (rule_id) DO UPDATE SET
    form_id = excluded.form_id,
    field_name = excluded.field_name,
    kind = excluded.kind,
    parameters = excluded.parameters,
    message = excluded.message,
    position = excluded.position
"""

_FORM_COLUMNS = """
    form_id, title, fields, allowed_origins, allowed_redirects,
    CAST(extract(epoch FROM duplicate_window) * 1000000 AS bigint), region, spam,
    CAST(extract(epoch FROM retention) * 1000000 AS bigint), notify, digest, confirms,
    double_opt_in, consent_text, updated_at
"""
_FORM = f"SELECT {_FORM_COLUMNS} FROM forms"
GET_FORM = f"{_FORM} WHERE form_id = :form_id"
GET_ALL_FORMS = f"{_FORM} ORDER BY form_id"

SAVE_VALIDATION_RULE = """
INSERT INTO validation_rules (
    rule_id, form_id, field_name, kind, parameters, message, position
)
SELECT
    CAST(:rule_id AS text), form_id, CAST(:field_name AS text), CAST(:kind AS text),
    CAST(:parameters AS jsonb), CAST(:message AS text), CAST(:position AS integer)
FROM forms
WHERE form_id = :form_id
ON CONFLICT (rule_id) DO UPDATE SET
    form_id = excluded.form_id,
    field_name = excluded.field_name,
    kind = excluded.kind,
    parameters = excluded.parameters,
    message = excluded.message,
    position = excluded.position
RETURNING rule_id
"""

GET_VALIDATION_RULES = """
SELECT rule_id, form_id, field_name, kind, parameters, message, position
FROM validation_rules
WHERE form_id = :form_id
ORDER BY position, rule_id
"""

# What the submission refers to is looked for in the statement that saves it, so that a missing
# form leaves the transaction as it was instead of failing it.
SAVE_SUBMISSION = """
WITH known AS (
    SELECT
        EXISTS (SELECT FROM forms WHERE form_id = :form_id) AS form,
        CAST(:lead_id AS text) IS NULL
            OR EXISTS (SELECT FROM leads WHERE lead_id = :lead_id) AS lead,
        CAST(:duplicate_of AS text) IS NULL
            OR EXISTS (SELECT FROM form_submissions WHERE submission_id = :duplicate_of)
            AS original
),
saved AS (
    INSERT INTO form_submissions (
        submission_id, form_id, answers, submitted_at, fingerprint, attribution, source,
        canonical_email, lead_id, ip_address, user_agent, state, duplicate_of, spam_reasons,
        text_digest, consent, waited_until
    )
    SELECT
        CAST(:submission_id AS text), CAST(:form_id AS text), CAST(:answers AS jsonb),
        CAST(:submitted_at AS timestamptz), CAST(:fingerprint AS text),
        CAST(:attribution AS jsonb), CAST(:source AS text), CAST(:canonical_email AS text),
        CAST(:lead_id AS text), CAST(:ip_address AS inet), CAST(:user_agent AS text),
        CAST(:state AS text), CAST(:duplicate_of AS text), CAST(:spam_reasons AS jsonb),
        CAST(:text_digest AS text), CAST(:consent AS text), CAST(:waited_until AS timestamptz)
    FROM known
    WHERE form AND lead AND original
    ON CONFLICT (submission_id) DO UPDATE SET
        form_id = excluded.form_id,
        answers = excluded.answers,
        submitted_at = excluded.submitted_at,
        fingerprint = excluded.fingerprint,
        attribution = excluded.attribution,
        source = excluded.source,
        canonical_email = excluded.canonical_email,
        lead_id = excluded.lead_id,
        ip_address = excluded.ip_address,
        user_agent = excluded.user_agent,
        state = excluded.state,
        duplicate_of = excluded.duplicate_of,
        spam_reasons = excluded.spam_reasons,
        text_digest = excluded.text_digest,
        consent = excluded.consent,
        waited_until = excluded.waited_until
)
SELECT form, lead, original FROM known
"""

SUBMISSION = """
SELECT
    submission_id, form_id, answers, submitted_at, fingerprint, attribution, source,
    canonical_email, lead_id, host(ip_address), user_agent, state, duplicate_of, spam_reasons,
    text_digest, consent, waited_until
FROM form_submissions
"""
GET_SUBMISSION = f"{SUBMISSION} WHERE submission_id = :submission_id"
LOCK_SUBMISSION = f"{GET_SUBMISSION} FOR NO KEY UPDATE"
SUBMISSIONS_BY_FORM = f"""
{SUBMISSION}
WHERE form_id = :form_id
    AND (submitted_at, submission_id) < (CAST(:moment AS timestamptz), CAST(:id AS text))
ORDER BY submitted_at DESC, submission_id DESC
LIMIT CAST(:limit AS bigint)
"""
SUBMISSIONS_BY_FORM_AND_STATE = f"""
{SUBMISSION}
WHERE form_id = :form_id
    AND state = :state
    AND (submitted_at, submission_id) < (CAST(:moment AS timestamptz), CAST(:id AS text))
ORDER BY submitted_at DESC, submission_id DESC
LIMIT CAST(:limit AS bigint)
"""
SUBMISSIONS_BY_ADDRESS = f"""
{SUBMISSION}
WHERE ip_address = CAST(:ip_address AS inet) AND submitted_at >= CAST(:since AS timestamptz)
ORDER BY submitted_at DESC, submission_id DESC
LIMIT 1000
"""
SUBMISSIONS_OF_PERSON = f"""
{SUBMISSION}
WHERE canonical_email = :canonical_email
    OR lead_id = (SELECT lead_id FROM leads WHERE canonical_email = :canonical_email)
ORDER BY submitted_at DESC, submission_id DESC
"""

# A statement sees what was committed before it began, so a lock is a statement of its own:
# whoever waited for it must see what the transaction before it wrote.
_FINGERPRINT_LOCK = """
pg_advisory_xact_lock(
    hashtextextended('submission', hashtextextended(:fingerprint, hashtextextended(:form_id, 0)))
)
"""
LOCK_FINGERPRINT = f"SELECT {_FINGERPRINT_LOCK}"
# A function that is STRICT is not called where the key is NULL.
LOCK_KEY_AND_FINGERPRINT = f"""
SELECT
    pg_advisory_xact_lock(
        hashtextextended('key', hashtextextended(:key, hashtextextended(:scope, 0)))
    ),
    {_FINGERPRINT_LOCK},
    (
        SELECT count(pg_advisory_xact_lock_shared(hashtextextended('erasure', stripe)))
        FROM unnest(CAST(:stripes AS integer[])) AS given (stripe)
    )
"""
LATEST_WITH_FINGERPRINT = f"""
{SUBMISSION}
WHERE form_id = :form_id
    AND fingerprint = :fingerprint
    AND state = 'accepted'
    AND submitted_at >= CAST(:since AS timestamptz)
ORDER BY submitted_at DESC, submission_id DESC
LIMIT 1
"""

# The lead was read under a lock, so it is written as it is from now on; as a new one it may find
# that somebody was quicker, and is not kept.
_KEEP_LEAD = """
added AS (
    INSERT INTO leads (
        lead_id, email, canonical_email, first_submission_at, last_submission_at, first_name,
        last_name, company, phone, answers, status, source, campaign, submission_count
    )
    SELECT
        CAST(:kept_lead_id AS text), CAST(:email AS text), CAST(:lead_email AS text),
        CAST(:first_submission_at AS timestamptz), CAST(:last_submission_at AS timestamptz),
        CAST(:first_name AS text), CAST(:last_name AS text), CAST(:company AS text),
        CAST(:phone AS text), CAST(:lead_answers AS jsonb), CAST(:status AS text),
        CAST(:lead_source AS text), CAST(:campaign AS text), CAST(:submission_count AS integer)
    WHERE CAST(:is_new_lead AS boolean)
    ON CONFLICT DO NOTHING
    RETURNING lead_id, status, last_submission_at
),
changed AS (
    UPDATE leads
    SET
        first_submission_at = CAST(:first_submission_at AS timestamptz),
        last_submission_at = CAST(:last_submission_at AS timestamptz),
        first_name = CAST(:first_name AS text),
        last_name = CAST(:last_name AS text),
        company = CAST(:company AS text),
        phone = CAST(:phone AS text),
        answers = CAST(:lead_answers AS jsonb),
        submission_count = CAST(:submission_count AS integer)
    WHERE lead_id = CAST(:kept_lead_id AS text) AND NOT CAST(:is_new_lead AS boolean)
    RETURNING lead_id
),
kept AS (
    SELECT lead_id FROM added
    UNION ALL
    SELECT lead_id FROM changed
),
entered AS (
    INSERT INTO lead_status_changes (lead_id, status, changed_at)
    SELECT lead_id, status, last_submission_at
    FROM added
),
tied AS (
    UPDATE customers
    SET lead_id = kept.lead_id
    FROM kept
    WHERE customers.canonical_email = CAST(:lead_email AS text) AND customers.lead_id IS NULL
)
"""
SAVE_LEAD = f"WITH {_KEEP_LEAD} SELECT lead_id FROM kept"

LEAD = """
SELECT
    lead_id, email, canonical_email, first_submission_at, last_submission_at, first_name,
    last_name, company, phone, answers, status, source, campaign, submission_count
FROM leads
"""
GET_LEAD = f"{LEAD} WHERE lead_id = :lead_id"
GET_LEAD_BY_EMAIL = f"{LEAD} WHERE canonical_email = :canonical_email"
LOCK_LEAD_BY_EMAIL = f"{GET_LEAD_BY_EMAIL} FOR NO KEY UPDATE"
LEADS_BY_STATUS = f"""
{LEAD}
WHERE status = :status
ORDER BY last_submission_at DESC, lead_id DESC
LIMIT CAST(:limit AS bigint)
"""
LEADS_BY_SOURCE = f"""
{LEAD}
WHERE source = :source
ORDER BY last_submission_at DESC, lead_id DESC
LIMIT CAST(:limit AS bigint)
"""

SCORED_LEAD = """
SELECT
    lead_id, email, canonical_email, first_submission_at, last_submission_at, first_name,
    last_name, company, phone, answers, status, source, campaign, submission_count,
    points, grade, is_hot, scored_at, rules_version
FROM leads LEFT JOIN lead_scores USING (lead_id)
"""
FIND_LEADS = f"""
{SCORED_LEAD}
WHERE (CAST(:status AS text) IS NULL OR status = :status)
    AND (CAST(:source AS text) IS NULL OR source = :source)
    AND (CAST(:min_score AS integer) IS NULL OR total >= CAST(:min_score AS integer))
    AND (last_submission_at, lead_id) < (CAST(:moment AS timestamptz), CAST(:id AS text))
ORDER BY last_submission_at DESC, lead_id DESC
LIMIT CAST(:limit AS bigint)
"""
HOT_LEADS = f"""
{SCORED_LEAD}
WHERE is_hot AND status NOT IN ('closed_won', 'closed_lost')
ORDER BY total DESC, lead_id
LIMIT CAST(:limit AS bigint)
"""
PERSON = f"{SCORED_LEAD} WHERE canonical_email = :canonical_email"

LOCK_LEAD = "SELECT status FROM leads WHERE lead_id = :lead_id FOR NO KEY UPDATE"
MOVE_LEAD = """
WITH moved AS (
    UPDATE leads
    SET status = :status
    WHERE lead_id = :lead_id
    RETURNING
        lead_id, email, canonical_email, first_submission_at, last_submission_at, first_name,
        last_name, company, phone, answers, status, source, campaign, submission_count
),
entered AS (
    INSERT INTO lead_status_changes (lead_id, status, changed_at)
    SELECT lead_id, status, CAST(:at AS timestamptz)
    FROM moved
)
SELECT
    lead_id, email, canonical_email, first_submission_at, last_submission_at, first_name,
    last_name, company, phone, answers, status, source, campaign, submission_count
FROM moved
"""
STATUS_CHANGES = """
SELECT change.status, change.changed_at
FROM lead_status_changes AS change JOIN leads USING (lead_id)
WHERE leads.canonical_email = :canonical_email
ORDER BY change.change_id
"""

SAVE_LEAD_SCORE = """
INSERT INTO lead_scores (lead_id, total, points, grade, is_hot, scored_at, rules_version)
SELECT
    lead_id, CAST(:total AS integer), CAST(:points AS jsonb), CAST(:grade AS text),
    CAST(:is_hot AS boolean), CAST(:scored_at AS timestamptz), CAST(:rules_version AS integer)
FROM leads
WHERE lead_id = :lead_id
ON CONFLICT (lead_id) DO UPDATE SET
    total = excluded.total,
    points = excluded.points,
    grade = excluded.grade,
    is_hot = excluded.is_hot,
    scored_at = excluded.scored_at,
    rules_version = excluded.rules_version
RETURNING lead_id
"""
GET_LEAD_SCORE = """
SELECT lead_id, points, grade, is_hot, scored_at, rules_version
FROM lead_scores
WHERE lead_id = :lead_id
"""

# Leads first seen in the range, of one source and of one form where these are asked for.
IS_NEW_LEAD = """
    first_submission_at >= coalesce(CAST(:start AS timestamptz), '-infinity')
        AND first_submission_at < coalesce(CAST(:end AS timestamptz), 'infinity')
        AND (CAST(:source AS text) IS NULL OR source = :source)
        AND (
            CAST(:form_id AS text) IS NULL
            OR EXISTS (
                SELECT
                FROM form_submissions AS own
                WHERE own.lead_id = leads.lead_id AND own.form_id = :form_id
            )
        )
"""
FORM_ANALYTICS = f"""
WITH submitted AS (
    SELECT state, source, form_id, count(*) AS n
    FROM form_submissions
    WHERE submitted_at >= coalesce(CAST(:start AS timestamptz), '-infinity')
        AND submitted_at < coalesce(CAST(:end AS timestamptz), 'infinity')
        AND (CAST(:form_id AS text) IS NULL OR form_id = :form_id)
        AND (CAST(:source AS text) IS NULL OR source = :source)
    GROUP BY state, source, form_id
),
found AS (
    SELECT status, score.total, coalesce(score.is_hot, false) AS is_hot
    FROM leads LEFT JOIN lead_scores AS score USING (lead_id)
    WHERE {IS_NEW_LEAD}
)
SELECT
    (SELECT jsonb_object_agg(state, n) FROM (
        SELECT state, sum(n) AS n FROM submitted GROUP BY state) AS by_state),
    (SELECT jsonb_object_agg(source, n) FROM (
        SELECT source, sum(n) AS n FROM submitted GROUP BY source) AS by_source),
    (SELECT jsonb_object_agg(form_id, n) FROM (
        SELECT form_id, sum(n) AS n FROM submitted GROUP BY form_id) AS by_form),
    (SELECT jsonb_object_agg(status, n) FROM (
        SELECT status, count(*) AS n FROM found GROUP BY status) AS by_status),
    (SELECT count(*) FROM found WHERE is_hot),
    (SELECT CAST(avg(total) AS double precision) FROM found)
"""

CONVERSION_FUNNEL = f"""
WITH found AS (
    SELECT lead_id, status
    FROM leads
    WHERE {IS_NEW_LEAD}
),
furthest AS (
    SELECT max(array_position(CAST(:stages AS text[]), change.status)) AS stage
    FROM found JOIN lead_status_changes AS change USING (lead_id)
    GROUP BY lead_id
)
SELECT
    stage,
    (SELECT count(*) FROM furthest WHERE furthest.stage >= stages.stage),
    (SELECT count(*) FROM found WHERE status = 'closed_lost')
FROM generate_series(1, cardinality(CAST(:stages AS text[]))) AS stages (stage)
ORDER BY stage
"""

# Locks are held by then, but on the leads: those it waits for come as they are afterwards.
READ_GROUND = f"""
SELECT
    {_FORM_COLUMNS},
    (
        SELECT jsonb_agg(
            jsonb_build_array(
                rule_id, rule.form_id, field_name, kind, parameters, message, position
            )
            ORDER BY position, rule_id
        )
        FROM validation_rules AS rule
        WHERE rule.form_id = :form_id
    ),
    (
        SELECT jsonb_build_array(body_digest, answer)
        FROM idempotency_keys
        WHERE scope = CAST(:scope AS text)
            AND key = CAST(:key AS text)
            AND expires_at > CAST(:at AS timestamptz)
    ),
    (
        SELECT jsonb_build_array(submission_id, lead_id)
        FROM form_submissions AS earlier
        WHERE earlier.form_id = :form_id
            AND fingerprint = :fingerprint
            AND state = 'accepted'
            AND submitted_at >= CAST(:at AS timestamptz) - forms.duplicate_window
        ORDER BY submitted_at DESC, submission_id DESC
        LIMIT 1
        FOR KEY SHARE
    ),
    (
        SELECT jsonb_agg(
            jsonb_build_array(
                lead_id, email, canonical_email, first_submission_at, last_submission_at,
                first_name, last_name, company, phone, answers, status, source, campaign,
                submission_count
            )
        )
        FROM (
            SELECT *
            FROM leads
            WHERE canonical_email = ANY (CAST(:emails AS text[]))
            ORDER BY canonical_email
            FOR NO KEY UPDATE
        ) AS lead
    ),
    ({SCORING_RULES}),
    (
        SELECT count(*)
        FROM (
            SELECT
            FROM form_submissions AS recent
            WHERE recent.ip_address = CAST(:ip_address AS inet)
                AND recent.submitted_at > CAST(:rated_since AS timestamptz)
                AND recent.submitted_at <= CAST(:at AS timestamptz)
            LIMIT coalesce(
                CAST(forms.spam ->> 'per_address_hourly' AS bigint),
                CAST(:per_address_hourly AS bigint)
            )
        ) AS counted
    ),
    (
        SELECT count(*)
        FROM (
            SELECT
            FROM form_submissions AS recent
            WHERE recent.form_id = :form_id
                AND recent.submitted_at > CAST(:rated_since AS timestamptz)
                AND recent.submitted_at <= CAST(:at AS timestamptz)
            LIMIT coalesce(
                CAST(forms.spam ->> 'per_form_hourly' AS bigint),
                CAST(:per_form_hourly AS bigint)
            )
        ) AS counted
    ),
    (
        SELECT count(*)
        FROM (
            SELECT
            FROM form_submissions AS recent
            WHERE recent.text_digest = CAST(:text_digest AS text)
                AND recent.submitted_at > CAST(:repeated_since AS timestamptz)
                AND recent.submitted_at <= CAST(:at AS timestamptz)
                AND recent.fingerprint <> :fingerprint
                AND (
                    recent.canonical_email IS NULL
                    OR recent.canonical_email <> ALL (CAST(:emails AS text[]))
                )
            LIMIT CAST(:repetitions AS bigint)
        ) AS counted
    ),
    (
        SELECT jsonb_object_agg(tombstone, erased_at)
        FROM erasures
        WHERE tombstone = ANY (CAST(:tombstones AS text[]))
    )
FROM forms
WHERE form_id = :form_id
"""

# Expired keys that others are at work on are left to a later submission, so none waits for two.
# Where the lead was absent and is there now, or the key is, somebody was quicker, and the rest is
# not written.
SAVE_OUTCOME = f"""
WITH {_KEEP_LEAD},
scored AS (
    INSERT INTO lead_scores (lead_id, total, points, grade, is_hot, scored_at, rules_version)
    SELECT
        lead_id, CAST(:total AS integer), CAST(:points AS jsonb), CAST(:grade AS text),
        CAST(:is_hot AS boolean), CAST(:scored_at AS timestamptz),
        CAST(:rules_version AS integer)
    FROM kept
    ON CONFLICT (lead_id) DO UPDATE SET
        total = excluded.total,
        points = excluded.points,
        grade = excluded.grade,
        is_hot = excluded.is_hot,
        scored_at = excluded.scored_at,
        rules_version = excluded.rules_version
),
saved AS (
    INSERT INTO form_submissions (
        submission_id, form_id, answers, submitted_at, fingerprint, attribution, source,
        canonical_email, lead_id, ip_address, user_agent, state, duplicate_of, spam_reasons,
        text_digest, consent, waited_until
    )
    SELECT
        CAST(:submission_id AS text), CAST(:form_id AS text), CAST(:answers AS jsonb),
        CAST(:submitted_at AS timestamptz), CAST(:fingerprint AS text),
        CAST(:attribution AS jsonb), CAST(:source AS text), CAST(:canonical_email AS text),
        CAST(:lead_id AS text), CAST(:ip_address AS inet), CAST(:user_agent AS text),
        CAST(:state AS text), CAST(:duplicate_of AS text), CAST(:spam_reasons AS jsonb),
        CAST(:text_digest AS text), CAST(:consent AS text), CAST(:waited_until AS timestamptz)
    WHERE CAST(:kept_lead_id AS text) IS NULL OR EXISTS (SELECT FROM kept)
    ON CONFLICT (submission_id) DO UPDATE SET
        lead_id = excluded.lead_id,
        state = excluded.state,
        duplicate_of = excluded.duplicate_of,
        spam_reasons = excluded.spam_reasons
    RETURNING submission_id
),
told AS ({APPEND}),
expired AS MATERIALIZED (
    SELECT scope, key
    FROM idempotency_keys
    WHERE CAST(:key AS text) IS NOT NULL
        AND expires_at <= CAST(:submitted_at AS timestamptz)
        AND (scope, key) <> (CAST(:scope AS text), CAST(:key AS text))
    ORDER BY expires_at
    LIMIT CAST(:removed AS bigint)
    FOR UPDATE SKIP LOCKED
),
removed AS (
    DELETE FROM idempotency_keys AS old
    USING expired
    WHERE old.scope = expired.scope AND old.key = expired.key
),
remembered AS (
    INSERT INTO idempotency_keys AS held (
        scope, key, body_digest, expires_at, answer, submission_id
    )
    SELECT
        CAST(:scope AS text), CAST(:key AS text), CAST(:body_digest AS text),
        CAST(:expires_at AS timestamptz), CAST(:answer AS jsonb), submission_id
    FROM saved
    WHERE CAST(:key AS text) IS NOT NULL
    ON CONFLICT (scope, key) DO UPDATE SET
        body_digest = excluded.body_digest,
        expires_at = excluded.expires_at,
        answer = excluded.answer,
        submission_id = excluded.submission_id
    WHERE held.expires_at <= CAST(:submitted_at AS timestamptz)
    RETURNING key
)
SELECT
    EXISTS (SELECT FROM saved)
        AND (CAST(:key AS text) IS NULL OR EXISTS (SELECT FROM remembered))
"""

# Whoever comes second waits for the row and finds that it reaches as far.
OPEN_DIGESTS = """
WITH due AS (
    SELECT form_id
    FROM forms
    WHERE digest
        AND notify <> '[]'
        AND NOT EXISTS (
            SELECT
            FROM quarantine_digests AS made
            WHERE made.form_id = forms.form_id AND made.until >= CAST(:until AS timestamptz)
        )
),
opened AS (
    INSERT INTO quarantine_digests AS former (form_id, until)
    SELECT form_id, CAST(:until AS timestamptz)
    FROM due
    ORDER BY form_id
    ON CONFLICT (form_id) DO UPDATE SET since = former.until, until = excluded.until
    WHERE former.until < excluded.until
    RETURNING form_id, since, until
),
counted AS (
    SELECT
        form_id, since, until,
        (
            SELECT count(*)
            FROM form_submissions AS held
            WHERE held.form_id = opened.form_id
                AND state = 'quarantined'
                AND coalesce(waited_until, submitted_at) >= coalesce(since, '-infinity')
                AND coalesce(waited_until, submitted_at) < until
        ) AS held
    FROM opened
)
SELECT form_id, since, until, held
FROM counted
WHERE held > 0
ORDER BY form_id
"""
GET_QUARANTINED = f"""
{SUBMISSION}
WHERE form_id = :form_id
    AND state = 'quarantined'
    AND coalesce(waited_until, submitted_at)
        >= coalesce(CAST(:since AS timestamptz), '-infinity')
    AND coalesce(waited_until, submitted_at) < CAST(:until AS timestamptz)
ORDER BY coalesce(waited_until, submitted_at) DESC, submission_id DESC
LIMIT CAST(:limit AS bigint)
"""

# Others may be at work on a few of them: these are left to a later run.
REMOVE_EXPIRED = """
WITH expired AS MATERIALIZED (
    SELECT old.submission_id
    FROM forms CROSS JOIN LATERAL (
        SELECT submission_id
        FROM form_submissions
        WHERE form_submissions.form_id = forms.form_id
            AND submitted_at <= CAST(:at AS timestamptz) - forms.retention
        UNION ALL
        SELECT submission_id
        FROM form_submissions
        WHERE form_submissions.form_id = forms.form_id
            AND forms.retention IS NULL
            AND state IN ('quarantined', 'unconfirmed')
            AND submitted_at <= CAST(:quarantined_until AS timestamptz)
    ) AS old
    LIMIT CAST(:limit AS bigint)
),
chosen AS MATERIALIZED (
    SELECT submission_id
    FROM form_submissions
    WHERE submission_id IN (SELECT submission_id FROM expired)
    FOR UPDATE SKIP LOCKED
),
removed AS (
    DELETE FROM form_submissions
    WHERE submission_id IN (SELECT submission_id FROM chosen)
    RETURNING 1
)
SELECT count(*) FROM removed
"""

ERASE_PERSON = """
WITH person AS (
    SELECT lead_id FROM leads WHERE canonical_email = :canonical_email
),
own AS (
    SELECT submission_id
    FROM form_submissions
    WHERE canonical_email = :canonical_email OR lead_id = (SELECT lead_id FROM person)
),
answers AS (
    DELETE FROM idempotency_keys WHERE submission_id IN (SELECT submission_id FROM own)
    RETURNING 1
),
submissions AS (
    DELETE FROM form_submissions WHERE submission_id IN (SELECT submission_id FROM own)
    RETURNING 1
),
changes AS (
    DELETE FROM lead_status_changes WHERE lead_id IN (SELECT lead_id FROM person)
    RETURNING 1
),
scores AS (
    DELETE FROM lead_scores WHERE lead_id IN (SELECT lead_id FROM person)
    RETURNING 1
),
gone AS (
    DELETE FROM leads WHERE lead_id IN (SELECT lead_id FROM person)
    RETURNING 1
)
SELECT
    (SELECT count(*) FROM submissions),
    (SELECT count(*) FROM answers),
    (SELECT count(*) FROM gone),
    (SELECT count(*) FROM scores),
    (SELECT count(*) FROM changes)
"""
