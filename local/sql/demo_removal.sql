-- Taking the demo data out of PostgreSQL or SQLite, which both read these statements. They are
-- sent in this order: what is somebody's only thing goes before they do.

-- part: demo_campaigns
(
    SELECT campaign.campaign_id
    FROM retention_campaigns AS campaign
    INNER JOIN demo_items AS item ON campaign.name = item.owner AND campaign.description = item.id
    WHERE item.kind = 'campaign'
)

-- part: demo_customers
(SELECT item.owner FROM demo_items AS item WHERE item.kind = 'order')

-- part: demo_emails
(SELECT item.id FROM demo_items AS item WHERE item.kind = 'email')

-- part: demo_submissions
(
    SELECT submission.submission_id
    FROM form_submissions AS submission
    INNER JOIN demo_items AS item
        ON
            submission.form_id = item.owner
            AND (submission.answers ->> 'email')
            || coalesce(submission.answers ->> 'company', '')
            || coalesce(submission.answers ->> 'message', '')
            = item.id
    WHERE item.kind = 'submission'
)

-- part: lonely_leads
leads.canonical_email IN ${demo_emails}
AND NOT EXISTS (
    SELECT 1 FROM form_submissions AS submission
    WHERE leads.lead_id = submission.lead_id
)

-- part: own_first_fact
(
    SELECT min(fact.happened_at)
    FROM (
        SELECT bought.ordered_at AS happened_at
        FROM orders AS bought
        WHERE bought.customer_id = customers.customer_id
        UNION ALL
        SELECT seen.occurred_at AS happened_at
        FROM activity_events AS seen
        WHERE seen.customer_id = customers.customer_id
    ) AS fact
)

-- name: make_items
CREATE TEMPORARY TABLE demo_items (kind text, owner text, id text);

-- name: add_items
INSERT INTO demo_items (kind, owner, id)
SELECT
    given.kind,
    given.owner,
    given.id
FROM unnest(
    cast(:kinds AS text[]), cast(:owners AS text[]), cast(:ids AS text[])
) AS given (kind, owner, id);

-- name: add_item
INSERT INTO demo_items (kind, owner, id)
VALUES (:kind, :owner, :id);

-- name: delete_messages_of_campaigns
DELETE FROM outbox
WHERE (payload ->> 'campaign_id') IN ${demo_campaigns};

-- name: delete_outcomes
DELETE FROM campaign_outcomes
WHERE campaign_id IN ${demo_campaigns};

-- name: delete_readings
DELETE FROM campaign_readings
WHERE campaign_id IN ${demo_campaigns};

-- name: delete_members
DELETE FROM campaign_members
WHERE campaign_id IN ${demo_campaigns};

-- name: delete_campaigns
DELETE FROM retention_campaigns
WHERE campaign_id IN ${demo_campaigns};

-- name: delete_orders
DELETE FROM orders
WHERE
    (customer_id, order_id) IN (
        SELECT
            item.owner,
            item.id
        FROM demo_items AS item
        WHERE item.kind = 'order'
    );

-- name: delete_events
DELETE FROM activity_events
WHERE
    (customer_id, event_id) IN (
        SELECT
            item.owner,
            item.id
        FROM demo_items AS item
        WHERE item.kind = 'event'
    );

-- name: delete_messages_about_submissions
DELETE FROM outbox
WHERE subject_id IN ${demo_submissions};

-- name: delete_submissions
DELETE FROM form_submissions
WHERE submission_id IN ${demo_submissions};

-- name: delete_messages_about_leads
DELETE FROM outbox
WHERE
    subject_id IN (
        SELECT leads.lead_id
        FROM leads
        WHERE
            ${lonely_leads}
    );

-- name: delete_leads
DELETE FROM leads
WHERE
    ${lonely_leads};

-- name: delete_form
DELETE FROM forms
WHERE
    form_id IN (SELECT item.id FROM demo_items AS item WHERE item.kind = 'form')
    AND NOT EXISTS (
        SELECT 1 FROM form_submissions AS submission
        WHERE forms.form_id = submission.form_id
    );

-- name: delete_customers
DELETE FROM customers
WHERE
    customer_id IN ${demo_customers}
    AND NOT EXISTS (
        SELECT 1 FROM orders AS bought
        WHERE customers.customer_id = bought.customer_id
    )
    AND NOT EXISTS (
        SELECT 1 FROM activity_events AS seen
        WHERE customers.customer_id = seen.customer_id
    );

