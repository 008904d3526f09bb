-- part: buyers
-- New leads of whom a customer made a purchase that was not wholly refunded. A customer with more
-- orders than refunds did; of others the amounts are compared.
tied AS (
    SELECT
        customer.customer_id,
        customer.lead_id,
        count(*) FILTER (WHERE entry.refund_of IS NULL) AS orders,
        count(entry.refund_of) AS refunds
    FROM new_leads
    INNER JOIN customers AS customer ON new_leads.lead_id = customer.lead_id
    INNER JOIN orders AS entry ON customer.customer_id = entry.customer_id
    GROUP BY customer.customer_id
),

buyers AS (
    SELECT DISTINCT tied.lead_id
    FROM tied
    WHERE
        tied.orders > tied.refunds
        OR EXISTS (
            SELECT
            FROM orders AS bought
            WHERE
                tied.customer_id = bought.customer_id
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
)

-- name: get_form_analytics
WITH submitted AS (
    SELECT
        state,
        source,
        form_id,
        count(*) AS n
    FROM form_submissions
    WHERE
        submitted_at >= coalesce(cast(:start AS timestamptz), '-infinity')
        AND submitted_at < coalesce(cast(:end AS timestamptz), 'infinity')
        AND (cast(:form_id AS text) IS NULL OR form_id = :form_id)
        AND (cast(:source AS text) IS NULL OR source = :source)
    GROUP BY state, source, form_id
),

new_leads AS MATERIALIZED (
    SELECT
        lead.lead_id,
        lead.status
    FROM leads AS lead
    WHERE ${is_new_lead}
),

${buyers},

found AS MATERIALIZED (
    SELECT
        new_leads.status,
        count(*) AS leads,
        count(*) FILTER (WHERE score.is_hot) AS hot_leads,
        count(score.total) AS scored,
        sum(score.total) AS total
    FROM new_leads
    LEFT JOIN lead_scores AS score ON new_leads.lead_id = score.lead_id
    GROUP BY new_leads.status
)

SELECT
    cast(coalesce(sum(found.hot_leads), 0) AS bigint) AS hot_leads,
    cast(sum(found.total) / nullif(sum(found.scored), 0) AS double precision) AS average_lead_score,
    (
        SELECT jsonb_object_agg(counted.state, counted.n)
        FROM (
            SELECT
                state,
                sum(n) AS n
            FROM submitted
            GROUP BY state
        ) AS counted
    ) AS by_state,
    (
        SELECT jsonb_object_agg(counted.source, counted.n)
        FROM (
            SELECT
                source,
                sum(n) AS n
            FROM submitted
            GROUP BY source
        ) AS counted
    ) AS by_source,
    (
        SELECT jsonb_object_agg(counted.form_id, counted.n)
        FROM (
            SELECT
                form_id,
                sum(n) AS n
            FROM submitted
            GROUP BY form_id
        ) AS counted
    ) AS by_form,
    jsonb_object_agg(found.status, found.leads) AS by_status,
    (SELECT count(*) FROM buyers) AS buyers
FROM found;

-- name: get_lead_conversion_funnel
-- Leads are counted by stage once: the history would be read again for each stage.
WITH furthest AS (
    SELECT
        lead.status = 'closed_lost' AS is_lost,
        max(array_position(cast(:stages AS text[]), change.status)) AS stage
    FROM leads AS lead
    LEFT JOIN lead_status_changes AS change ON lead.lead_id = change.lead_id
    WHERE ${is_new_lead}
    GROUP BY lead.lead_id
),

counted AS MATERIALIZED (
    SELECT
        stage,
        count(*) AS leads,
        count(*) FILTER (WHERE is_lost) AS lost
    FROM furthest
    GROUP BY stage
)

SELECT
    stages.stage,
    (
        SELECT cast(coalesce(sum(counted.leads), 0) AS bigint)
        FROM counted
        WHERE counted.stage >= stages.stage
    ) AS reached,
    (SELECT cast(coalesce(sum(counted.lost), 0) AS bigint) FROM counted) AS lost
FROM generate_series(1, cardinality(cast(:stages AS text[]))) AS stages (stage)
ORDER BY stages.stage;

-- name: get_lead_breakdown
WITH ${label},

new_leads AS MATERIALIZED (
    SELECT
        lead_id,
        source,
        status
    FROM leads
    WHERE
        first_submission_at >= coalesce(cast(:start AS timestamptz), '-infinity')
        AND first_submission_at < coalesce(cast(:end AS timestamptz), 'infinity')
),

buyers AS (
    SELECT DISTINCT new_leads.lead_id
    FROM new_leads
    INNER JOIN customers AS customer ON new_leads.lead_id = customer.lead_id
    INNER JOIN customer_ltv AS value ON customer.customer_id = value.customer_id
    WHERE value.run_id = ${current_run}
),

found AS (
    SELECT
        new_leads.source,
        new_leads.status,
        coalesce(score.grade, cast(:unscored AS text)) AS grade,
        coalesce(score.is_hot, FALSE) AS is_hot,
        buyers.lead_id IS NOT NULL AS has_bought
    FROM new_leads
    LEFT JOIN lead_scores AS score ON new_leads.lead_id = score.lead_id
    LEFT JOIN buyers ON new_leads.lead_id = buyers.lead_id
),

counted AS (
    SELECT
        status,
        CASE WHEN grouping(grade) = 1 THEN 'source' ELSE 'grade' END AS dimension,
        coalesce(source, grade) AS name,
        count(*) AS leads,
        count(*) FILTER (WHERE is_hot) AS hot_leads,
        count(*) FILTER (WHERE has_bought) AS buyers
    FROM found
    GROUP BY GROUPING SETS ((source, status), (grade, status))
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
LEFT JOIN counted ON TRUE
WINDOW place AS (ORDER BY counted.dimension ASC, counted.name ASC, counted.status ASC)
ORDER BY counted.dimension ASC, counted.name ASC, counted.status ASC;
