"""Functions that Lambda starts from a snapshot of their memory (SnapStart)."""

import os
import random
from collections.abc import Mapping
from typing import Protocol

FROM_SNAPSHOTS = "snap-start"
"""The value by which Lambda says that it initializes a function from a snapshot."""


class Renewable(Protocol):
    """Parts that can be made ahead, and made again."""

    def prepare(self) -> None:
        """Import what requests need."""

    def renew(self) -> None:
        """Close what is open and forget what belongs to one process."""


def survive_snapshots(parts: Renewable, environment: Mapping[str, str] = os.environ) -> None:
    """Register the hooks of snapshots, if this function is started from them.

    The snapshot holds all modules, and no connection, secret or time. Every process that is
    restored from it has random numbers of its own, and opens its own connections when it first
    needs them: a hook has ten seconds, and a paused database takes longer.
    """
    if environment.get("AWS_LAMBDA_INITIALIZATION_TYPE") != FROM_SNAPSHOTS:
        return
    from snapshot_restore_py import register_after_restore, register_before_snapshot  # Lambda's own

    def before_snapshot() -> None:
        parts.prepare()
        parts.renew()

    def after_restore() -> None:
        random.seed()
        parts.renew()

    register_before_snapshot(before_snapshot)
    register_after_restore(after_restore)
