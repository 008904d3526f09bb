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

-- part: event
SELECT
    customer_id,
    event_id,
    occurred_at,
    kind,
    name,
    duration_seconds,
    interests,
    campaign_id
FROM activity_events
