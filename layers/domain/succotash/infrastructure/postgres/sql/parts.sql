-- part: form_columns
-- Lengths of time in microseconds, exactly: the driver reads no months.
form_id,
title,
fields,
allowed_origins,
allowed_redirects,
region,
spam,
notify,
digest,
confirms,
double_opt_in,
consent_text,
updated_at,
cast(extract(EPOCH FROM duplicate_window) * 1000000 AS bigint) AS duplicate_window,
cast(extract(EPOCH FROM retention) * 1000000 AS bigint) AS retention

-- part: validation_rule
SELECT
    rule_id,
    form_id,
    field_name,
    kind,
    parameters,
    message,
    position
FROM validation_rules

-- part: submission
SELECT
    submission_id,
    form_id,
    answers,
    submitted_at,
    fingerprint,
    attribution,
    source,
    canonical_email,
    lead_id,
    user_agent,
    state,
    duplicate_of,
    spam_reasons,
    text_digest,
    consent,
    waited_until,
    host(ip_address) AS ip_address
FROM form_submissions

-- part: insert_submission
INSERT INTO form_submissions (
    submission_id, form_id, answers, submitted_at, fingerprint, attribution, source,
    canonical_email, lead_id, ip_address, user_agent, state, duplicate_of, spam_reasons,
    text_digest, consent, waited_until
)
SELECT
    cast(:submission_id AS text) AS submission_id,
    cast(:form_id AS text) AS form_id,
    cast(:answers AS jsonb) AS answers,
    cast(:submitted_at AS timestamptz) AS submitted_at,
    cast(:fingerprint AS text) AS fingerprint,
    cast(:attribution AS jsonb) AS attribution,
    cast(:source AS text) AS source,
    cast(:canonical_email AS text) AS canonical_email,
    cast(:lead_id AS text) AS lead_id,
    cast(:ip_address AS inet) AS ip_address,
    cast(:user_agent AS text) AS user_agent,
    cast(:state AS text) AS state,
    cast(:duplicate_of AS text) AS duplicate_of,
    cast(:spam_reasons AS jsonb) AS spam_reasons,
    cast(:text_digest AS text) AS text_digest,
    cast(:consent AS text) AS consent,
    cast(:waited_until AS timestamptz) AS waited_until

-- part: lead
SELECT
    lead_id,
    email,
    canonical_email,
    first_submission_at,
    last_submission_at,
    first_name,
    last_name,
    company,
    phone,
    answers,
    status,
    source,
    campaign,
    submission_count
FROM leads

-- part: scored_lead
SELECT
    lead.lead_id,
    lead.email,
    lead.canonical_email,
    lead.first_submission_at,
    lead.last_submission_at,
    lead.first_name,
    lead.last_name,
    lead.company,
    lead.phone,
    lead.answers,
    lead.status,
    lead.source,
    lead.campaign,
    lead.submission_count,
    score.points,
    score.grade,
    score.is_hot,
    score.scored_at,
    score.rules_version
FROM leads AS lead
LEFT JOIN lead_scores AS score ON lead.lead_id = score.lead_id

-- part: is_new_lead
-- Leads first seen in the range, of one source and of one form where these are asked for.
lead.first_submission_at >= coalesce(cast(:start AS timestamptz), '-infinity')
AND lead.first_submission_at < coalesce(cast(:end AS timestamptz), 'infinity')
AND (cast(:source AS text) IS NULL OR lead.source = :source)
AND (
    cast(:form_id AS text) IS NULL
    OR EXISTS (
        SELECT
        FROM form_submissions AS own
        WHERE own.lead_id = lead.lead_id AND own.form_id = :form_id
    )
)