-- name: restore_customers
-- Those who stay are known by what is theirs alone.
UPDATE customers
SET
    canonical_email = CASE WHEN canonical_email NOT IN ${demo_emails} THEN canonical_email END,
    first_seen_at = ${own_first_fact}
WHERE
    customer_id IN ${demo_customers}
    AND (canonical_email IN ${demo_emails} OR first_seen_at <> ${own_first_fact});

-- name: delete_values
DELETE FROM customer_ltv
WHERE
    customer_id IN ${demo_customers}
    AND NOT EXISTS (
        SELECT 1 FROM customers AS left_over
        WHERE customer_ltv.customer_id = left_over.customer_id
    );

-- name: delete_predictions
DELETE FROM churn_predictions
WHERE
    customer_id IN ${demo_customers}
    AND NOT EXISTS (
        SELECT 1 FROM customers AS left_over
        WHERE churn_predictions.customer_id = left_over.customer_id
    );

-- name: delete_profiles
DELETE FROM user_engagement_profiles
WHERE
    customer_id IN ${demo_customers}
    AND NOT EXISTS (
        SELECT 1 FROM customers AS left_over
        WHERE user_engagement_profiles.customer_id = left_over.customer_id
    );

-- name: delete_consents
DELETE FROM consents
WHERE
    canonical_email IN ${demo_emails}
    AND NOT EXISTS (
        SELECT 1 FROM customers AS left_over
        WHERE consents.canonical_email = left_over.canonical_email
    );

-- name: delete_current_consents
DELETE FROM current_consents
WHERE
    canonical_email IN ${demo_emails}
    AND NOT EXISTS (
        SELECT 1 FROM customers AS left_over
        WHERE current_consents.canonical_email = left_over.canonical_email
    );

-- part: facts_before
(
    EXISTS (SELECT 1 FROM orders WHERE orders.ordered_at <= past.as_of)
    OR EXISTS (SELECT 1 FROM activity_events WHERE activity_events.occurred_at <= past.as_of)
)

-- name: find_runs
-- Those of the demo, unless they scored something else, too.
SELECT past.run_id
FROM scoring_runs AS past
INNER JOIN demo_items AS item ON past.run_id = item.id
WHERE item.kind = 'run' AND NOT ${facts_before};

-- name: delete_receipts
DELETE FROM forecast_receipts
WHERE
    run_id IN (
        SELECT past.run_id
        FROM forecast_receipts AS past
        INNER JOIN demo_items AS item ON past.run_id <= item.id
        WHERE item.kind = 'run' AND NOT ${facts_before}
    );

-- name: delete_tallies
-- Of receipts that are gone.
DELETE FROM forecast_tallies
WHERE
    run_id <= (SELECT max(item.id) FROM demo_items AS item WHERE item.kind = 'run')
    AND NOT EXISTS (
        SELECT 1 FROM forecast_receipts AS receipt
        WHERE forecast_tallies.run_id = receipt.run_id
    );

-- name: delete_weeks
-- Of receipts that are gone.
DELETE FROM forecast_weeks
WHERE
    run_id <= (SELECT max(item.id) FROM demo_items AS item WHERE item.kind = 'run')
    AND NOT EXISTS (
        SELECT 1 FROM forecast_receipts AS receipt
        WHERE forecast_weeks.run_id = receipt.run_id
    );

-- name: find_addresses
-- Those of the demo that are nobody's any more.
SELECT item.id AS address
FROM demo_items AS item
WHERE
    item.kind = 'email'
    AND NOT EXISTS (SELECT 1 FROM leads WHERE item.id = leads.canonical_email)
    AND NOT EXISTS (SELECT 1 FROM customers WHERE item.id = customers.canonical_email);

-- name: forget_run
DELETE FROM scoring_runs
WHERE run_id = :run_id;

-- name: forget_run_progress
DELETE FROM run_progress
WHERE run_id = :run_id;

-- name: forget_messages_about_run
DELETE FROM outbox
WHERE subject_id = :run_id;

-- name: make_last_run_current
UPDATE scoring_runs SET state = 'current'
WHERE
    run_id = (
        SELECT past.run_id
        FROM scoring_runs AS past
        WHERE past.state = 'superseded'
        ORDER BY past.as_of DESC, past.run_id DESC
        LIMIT 1
    )
    AND NOT EXISTS (SELECT 1 FROM scoring_runs AS found WHERE found.state = 'current');
