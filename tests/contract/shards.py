"""The shards of a run, as those who score it go through them."""

from succotash.domain.values import (
    SHARDS,
    Shard,
)


def every_shard() -> list[Shard]:
    return [Shard(index, SHARDS) for index in range(SHARDS)]