-- part: keep_lead
-- The lead was read under a lock, so it is written as it is from now on; as a new one it may find
-- that somebody was quicker, and is not kept.
added AS (
    INSERT INTO leads (
        lead_id, email, canonical_email, first_submission_at, last_submission_at, first_name,
        last_name, company, phone, answers, status, source, campaign, submission_count
    )
    SELECT
        cast(:kept_lead_id AS text) AS lead_id,
        cast(:email AS text) AS email,
        cast(:lead_email AS text) AS canonical_email,
        cast(:first_submission_at AS timestamptz) AS first_submission_at,
        cast(:last_submission_at AS timestamptz) AS last_submission_at,
        cast(:first_name AS text) AS first_name,
        cast(:last_name AS text) AS last_name,
        cast(:company AS text) AS company,
        cast(:phone AS text) AS phone,
        cast(:lead_answers AS jsonb) AS answers,
        cast(:status AS text) AS status,
        cast(:lead_source AS text) AS source,
        cast(:campaign AS text) AS campaign,
        cast(:submission_count AS integer) AS submission_count
    WHERE cast(:is_new_lead AS boolean)
    ON CONFLICT DO NOTHING
    RETURNING lead_id, status, last_submission_at
),

changed AS (
    UPDATE leads
    SET
        first_submission_at = cast(:first_submission_at AS timestamptz),
        last_submission_at = cast(:last_submission_at AS timestamptz),
        first_name = cast(:first_name AS text),
        last_name = cast(:last_name AS text),
        company = cast(:company AS text),
        phone = cast(:phone AS text),
        answers = cast(:lead_answers AS jsonb),
        submission_count = cast(:submission_count AS integer)
    WHERE lead_id = cast(:kept_lead_id AS text) AND NOT cast(:is_new_lead AS boolean)
    RETURNING lead_id
),

kept AS (
    SELECT lead_id FROM added
    UNION ALL
    SELECT lead_id FROM changed
),

entered AS (
    INSERT INTO lead_status_changes (lead_id, status, changed_at)
    SELECT
        lead_id,
        status,
        last_submission_at
    FROM added
),

tied AS (
    UPDATE customers
    SET lead_id = kept.lead_id
    FROM kept
    WHERE customers.canonical_email = cast(:lead_email AS text) AND customers.lead_id IS NULL
)

-- part: replace_score
ON CONFLICT (lead_id) DO UPDATE SET
    total = excluded.total,
    points = excluded.points,
    grade = excluded.grade,
    is_hot = excluded.is_hot,
    scored_at = excluded.scored_at,
    rules_version = excluded.rules_version

-- part: append_messages
INSERT INTO outbox (message_id, kind, occurred_at, subject_id, form_id, payload, due_at)
SELECT
    item.message_id,
    item.kind,
    item.occurred_at,
    item.subject_id,
    item.form_id,
    item.payload,
    item.occurred_at AS due_at
FROM jsonb_to_recordset(cast(:messages AS jsonb)) AS item (
    message_id text, kind text, occurred_at timestamptz, subject_id text, form_id text,
    payload jsonb
)
ON CONFLICT (message_id) DO NOTHING

-- part: named_run
-- Those who write rows of a run lock it, in place of a foreign key.
run AS (
    SELECT run_id
    FROM scoring_runs
    WHERE run_id = :run_id
    FOR KEY SHARE
)

-- part: joined_run
-- What names no run joins the current one.
run AS (
    SELECT run_id
    FROM scoring_runs
    WHERE
        CASE
            WHEN cast(:run_id AS text) IS NULL THEN state = 'current'
            ELSE run_id = :run_id
        END
    FOR KEY SHARE
)

-- part: current_run
(SELECT current_run.run_id FROM scoring_runs AS current_run WHERE current_run.state = 'current')

-- part: meant
-- The customer whom an id names: by an alias, or else by its own id.
coalesce(
    (
        SELECT named.customer_id
        FROM customer_aliases AS named
        WHERE named.system = 'shop' AND named.alias = cast(:customer_id AS text)
    ),
    :customer_id
)

-- part: moment
-- What is set for the transaction beforehand: COPY takes no parameters.
moment AS MATERIALIZED (
    SELECT
        cast(current_setting('succotash.as_of') AS timestamptz) AS as_of,
        cast(current_setting('succotash.until') AS timestamptz) AS until,
        current_setting('succotash.time_zone') AS zone
)

