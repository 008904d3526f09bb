"""Statements about one partition of the large tables."""

from succotash.domain.values import SHARDS, Shard
from succotash.errors import InvalidInputError

PARTITIONED = (
    "orders",
    "activity_events",
    "customer_ltv",
    "churn_predictions",
    "user_engagement_profiles",
)


def require_partition(shard: Shard) -> None:
    """InvalidInputError unless the shard is one of the partitions that the tables have."""
    if shard.count != SHARDS:
        raise InvalidInputError.of("shard", "shard_count", f"PostgreSQL keeps {SHARDS} shards")


def partition(shard: Shard | None) -> int | None:
    """The number of the partition that holds a shard; None for all of them."""
    if shard is None:
        return None
    require_partition(shard)
    return shard.index
