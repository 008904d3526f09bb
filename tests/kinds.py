"""Which kind each function is to the database."""

from succotash.infrastructure.postgres.migrations.rights import Kind

KINDS = {
    "form_intake": Kind.INTAKE,
    "lead_queries": Kind.QUERIES,
    "ltv_queries": Kind.QUERIES,
    "retention_analysis": Kind.QUERIES,
    "event_intake": Kind.EVENTS,
    "bulk_import": Kind.EVENTS,
    "churn_scoring": Kind.SCORING,
    "lead_scoring": Kind.SCORING,
    "outbox_relay": Kind.RELAY,
    "campaign_dispatch": Kind.CAMPAIGNS,
}
"""By the folder of its code."""
