"""Rights of each kind of function in the database: use the rows it must, and change no table."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import StrEnum

from succotash.domain.values import SHARDS
from succotash.infrastructure.postgres.sql.partitions import PARTITIONED


class Kind(StrEnum):
    """Functions that need the same of the database."""

    INTAKE = "intake"
    """Public forms: form_intake."""
    QUERIES = "queries"
    """The functions that people ask: lead_queries, ltv_queries, retention_analysis."""
    EVENTS = "events"
    """Orders and activity: event_intake, bulk_import."""
    SCORING = "scoring"
    """Scheduled runs: churn_scoring, lead_scoring."""
    RELAY = "relay"
    """Delivery of messages: outbox_relay."""
    CAMPAIGNS = "campaigns"
    """Finding the members of campaigns: campaign_dispatch."""


EVERYTHING = frozenset(Kind)
"""For the role of somebody who works with all of it from one place."""
TABLES_OF_THEIR_OWN = frozenset({Kind.EVENTS})
"""Kinds that make temporary tables."""
LETTERS: Mapping[str, str] = {"r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE"}
"""The letters by which PostgreSQL abbreviates rights; locking a row needs the right to update."""

RIGHTS: Mapping[str, Mapping[Kind, str]] = {
    "forms": {Kind.INTAKE: "r", Kind.QUERIES: "raw", Kind.RELAY: "r"},
    "validation_rules": {Kind.INTAKE: "r", Kind.QUERIES: "rawd"},
    "form_submissions": {
        Kind.INTAKE: "raw",
        Kind.QUERIES: "rawd",
        Kind.RELAY: "rwd",
    },
    "leads": {
        Kind.INTAKE: "raw",
        Kind.QUERIES: "rawd",
        Kind.SCORING: "rw",
        Kind.EVENTS: "r",
        Kind.CAMPAIGNS: "r",
    },
    "lead_status_changes": {Kind.INTAKE: "a", Kind.QUERIES: "rad"},
    "lead_scores": {Kind.INTAKE: "raw", Kind.QUERIES: "rawd", Kind.SCORING: "raw"},
    "lead_scoring_rules": {Kind.INTAKE: "r", Kind.QUERIES: "ra", Kind.SCORING: "r"},
    "erasures": {
        Kind.INTAKE: "r",
        Kind.QUERIES: "raw",
        Kind.EVENTS: "r",
        Kind.SCORING: "r",
        Kind.RELAY: "r",
    },
    "consents": {
        Kind.INTAKE: "ra",
        Kind.QUERIES: "rad",
        Kind.EVENTS: "ra",
        Kind.RELAY: "ra",
    },
    "current_consents": {
        Kind.INTAKE: "raw",
        Kind.QUERIES: "rawd",
        Kind.EVENTS: "raw",
        Kind.RELAY: "raw",
        Kind.CAMPAIGNS: "r",
    },
    "suppressions": {
        Kind.INTAKE: "rawd",
        Kind.QUERIES: "rawd",
        Kind.RELAY: "raw",
        Kind.CAMPAIGNS: "r",
    },
    "idempotency_keys": {Kind.INTAKE: "rawd", Kind.QUERIES: "rawd"},
    "outbox": {
        Kind.INTAKE: "ra",
        Kind.QUERIES: "rad",
        Kind.SCORING: "ra",
        Kind.RELAY: "rawd",
        Kind.CAMPAIGNS: "a",
    },
    "deliveries": {Kind.RELAY: "rawd"},
    "mail_recipients": {Kind.QUERIES: "rd", Kind.RELAY: "rawd"},
    "quarantine_digests": {Kind.RELAY: "raw"},
    "customers": {
        Kind.INTAKE: "rw",
        Kind.QUERIES: "rawd",
        Kind.EVENTS: "raw",
        Kind.SCORING: "rawd",
        Kind.CAMPAIGNS: "r",
    },
    "customer_aliases": {
        Kind.QUERIES: "r",
        Kind.EVENTS: "ra",
        Kind.SCORING: "rawd",
        Kind.CAMPAIGNS: "r",
    },
    "orders": {
        Kind.QUERIES: "rad",
        Kind.EVENTS: "rawd",
        Kind.SCORING: "rad",
        Kind.CAMPAIGNS: "r",
    },
    "shop_orders": {Kind.QUERIES: "rd", Kind.EVENTS: "rawd"},
    "activity_events": {Kind.QUERIES: "rd", Kind.EVENTS: "ra", Kind.SCORING: "rad"},
    "order_imports": {Kind.EVENTS: "raw"},
    "order_import_rejections": {Kind.EVENTS: "rad"},
    "scoring_runs": {Kind.QUERIES: "r", Kind.SCORING: "rawd", Kind.CAMPAIGNS: "r"},
    "customer_ltv": {Kind.QUERIES: "rad", Kind.SCORING: "rad", Kind.CAMPAIGNS: "r"},
    "cohorts": {Kind.QUERIES: "r", Kind.SCORING: "rad"},
    "cohort_periods": {Kind.QUERIES: "r", Kind.SCORING: "a"},
    "ltv_segments": {Kind.QUERIES: "raw", Kind.SCORING: "r"},
    "ltv_segment_results": {Kind.QUERIES: "r", Kind.SCORING: "rawd"},
    "ltv_rollups": {Kind.QUERIES: "r", Kind.SCORING: "rad"},
    "churn_predictions": {Kind.QUERIES: "rd", Kind.SCORING: "rad", Kind.CAMPAIGNS: "r"},
    "user_engagement_profiles": {Kind.QUERIES: "rd", Kind.SCORING: "rad", Kind.CAMPAIGNS: "r"},
    "grid_cells": {Kind.QUERIES: "r", Kind.SCORING: "rad"},
    "lifecycle_counts": {Kind.QUERIES: "r", Kind.SCORING: "rad"},
    "forecast_receipts": {Kind.QUERIES: "r", Kind.SCORING: "ra"},
    "forecast_receipt_days": {Kind.QUERIES: "r", Kind.SCORING: "raw"},
    "forecast_tallies": {Kind.QUERIES: "r", Kind.SCORING: "rad"},
    "run_progress": {Kind.QUERIES: "raw", Kind.SCORING: "raw"},
    "run_shards": {Kind.QUERIES: "r", Kind.SCORING: "rawd"},
    "grid_parts": {Kind.SCORING: "rad"},
    "cohort_parts": {Kind.SCORING: "rad"},
    "retention_campaigns": {Kind.QUERIES: "rawd", Kind.CAMPAIGNS: "rw", Kind.RELAY: "rw"},
    "campaign_members": {
        Kind.QUERIES: "rw",
        Kind.CAMPAIGNS: "ra",
        Kind.RELAY: "rw",
        Kind.SCORING: "rw",
    },
    "campaign_outcomes": {Kind.QUERIES: "ra", Kind.RELAY: "ra"},
    "campaign_readings": {Kind.QUERIES: "ra", Kind.CAMPAIGNS: "ra"},
}
"""Rights on every table and view of the schema; a kind that is not named has none."""
COLUMNS: Mapping[str, Mapping[Kind, Sequence[str]]] = {
    "leads": {Kind.RELAY: ("canonical_email", "company", "first_name", "last_name")},
    "form_submissions": {
        Kind.SCORING: (
            "attribution",
            "lead_id",
            "source",
            "state",
            "submission_id",
            "submitted_at",
        )
    },
}
"""Columns that a kind may read of a table whose others are no business of its."""
ROW_BY_ROW: Mapping[str, str] = {
    "churn_predictions": "w",
    "cohort_periods": "wd",
    "cohorts": "w",
    "customer_ltv": "w",
    "user_engagement_profiles": "w",
}
"""The rights to save single results, which tools do and no function does."""


def quoted(name: str) -> str:
    """The name as an SQL identifier, whatever characters it has."""
    return '"' + name.replace('"', '""') + '"'


def role_of(user: str, kind: Kind) -> str:
    """The role by which functions of this kind log in."""
    return f"{user}_{kind}"


def grants(
    role: str, kinds: Collection[Kind], *, others: Collection[str] | None = None
) -> Iterator[str]:
    """Statements that give the role what these kinds need, and take every other right on tables.

    With `others`, the tables of another release, no right is taken and only these are named.
    """
    # Made from the table of rights, not kept in files: GRANT takes names, and no parameters.
    if others is None:
        yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {quoted(role)}"
    yield f"GRANT USAGE ON SCHEMA public TO {quoted(role)}"
    for table, by_kind in RIGHTS.items():
        letters = {letter for kind in kinds for letter in by_kind.get(kind, "")}
        if frozenset(kinds) >= EVERYTHING:
            letters |= frozenset(ROW_BY_ROW.get(table, ""))
        if not letters:
            continue
        rights = [right for letter, right in LETTERS.items() if letter in letters]
        partitions = [f"{table}_p{shard:02d}" for shard in range(SHARDS)]
        tables = [table, *partitions] if table in PARTITIONED else [table]
        if others is not None:
            tables = [each for each in tables if each in others]
        if tables:
            yield f"GRANT {', '.join(rights)} ON {', '.join(tables)} TO {quoted(role)}"
    for table, readers in COLUMNS.items():
        columns = sorted({each for kind in kinds for each in readers.get(kind, ())})
        if columns and (others is None or table in others):
            yield f"GRANT SELECT ({', '.join(columns)}) ON {table} TO {quoted(role)}"
