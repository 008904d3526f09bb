-- name: find_overview
-- Everything is of one moment, and one row: days of revenue stand in it as an array.
WITH ${label},

earlier_run AS (
    SELECT
        superseded.run_id,
        superseded.as_of,
        superseded.summary
    FROM scoring_runs AS superseded
    CROSS JOIN label
    WHERE superseded.state = 'superseded' AND superseded.summary <> '{}'
    ORDER BY
        abs(superseded.as_of - label.as_of + :span) ASC,
        superseded.as_of DESC
    LIMIT 1
),

${every_run},

known AS (
    SELECT run_id
    FROM every_run
    ORDER BY as_of DESC, run_id DESC
    LIMIT 1
),

latest AS (
    ${progress_of_known}
),

met AS (
    SELECT
        lead.first_submission_at >= :start AS is_now,
        coalesce(score.is_hot, 0) AS is_hot
    FROM leads AS lead
    LEFT JOIN lead_scores AS score ON lead.lead_id = score.lead_id
    WHERE lead.first_submission_at >= :earlier AND lead.first_submission_at < :end
),

new_leads AS (
    SELECT
        count(*) FILTER (WHERE is_now) AS now_leads,
        count(*) FILTER (WHERE NOT is_now) AS before_leads,
        count(*) FILTER (WHERE is_now AND is_hot) AS now_hot_leads,
        count(*) FILTER (WHERE NOT is_now AND is_hot) AS before_hot_leads
    FROM met
),

revenue AS (
    SELECT
        day,
        currency,
        sum(orders) AS orders,
        sum(refunds) AS refunds,
        exact_sum(revenue) AS units
    FROM revenue_days
    WHERE run_id = ${current_run} AND day BETWEEN :first_day AND :last_day
    GROUP BY day, currency
    ORDER BY day, currency
)

SELECT
    label.run_id AS label_run_id,
    label.as_of AS label_as_of,
    label.settings AS label_settings,
    label.models AS label_models,
    new_leads.now_leads,
    new_leads.before_leads,
    new_leads.now_hot_leads,
    new_leads.before_hot_leads,
    earlier_run.run_id AS earlier_run_id,
    earlier_run.as_of AS earlier_as_of,
    earlier_run.summary AS earlier_summary,
    latest.run_id AS latest_run_id,
    latest.requested_at AS latest_requested_at,
    latest.started_at AS latest_started_at,
    latest.ended_at AS latest_ended_at,
    latest.failure AS latest_failure,
    latest.state AS latest_state,
    latest.settings AS latest_settings,
    latest.models AS latest_models,
    latest.backtest AS latest_backtest,
    latest.customers AS latest_customers,
    latest.summary AS latest_summary,
    latest."plan" AS latest_plan,
    latest.as_of AS latest_as_of,
    latest.shards_scored AS latest_shards_scored,
    latest.customers_scored AS latest_customers_scored,
    (
        SELECT count(*)
        FROM form_submissions AS sent
        WHERE sent.submitted_at >= :start AND sent.submitted_at < :end
    ) AS now_submissions,
    (
        SELECT count(*)
        FROM form_submissions AS sent
        WHERE sent.submitted_at >= :earlier AND sent.submitted_at < :start
    ) AS before_submissions,
    (
        SELECT own.summary
        FROM scoring_runs AS own
        WHERE label.run_id = own.run_id
    ) AS summary,
    (
        SELECT
            json_group_array(
                json_array(
                    revenue.day, revenue.currency, revenue.orders, revenue.refunds, revenue.units
                )
            )
        FROM revenue
    ) AS revenue,
    (
        SELECT count(*)
        FROM form_submissions AS suspected
        WHERE suspected.state = 'quarantined'
    ) AS quarantined,
    (SELECT count(*) FROM outbox WHERE outbox.set_aside_at IS NOT NULL) AS dead_lettered,
    (SELECT count(*) FROM deliveries WHERE deliveries.state = 'uncertain') AS uncertain,
    (
        SELECT count(*)
        FROM import_progress AS import
        WHERE
            import.started_at >= :start
            AND (
                import.failure IS NOT NULL
                OR (import.ended_at IS NULL AND import.started_at < :imports_given_up_before)
            )
    ) AS failed_imports
FROM label
CROSS JOIN new_leads
LEFT JOIN earlier_run ON TRUE
LEFT JOIN latest ON TRUE;
