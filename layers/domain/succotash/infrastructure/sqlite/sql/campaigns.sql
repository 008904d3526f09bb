-- part: campaign
SELECT
    campaign_id,
    name,
    created_at,
    updated_at,
    description,
    status,
    target_risk_level,
    target_segment,
    starts_at,
    ends_at,
    targeted,
    sent,
    delivered,
    opened,
    clicked,
    converted,
    bounced,
    unsubscribed,
    complained,
    revenue,
    currency,
    definition
FROM retention_campaigns

-- name: save_campaign
INSERT INTO retention_campaigns (
    campaign_id,
    name,
    created_at,
    updated_at,
    description,
    status,
    target_risk_level,
    target_segment,
    starts_at,
    ends_at,
    targeted,
    sent,
    delivered,
    opened,
    clicked,
    converted,
    bounced,
    unsubscribed,
    complained,
    revenue,
    currency,
    definition
)
VALUES (
    :campaign_id,
    :name,
    :created_at,
    :updated_at,
    :description,
    :status,
    :target_risk_level,
    :target_segment,
    :starts_at,
    :ends_at,
    :targeted,
    :sent,
    :delivered,
    :opened,
    :clicked,
    :converted,
    :bounced,
    :unsubscribed,
    :complained,
    :revenue,
    :currency,
    :definition
)
ON CONFLICT (campaign_id) DO UPDATE SET
    name = excluded.name,
    created_at = excluded.created_at,
    updated_at = excluded.updated_at,
    description = excluded.description,
    status = excluded.status,
    target_risk_level = excluded.target_risk_level,
    target_segment = excluded.target_segment,
    starts_at = excluded.starts_at,
    ends_at = excluded.ends_at,
    targeted = excluded.targeted,
    sent = excluded.sent,
    delivered = excluded.delivered,
    opened = excluded.opened,
    clicked = excluded.clicked,
    converted = excluded.converted,
    bounced = excluded.bounced,
    unsubscribed = excluded.unsubscribed,
    complained = excluded.complained,
    revenue = excluded.revenue,
    currency = excluded.currency,
    definition = excluded.definition;

-- name: delete_campaign
DELETE FROM retention_campaigns WHERE campaign_id = :campaign_id;

-- name: get_campaign
${campaign}
WHERE campaign_id = :campaign_id;

-- name: find_campaigns
${campaign}
WHERE :status IS NULL OR status = :status
ORDER BY created_at DESC, campaign_id ASC;

-- name: find_active_campaigns
${campaign}
WHERE
    status = 'active'
    AND (starts_at IS NULL OR starts_at <= :at)
    AND (ends_at IS NULL OR ends_at > :at)
ORDER BY created_at DESC, campaign_id ASC;

-- name: update_campaign_metrics
UPDATE retention_campaigns
SET
    targeted = :targeted,
    sent = :sent,
    delivered = :delivered,
    opened = :opened,
    clicked = :clicked,
    converted = :converted,
    bounced = :bounced,
    unsubscribed = :unsubscribed,
    complained = :complained,
    revenue = :revenue,
    currency = :currency
WHERE campaign_id = :campaign_id;

-- name: pause_for_gone_webhook
UPDATE retention_campaigns
SET
    status = 'paused',
    updated_at = :at,
    definition = json_set(definition, '$.webhook_gone_at', :gone_at)
WHERE campaign_id = :campaign_id AND status = 'active' AND updated_at <= :called_at;

-- name: summarise_campaigns
WITH by_status AS (
    SELECT
        status,
        count(*) AS campaigns
    FROM retention_campaigns
    GROUP BY status
)

SELECT
    :currency AS currency,
    coalesce(sum(targeted), 0) AS targeted,
    coalesce(sum(sent), 0) AS sent,
    coalesce(sum(delivered), 0) AS delivered,
    coalesce(sum(opened), 0) AS opened,
    coalesce(sum(clicked), 0) AS clicked,
    coalesce(sum(converted), 0) AS converted,
    coalesce(sum(bounced), 0) AS bounced,
    coalesce(sum(unsubscribed), 0) AS unsubscribed,
    coalesce(sum(complained), 0) AS complained,
    exact_sum(revenue) FILTER (WHERE currency = :currency) AS revenue,
    (SELECT json_group_object(by_status.status, by_status.campaigns) FROM by_status)
        AS campaigns_by_status
FROM retention_campaigns;