-- part: settled
-- Orders with their refunds, as every aggregate over the ledger counts them. An order counts as of
-- the moment asked for, one held out as of the end of the holdout; `refunded` is NULL where
-- nothing was. An order refunded beyond its amount is no purchase, its net below 0.
${moment},

refunds AS (
    SELECT
        customer_id,
        refund_of AS order_id,
        sum(amount) AS amount,
        sum(amount) FILTER (WHERE ordered_at <= (SELECT moment.as_of FROM moment)) AS amount_as_of
    FROM orders${shard}
    WHERE refund_of IS NOT NULL AND ordered_at <= (SELECT moment.until FROM moment)
    GROUP BY customer_id, refund_of
),

netted AS (
    SELECT
        original.customer_id,
        original.ordered_at,
        original.amount,
        original.ordered_at > (SELECT moment.as_of FROM moment) AS held_out,
        CASE
            WHEN original.ordered_at > (SELECT moment.as_of FROM moment) THEN refunds.amount
            ELSE refunds.amount_as_of
        END AS refunded
    FROM orders${shard} AS original
    LEFT JOIN refunds
        ON original.customer_id = refunds.customer_id AND original.order_id = refunds.order_id
    WHERE original.refund_of IS NULL AND original.ordered_at <= (SELECT moment.until FROM moment)
),

settled AS NOT MATERIALIZED (
    SELECT
        customer_id,
        ordered_at,
        held_out,
        cast(ordered_at AT TIME ZONE (SELECT moment.zone FROM moment) AS date) AS day,
        amount + coalesce(refunded, 0) AS net,
        refunded IS NULL OR amount + refunded > 0 AS is_purchase
    FROM netted
)

-- part: purchases
${settled},

purchases AS (
    SELECT
        customer_id,
        ordered_at,
        held_out,
        net,
        day
    FROM settled
    WHERE is_purchase
)

-- part: meet_seen
-- What every way of recording does with the customers in `seen`. Leads are not locked: an erasure
-- waits for those who ask about the same e-mail, and the foreign key holds against everybody else.
namesakes AS (
    SELECT
        lead_id,
        canonical_email
    FROM leads
    WHERE canonical_email IN (SELECT seen.email FROM seen)
),

met AS (
    INSERT INTO customers AS known (customer_id, first_seen_at, canonical_email, lead_id)
    SELECT
        seen.customer_id,
        seen.first_seen_at,
        seen.email,
        namesakes.lead_id
    FROM seen
    LEFT JOIN namesakes ON seen.email = namesakes.canonical_email
    ORDER BY seen.customer_id
    ON CONFLICT (customer_id) DO UPDATE SET
        first_seen_at = least(known.first_seen_at, excluded.first_seen_at),
        canonical_email = coalesce(known.canonical_email, excluded.canonical_email),
        lead_id = CASE
            WHEN
                coalesce(known.canonical_email, excluded.canonical_email)
                = excluded.canonical_email
                THEN coalesce(known.lead_id, excluded.lead_id)
            ELSE known.lead_id
        END
    WHERE
        excluded.first_seen_at < known.first_seen_at
        OR (known.canonical_email IS NULL AND excluded.canonical_email IS NOT NULL)
        OR (known.lead_id IS NULL AND known.canonical_email = excluded.canonical_email)
)

-- part: label
-- The run that everything here is of, without what only scoring and reports about models need.
label AS (
    SELECT
        run_id,
        as_of,
        settings,
        models
    FROM scoring_runs
    WHERE state = 'current'
)

-- part: label_columns
-- Of a statement with a window `place`: on its first row alone, for the label is long.
label.run_id AS label_run_id,
label.as_of AS label_as_of,
CASE WHEN row_number() OVER place = 1 THEN label.settings END AS label_settings,
CASE WHEN row_number() OVER place = 1 THEN label.models END AS label_models
