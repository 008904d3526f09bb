-- name: count_submissions
SELECT
    form_id,
    source,
    state,
    count(*) AS submissions
FROM form_submissions
WHERE
    (:start IS NULL OR submitted_at >= :start)
    AND (:end IS NULL OR submitted_at < :end)
    AND (:form_id IS NULL OR form_id = :form_id)
    AND (:source IS NULL OR source = :source)
GROUP BY form_id, source, state;

-- part: is_new_lead
-- Leads first seen in the range, of one source and of one form where these are asked for.
(:start IS NULL OR lead.first_submission_at >= :start)
AND (:end IS NULL OR lead.first_submission_at < :end)
AND (:source IS NULL OR lead.source = :source)
AND ${came_of_form}

-- part: has_bought
-- Whether a customer who is tied to the lead made a purchase that was not wholly refunded.
EXISTS (
    SELECT 1
    FROM customers AS customer
    INNER JOIN orders AS bought ON customer.customer_id = bought.customer_id
    WHERE
        customer.lead_id = lead.lead_id
        AND bought.refund_of IS NULL
        AND coalesce(
            (
                SELECT bought.amount + sum(refund.amount) > 0
                FROM orders AS refund
                WHERE
                    bought.customer_id = refund.customer_id
                    AND bought.order_id = refund.refund_of
            ),
            TRUE
        )
)

-- name: count_new_leads
SELECT
    lead.status,
    count(*) AS leads,
    count(score.total) AS scored,
    sum(score.total) AS total,
    count(*) FILTER (WHERE score.is_hot = 1) AS hot,
    count(*) FILTER (WHERE ${has_bought}) AS buyers
FROM leads AS lead
LEFT JOIN lead_scores AS score ON lead.lead_id = score.lead_id
WHERE ${is_new_lead}
GROUP BY lead.status;

-- name: get_lead_conversion_funnel
WITH stages AS (
    SELECT
        given.value AS status,
        given.key AS stage
    FROM json_each(:stages) AS given
),

furthest AS (
    SELECT
        lead.status = 'closed_lost' AS is_lost,
        max(stages.stage) AS stage
    FROM leads AS lead
    LEFT JOIN lead_status_changes AS change ON lead.lead_id = change.lead_id
    LEFT JOIN stages ON change.status = stages.status
    WHERE ${is_new_lead}
    GROUP BY lead.lead_id
),

counted AS MATERIALIZED (
    SELECT
        stage,
        count(*) AS leads,
        sum(is_lost) AS lost
    FROM furthest
    GROUP BY stage
)

SELECT
    coalesce(
        (SELECT sum(counted.leads) FROM counted WHERE counted.stage >= stages.stage), 0
    ) AS reached,
    coalesce((SELECT sum(counted.lost) FROM counted), 0) AS lost
FROM stages
ORDER BY stages.stage;

-- name: get_lead_breakdown
WITH ${label},

found AS MATERIALIZED (
    SELECT
        lead.source,
        lead.status,
        coalesce(score.grade, :unscored) AS grade,
        coalesce(score.is_hot, 0) AS is_hot,
        exists(
            SELECT 1
            FROM customers AS customer
            INNER JOIN customer_ltv AS value ON customer.customer_id = value.customer_id
            WHERE customer.lead_id = lead.lead_id AND value.run_id = ${current_run}
        ) AS has_bought
    FROM leads AS lead
    LEFT JOIN lead_scores AS score ON lead.lead_id = score.lead_id
    WHERE
        (:start IS NULL OR lead.first_submission_at >= :start)
        AND (:end IS NULL OR lead.first_submission_at < :end)
),

counted AS (
    SELECT
        'source' AS dimension,
        source AS name,
        status,
        count(*) AS leads,
        count(*) FILTER (WHERE is_hot) AS hot_leads,
        count(*) FILTER (WHERE has_bought) AS buyers
    FROM found
    GROUP BY source, status
    UNION ALL
    SELECT
        'grade' AS dimension,
        grade AS name,
        status,
        count(*) AS leads,
        count(*) FILTER (WHERE is_hot) AS hot_leads,
        count(*) FILTER (WHERE has_bought) AS buyers
    FROM found
    GROUP BY grade, status
)

SELECT
    counted.dimension,
    counted.name,
    counted.status,
    counted.leads,
    counted.hot_leads,
    counted.buyers,
    ${label_columns}
FROM label
LEFT JOIN counted ON 1
WINDOW place AS (ORDER BY counted.dimension ASC, counted.name ASC, counted.status ASC)
ORDER BY counted.dimension ASC, counted.name ASC, counted.status ASC;
