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
        abs(
            extract(EPOCH FROM superseded.as_of - label.as_of)
            + cast(:seconds AS double precision)
        ) ASC,
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

submitted AS (
    SELECT
        count(*) FILTER (WHERE submitted_at >= cast(:start AS timestamptz)) AS now_submissions,
        count(*) FILTER (WHERE submitted_at < cast(:start AS timestamptz)) AS before_submissions
    FROM form_submissions
    WHERE
        submitted_at >= cast(:earlier AS timestamptz)
        AND submitted_at < cast(:end AS timestamptz)
),

met AS (
    SELECT
        lead.first_submission_at >= cast(:start AS timestamptz) AS is_now,
        coalesce(score.is_hot, FALSE) AS is_hot
    FROM leads AS lead
    LEFT JOIN lead_scores AS score ON lead.lead_id = score.lead_id
    WHERE
        lead.first_submission_at >= cast(:earlier AS timestamptz)
        AND lead.first_submission_at < cast(:end AS timestamptz)
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
        cast(sum(orders) AS bigint) AS orders,
        cast(sum(refunds) AS bigint) AS refunds,
        cast(sum(revenue) AS text) AS amount
    FROM revenue_days
    WHERE
        run_id = ${current_run}
        AND day BETWEEN cast(:first_day AS date) AND cast(:last_day AS date)
    GROUP BY day, currency
)

SELECT
    label.run_id AS label_run_id,
    label.as_of AS label_as_of,
    label.settings AS label_settings,
    label.models AS label_models,
    submitted.now_submissions,
    submitted.before_submissions,
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
    latest.plan AS latest_plan,
    latest.as_of AS latest_as_of,
    latest.shards_scored AS latest_shards_scored,
    latest.customers_scored AS latest_customers_scored,
    (
        SELECT own.summary
        FROM scoring_runs AS own
        WHERE label.run_id = own.run_id
    ) AS summary,
    (
        SELECT
            jsonb_agg(
                jsonb_build_array(
                    revenue.day, revenue.currency, revenue.orders, revenue.refunds, revenue.amount
                )
                ORDER BY revenue.day, revenue.currency
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
            import.started_at >= cast(:start AS timestamptz)
            AND (
                import.failure IS NOT NULL
                OR (
                    import.ended_at IS NULL
                    AND import.started_at < cast(:imports_given_up_before AS timestamptz)
                )
            )
    ) AS failed_imports
FROM label
CROSS JOIN submitted
CROSS JOIN new_leads
LEFT JOIN earlier_run ON TRUE
LEFT JOIN latest ON TRUE;
