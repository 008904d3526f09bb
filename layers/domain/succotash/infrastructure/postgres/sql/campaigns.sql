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
    cast(:created_at AS timestamptz),
    cast(:updated_at AS timestamptz),
    :description,
    :status,
    cast(:target_risk_level AS text),
    cast(:target_segment AS text),
    cast(:starts_at AS timestamptz),
    cast(:ends_at AS timestamptz),
    cast(:targeted AS bigint),
    cast(:sent AS bigint),
    cast(:delivered AS bigint),
    cast(:opened AS bigint),
    cast(:clicked AS bigint),
    cast(:converted AS bigint),
    cast(:bounced AS bigint),
    cast(:unsubscribed AS bigint),
    cast(:complained AS bigint),
    cast(:revenue AS bigint) * 0.0001,
    cast(:currency AS text),
    cast(:definition AS jsonb)
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
DELETE FROM retention_campaigns
WHERE campaign_id = :campaign_id
RETURNING campaign_id;

-- name: get_campaign
${campaign}
WHERE campaign_id = :campaign_id;

-- name: lock_campaign
${campaign}
WHERE campaign_id = :campaign_id
FOR NO KEY UPDATE;

-- name: find_campaigns
${campaign}
WHERE cast(:status AS text) IS NULL OR status = :status
ORDER BY created_at DESC, campaign_id ASC;

-- name: find_active_campaigns
${campaign}
WHERE
    status = 'active'
    AND coalesce(starts_at, '-infinity') <= cast(:at AS timestamptz)
    AND coalesce(ends_at, 'infinity') > cast(:at AS timestamptz)
ORDER BY created_at DESC, campaign_id ASC;

-- name: update_campaign_metrics
UPDATE retention_campaigns
SET
    targeted = cast(:targeted AS bigint),
    sent = cast(:sent AS bigint),
    delivered = cast(:delivered AS bigint),
    opened = cast(:opened AS bigint),
    clicked = cast(:clicked AS bigint),
    converted = cast(:converted AS bigint),
    bounced = cast(:bounced AS bigint),
    unsubscribed = cast(:unsubscribed AS bigint),
    complained = cast(:complained AS bigint),
    revenue = cast(:revenue AS bigint) * 0.0001,
    currency = cast(:currency AS text)
WHERE campaign_id = :campaign_id
RETURNING campaign_id;

-- name: pause_for_gone_webhook
UPDATE retention_campaigns
SET
    status = 'paused',
    updated_at = cast(:at AS timestamptz),
    definition = jsonb_set(definition, '{webhook_gone_at}', to_jsonb(cast(:gone_at AS text)))
WHERE
    campaign_id = :campaign_id
    AND status = 'active'
    AND updated_at <= cast(:called_at AS timestamptz)
RETURNING campaign_id;

-- name: summarise_campaigns
WITH by_status AS (
    SELECT
        status,
        count(*) AS campaigns
    FROM retention_campaigns
    GROUP BY status
)

SELECT
    cast(:currency AS text) AS currency,
    cast(coalesce(sum(targeted), 0) AS bigint) AS targeted,
    cast(coalesce(sum(sent), 0) AS bigint) AS sent,
    cast(coalesce(sum(delivered), 0) AS bigint) AS delivered,
    cast(coalesce(sum(opened), 0) AS bigint) AS opened,
    cast(coalesce(sum(clicked), 0) AS bigint) AS clicked,
    cast(coalesce(sum(converted), 0) AS bigint) AS converted,
    cast(coalesce(sum(bounced), 0) AS bigint) AS bounced,
    cast(coalesce(sum(unsubscribed), 0) AS bigint) AS unsubscribed,
    cast(coalesce(sum(complained), 0) AS bigint) AS complained,
    sum(revenue) FILTER (WHERE currency = :currency) AS revenue,
    (SELECT coalesce(jsonb_object_agg(by_status.status, by_status.campaigns), '{}') FROM by_status)
        AS campaigns_by_status
FROM retention_campaigns;
