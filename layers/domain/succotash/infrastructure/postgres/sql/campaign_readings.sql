-- name: total_looks
-- Orders are looked up member by member, in an index that holds all that is read of an order: what
-- this costs goes by the campaign's members and not by the ledger. OFFSET 0 keeps amounts from
-- being converted once for each sum that they are in. Bounds are of when members were assigned: a
-- look less the window. A bucket begins with its bound, and a look has those who close at it.
WITH counted AS (
    SELECT
        member.arm,
        member.risk_level,
        member.value_segment,
        member.engagement_segment,
        width_bucket(
            member.assigned_at - interval '1 microsecond', cast(:bounds AS timestamptz[])
        ) AS look,
        CASE
            WHEN member.currency = :currency
                THEN coalesce(cast(member.foreseen_value AS double precision), 0)
            ELSE 0
        END AS x,
        coalesce(bought.y, 0) AS y,
        coalesce(bought.has_bought, FALSE) AS has_bought
    FROM campaign_members AS member
    CROSS JOIN LATERAL (  -- noqa: ST05
        WITH netted AS (
            SELECT
                sum(orders.amount) AS net,
                count(*) AS entries
            FROM customers AS customer
            INNER JOIN orders
                ON
                    customer.customer_id = orders.customer_id
                    AND member.assigned_at < orders.ordered_at
                    AND member.assigned_at + cast(:window AS bigint) * interval '1 microsecond'
                    >= orders.ordered_at
            WHERE
                customer.canonical_email = member.canonical_email
                AND orders.currency = :currency
            GROUP BY orders.customer_id, coalesce(orders.refund_of, orders.order_id)
            -- Refunds of earlier orders have no order here.
            HAVING bool_or(orders.refund_of IS NULL)
        )

        SELECT
            cast(sum(net) AS double precision) AS y,
            bool_or(net > 0 OR entries = 1) AS has_bought
        FROM netted
    ) AS bought
    WHERE
        member.campaign_id = :campaign_id
        AND member.assigned_at <= cast(:until AS timestamptz)
        AND member.assigned_at > coalesce(cast(:after AS timestamptz), '-infinity')
    OFFSET 0
),

-- Once for each way in which members differ, of which all sums are made.
summed AS (
    SELECT
        look,
        arm,
        risk_level,
        value_segment,
        engagement_segment,
        count(*) AS members,
        count(*) FILTER (WHERE has_bought) AS b,
        coalesce(sum(x) FILTER (WHERE has_bought), 0) AS bx,
        coalesce(sum(x * x) FILTER (WHERE has_bought), 0) AS bxx,
        coalesce(sum(x * x * x) FILTER (WHERE has_bought), 0) AS bxxx,
        sum(y) AS y,
        sum(y * y) AS yy,
        sum(y * y * y) AS yyy,
        sum(y * y * y * y) AS yyyy,
        sum(y * x) AS yx,
        sum(y * y * x) AS yyx,
        sum(y * y * y * x) AS yyyx,
        sum(y * x * x) AS yxx,
        sum(y * y * x * x) AS yyxx,
        sum(y * x * x * x) AS yxxx,
        sum(x) AS x,
        sum(x * x) AS xx,
        sum(x * x * x) AS xxx,
        sum(x * x * x * x) AS xxxx
    FROM counted
    GROUP BY look, arm, risk_level, value_segment, engagement_segment
)

SELECT
    look,
    arm,
    cast(sum(members) AS bigint) AS members,
    cast(sum(b) AS bigint) AS b,
    CASE
        WHEN grouping(risk_level) = 0 THEN 'risk_level'
        WHEN grouping(value_segment) = 0 THEN 'value_segment'
        WHEN grouping(engagement_segment) = 0 THEN 'engagement_segment'
    END AS segment_by,
    coalesce(risk_level, value_segment, engagement_segment) AS segment,
    sum(bx) AS bx,
    sum(bxx) AS bxx,
    sum(bxxx) AS bxxx,
    sum(y) AS y,
    sum(yy) AS yy,
    sum(yyy) AS yyy,
    sum(yyyy) AS yyyy,
    sum(yx) AS yx,
    sum(yyx) AS yyx,
    sum(yyyx) AS yyyx,
    sum(yxx) AS yxx,
    sum(yyxx) AS yyxx,
    sum(yxxx) AS yxxx,
    sum(x) AS x,
    sum(xx) AS xx,
    sum(xxx) AS xxx,
    sum(xxxx) AS xxxx
FROM summed
GROUP BY GROUPING SETS (
    (look, arm),
    (look, arm, risk_level),
    (look, arm, value_segment),
    (look, arm, engagement_segment)
);

-- name: save_look_readings
INSERT INTO campaign_readings (look, read_at, totals, told, campaign_id)
SELECT
    given.look,
    given.read_at,
    given.totals,
    given.told,
    cast(:campaign_id AS text) AS campaign_id
FROM
    jsonb_to_recordset(cast(:readings AS jsonb)) AS given (
        look smallint,
        read_at timestamptz,
        totals jsonb,
        told jsonb
    )
ON CONFLICT (campaign_id, look) DO NOTHING;

-- name: get_look_readings
SELECT
    look,
    read_at,
    totals,
    told
FROM campaign_readings
WHERE campaign_id = :campaign_id
ORDER BY look;
