"""Customers with values."""

from collections.abc import Sequence
from datetime import datetime

from succotash.domain.repositories.storage import Repositories
from succotash.domain.value.ltv import (
    CustomerLTV,
)
from succotash.domain.values import (
    RunId,
)
from tests.builders import (
    USD,
    an_order,
    value_columns,
)
from tests.contract.shards import every_shard


def save_values(
    repositories: Repositories, run_id: RunId, values: Sequence[CustomerLTV], as_of: datetime
) -> None:
    """Save values in bulk as a run does: shard by shard, each with its own customers.

    Which shard a customer belongs to is the storage's affair: the ledger tells.
    """
    repositories.ltv.record_orders(
        [
            an_order("belonging", customer_id=value.customer_id, ordered_at=as_of, amount="0")
            for value in values
        ]
    )
    for shard in every_shard():
        found = repositories.ltv.purchase_histories(as_of, "UTC", shard=shard)
        members = set(found.days.customer_ids)
        repositories.ltv.save_customer_values(
            run_id,
            USD,
            shard,
            value_columns([value for value in values if value.customer_id in members]),
        )
