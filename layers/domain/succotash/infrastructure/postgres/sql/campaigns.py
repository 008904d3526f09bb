"""Statements about retention campaigns."""

_CAMPAIGN = """
SELECT
    campaign_id, name, created_at, updated_at, description, status, target_risk_level,
    target_segment, starts_at, ends_at, targeted, sent, opened, clicked, converted, revenue,
    currency
FROM retention_campaigns
"""
SAVE_CAMPAIGN = """
INSERT INTO retention_campaigns (
    campaign_id, name, created_at, updated_at, description, status, target_risk_level,
    target_segment, starts_at, ends_at, targeted, sent, opened, clicked, converted, revenue,
    currency
)
VALUES (
    :campaign_id, :name, CAST(:created_at AS timestamptz), CAST(:updated_at AS timestamptz),
    :description, :status, CAST(:target_risk_level AS text), CAST(:target_segment AS text),
    CAST(:starts_at AS timestamptz), CAST(:ends_at AS timestamptz), CAST(:targeted AS bigint),
    CAST(:sent AS bigint), CAST(:opened AS bigint), CAST(:clicked AS bigint),
    CAST(:converted AS bigint), CAST(:revenue AS bigint) * 0.0001, CAST(:currency AS text)
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
    opened = excluded.opened,
    clicked = excluded.clicked,
    converted = excluded.converted,
    revenue = excluded.revenue,
    currency = excluded.currency
"""
GET_CAMPAIGN = f"{_CAMPAIGN} WHERE campaign_id = :campaign_id"
LOCK_CAMPAIGN = f"{GET_CAMPAIGN} FOR NO KEY UPDATE"
GET_CAMPAIGNS = f"""
{_CAMPAIGN}
WHERE CAST(:status AS text) IS NULL OR status = :status
ORDER BY created_at DESC, campaign_id
"""
GET_ACTIVE_CAMPAIGNS = f"""
{_CAMPAIGN}
WHERE status = 'active'
    AND coalesce(starts_at, '-infinity') <= CAST(:at AS timestamptz)
    AND coalesce(ends_at, 'infinity') > CAST(:at AS timestamptz)
ORDER BY created_at DESC, campaign_id
"""
UPDATE_CAMPAIGN_METRICS = """
UPDATE retention_campaigns
SET
    targeted = CAST(:targeted AS bigint),
    sent = CAST(:sent AS bigint),
    opened = CAST(:opened AS bigint),
    clicked = CAST(:clicked AS bigint),
    converted = CAST(:converted AS bigint),
    revenue = CAST(:revenue AS bigint) * 0.0001,
    currency = CAST(:currency AS text)
WHERE campaign_id = :campaign_id
RETURNING campaign_id
"""
CAMPAIGN_SUMMARY = """
WITH by_status AS (
    SELECT status, count(*) AS campaigns FROM retention_campaigns GROUP BY status
)
SELECT
    (SELECT jsonb_object_agg(status, campaigns) FROM by_status),
    CAST(coalesce(sum(targeted), 0) AS bigint), CAST(coalesce(sum(sent), 0) AS bigint),
    CAST(coalesce(sum(opened), 0) AS bigint), CAST(coalesce(sum(clicked), 0) AS bigint),
    CAST(coalesce(sum(converted), 0) AS bigint), sum(revenue) FILTER (WHERE currency = :currency)
FROM retention_campaigns
"""
