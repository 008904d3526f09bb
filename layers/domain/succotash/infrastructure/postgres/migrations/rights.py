"""What the role of the functions may do: use the rows it must, and change no table."""

from collections.abc import Iterator

from succotash.domain.values import SHARDS
from succotash.infrastructure.postgres.sql.purchases import PARTITIONED

READ, ADD, CHANGE, REMOVE = "SELECT", "INSERT", "UPDATE", "DELETE"

RIGHTS = {
    "forms": (READ, ADD, CHANGE),
    "validation_rules": (READ, ADD, CHANGE, REMOVE),
    "form_submissions": (READ, ADD, CHANGE, REMOVE),
    "leads": (READ, ADD, CHANGE, REMOVE),
    "lead_status_changes": (READ, ADD, REMOVE),
    "lead_scores": (READ, ADD, CHANGE, REMOVE),
    "lead_scoring_rules": (READ, ADD),
    "erasures": (READ, ADD, CHANGE),
    "idempotency_keys": (READ, ADD, CHANGE, REMOVE),
    "outbox": (READ, ADD, CHANGE, REMOVE),
    "customers": (READ, ADD, CHANGE),
    "orders": (READ, ADD),
    "activity_events": (READ, ADD, REMOVE),
    "order_imports": (READ, ADD, CHANGE),
    "order_import_rejections": (READ, ADD, REMOVE),
    "scoring_runs": (READ, ADD, CHANGE, REMOVE),
    "customer_ltv": (READ, ADD, CHANGE, REMOVE),
    "cohorts": (READ, ADD, CHANGE, REMOVE),
    "cohort_periods": (READ, ADD, CHANGE, REMOVE),
    "ltv_segments": (READ, ADD, CHANGE),
    "ltv_segment_results": (READ, ADD, CHANGE, REMOVE),
    "ltv_rollups": (READ, ADD, REMOVE),
    "churn_predictions": (READ, ADD, CHANGE, REMOVE),
    "user_engagement_profiles": (READ, ADD, CHANGE, REMOVE),
    "retention_grid_cells": (READ, ADD, REMOVE),
    "lifecycle_counts": (READ, ADD, REMOVE),
    "scoring_run_shards": (READ, ADD, CHANGE, REMOVE),
    "retention_grid_parts": (READ, ADD, REMOVE),
    "cohort_parts": (READ, ADD, REMOVE),
    "retention_campaigns": (READ, ADD, CHANGE),
}
"""Rights on every table of the schema."""


def quoted(name: str) -> str:
    """The name as an SQL identifier, whatever characters it has."""
    return '"' + name.replace('"', '""') + '"'


def grants(user: str) -> Iterator[str]:
    """Statements that give the role these rights and take every other right on tables."""
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {quoted(user)}"
    yield f"GRANT USAGE ON SCHEMA public TO {quoted(user)}"
    for table, rights in RIGHTS.items():
        partitions = [f"{table}_p{shard:02d}" for shard in range(SHARDS)]
        tables = [table, *partitions] if table in PARTITIONED else [table]
        yield f"GRANT {', '.join(rights)} ON {', '.join(tables)} TO {quoted(user)}"
