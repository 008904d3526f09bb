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

-- name: delete_submissions
DELETE FROM form_submissions
WHERE
    submission_id IN (
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
    );

-- name: delete_leads
DELETE FROM leads
WHERE
    canonical_email IN ${demo_emails}
    AND NOT EXISTS (
        SELECT 1 FROM form_submissions AS submission
        WHERE leads.lead_id = submission.lead_id
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
