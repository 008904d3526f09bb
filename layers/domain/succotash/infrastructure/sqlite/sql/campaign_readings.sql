-- name: total_looks
WITH member AS (
    SELECT
        one.person_key,
        one.arm,
        one.canonical_email,
        one.assigned_at,
        one.risk_level,
        one.value_segment,
        one.engagement_segment,
        one.assigned_at + :window AS closes_at,
        (
            SELECT count(*) FROM json_each(:looks) AS look
            WHERE look.value < one.assigned_at + :window
        ) AS look,
        CASE
            WHEN one.currency = :currency THEN coalesce(one.foreseen_value, 0) / 10000.0
            ELSE 0.0
        END AS x
    FROM campaign_members AS one
    WHERE
        one.campaign_id = :campaign_id
        AND one.assigned_at + :window <= :until
        AND (:after IS NULL OR one.assigned_at + :window > :after)
),

netted AS (
    SELECT
        member.person_key,
        total(orders.amount) AS net,
        count(*) AS entries
    FROM member
    INNER JOIN customers AS customer ON member.canonical_email = customer.canonical_email
    INNER JOIN orders
        ON
            customer.customer_id = orders.customer_id
            AND member.assigned_at < orders.ordered_at
            AND member.closes_at >= orders.ordered_at
    WHERE orders.currency = :currency
    GROUP BY
        member.person_key,
        orders.customer_id,
        coalesce(orders.refund_of, orders.order_id)
    -- Refunds of earlier orders have no order here.
    HAVING max(orders.refund_of IS NULL)
),

bought AS (
    SELECT
        person_key,
        total(net) / 10000.0 AS y,
        max(net > 0 OR entries = 1) AS has_bought
    FROM netted
    GROUP BY person_key
),

counted AS MATERIALIZED (
    SELECT
        member.look,
        member.arm,
        member.risk_level,
        member.value_segment,
        member.engagement_segment,
        member.x,
        coalesce(bought.y, 0.0) AS y,
        coalesce(bought.has_bought, 0) AS has_bought
    FROM member
    LEFT JOIN bought ON member.person_key = bought.person_key
)

SELECT
    look,
    arm,
    NULL AS segment_by,
    NULL AS segment,
    count(*) AS members,
    count(*) FILTER (WHERE has_bought) AS b,
    coalesce(total(x) FILTER (WHERE has_bought), 0) AS bx,
    coalesce(total(x * x) FILTER (WHERE has_bought), 0) AS bxx,
    coalesce(total(x * x * x) FILTER (WHERE has_bought), 0) AS bxxx,
    total(y) AS y,
    total(y * y) AS yy,
    total(y * y * y) AS yyy,
    total(y * y * y * y) AS yyyy,
    total(y * x) AS yx,
    total(y * y * x) AS yyx,
    total(y * y * y * x) AS yyyx,
    total(y * x * x) AS yxx,
    total(y * y * x * x) AS yyxx,
    total(y * x * x * x) AS yxxx,
    total(x) AS x,
    total(x * x) AS xx,
    total(x * x * x) AS xxx,
    total(x * x * x * x) AS xxxx
FROM counted
GROUP BY look, arm
UNION ALL
SELECT
    look,
    arm,
    'risk_level' AS segment_by,
    risk_level AS segment,
    count(*) AS members,
    count(*) FILTER (WHERE has_bought) AS b,
    coalesce(total(x) FILTER (WHERE has_bought), 0) AS bx,
    coalesce(total(x * x) FILTER (WHERE has_bought), 0) AS bxx,
    coalesce(total(x * x * x) FILTER (WHERE has_bought), 0) AS bxxx,
    total(y) AS y,
    total(y * y) AS yy,
    total(y * y * y) AS yyy,
    total(y * y * y * y) AS yyyy,
    total(y * x) AS yx,
    total(y * y * x) AS yyx,
    total(y * y * y * x) AS yyyx,
    total(y * x * x) AS yxx,
    total(y * y * x * x) AS yyxx,
    total(y * x * x * x) AS yxxx,
    total(x) AS x,
    total(x * x) AS xx,
    total(x * x * x) AS xxx,
    total(x * x * x * x) AS xxxx
FROM counted
GROUP BY look, arm, risk_level
UNION ALL
SELECT
    look,
    arm,
    'value_segment' AS segment_by,
    value_segment AS segment,
    count(*) AS members,
    count(*) FILTER (WHERE has_bought) AS b,
    coalesce(total(x) FILTER (WHERE has_bought), 0) AS bx,
    coalesce(total(x * x) FILTER (WHERE has_bought), 0) AS bxx,
    coalesce(total(x * x * x) FILTER (WHERE has_bought), 0) AS bxxx,
    total(y) AS y,
    total(y * y) AS yy,
    total(y * y * y) AS yyy,
    total(y * y * y * y) AS yyyy,
    total(y * x) AS yx,
    total(y * y * x) AS yyx,
    total(y * y * y * x) AS yyyx,
    total(y * x * x) AS yxx,
    total(y * y * x * x) AS yyxx,
    total(y * x * x * x) AS yxxx,
    total(x) AS x,
    total(x * x) AS xx,
    total(x * x * x) AS xxx,
    total(x * x * x * x) AS xxxx
FROM counted
GROUP BY look, arm, value_segment
UNION ALL
SELECT
    look,
    arm,
    'engagement_segment' AS segment_by,
    engagement_segment AS segment,
    count(*) AS members,
    count(*) FILTER (WHERE has_bought) AS b,
    coalesce(total(x) FILTER (WHERE has_bought), 0) AS bx,
    coalesce(total(x * x) FILTER (WHERE has_bought), 0) AS bxx,
    coalesce(total(x * x * x) FILTER (WHERE has_bought), 0) AS bxxx,
    total(y) AS y,
    total(y * y) AS yy,
    total(y * y * y) AS yyy,
    total(y * y * y * y) AS yyyy,
    total(y * x) AS yx,
    total(y * y * x) AS yyx,
    total(y * y * y * x) AS yyyx,
    total(y * x * x) AS yxx,
    total(y * y * x * x) AS yyxx,
    total(y * x * x * x) AS yxxx,
    total(x) AS x,
    total(x * x) AS xx,
    total(x * x * x) AS xxx,
    total(x * x * x * x) AS xxxx
FROM counted
GROUP BY look, arm, engagement_segment;

-- name: save_look_reading
INSERT INTO campaign_readings (campaign_id, look, read_at, totals, told)
VALUES (:campaign_id, :look, :read_at, :totals, :told)
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
