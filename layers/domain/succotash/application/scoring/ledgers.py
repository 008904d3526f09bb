"""Both ledgers as arrays: of everybody, of one shard, or of as many as models are fitted to."""

from array import array
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, fields
from datetime import datetime

import numpy as np

from succotash.application.scoring.settings import ScoringSettings
from succotash.domain.models.purchases import Array, PurchaseSample, column
from succotash.domain.repositories.storage import Repositories
from succotash.domain.value.ledgers import ActivitySummaries, Histories, PurchaseHistories
from succotash.domain.values import SHARDS, Shard


@dataclass(frozen=True, slots=True)
class Columns:
    """Event-day histories as arrays, one row per customer."""

    frequency: Array
    recency: Array
    age: Array

    @classmethod
    def of(cls, histories: Histories) -> "Columns":
        """Without copying where the storage's columns allow it."""
        return cls(column(histories.frequency), column(histories.recency), column(histories.age))

    def sample(self) -> PurchaseSample:
        """Merged into weighted rows, to fit models to."""
        return PurchaseSample.from_columns(self.frequency, self.recency, self.age)

    def equals(self, other: "Columns") -> bool:
        """Whether both are the same histories, as where no activity is recorded."""
        return all(
            np.array_equal(mine, theirs)
            for mine, theirs in (
                (self.frequency, other.frequency),
                (self.recency, other.recency),
                (self.age, other.age),
            )
        )


@dataclass(frozen=True, slots=True)
class LedgerSnapshot:
    """The ledgers of some customers: of all, or of one or several shards.

    Whom the purchases leave out, because no total holds theirs, the activity leaves out too.
    """

    purchases: PurchaseHistories
    activity: ActivitySummaries

    @classmethod
    def read(
        cls,
        repositories: Repositories,
        executor: Executor,
        as_of: datetime,
        time_zone: str,
        shard: Shard | None,
    ) -> "LedgerSnapshot":
        """Both ledgers at the same time."""
        reading = executor.submit(
            repositories.retention.activity_summaries, as_of, time_zone, shard=shard
        )
        purchases = repositories.ltv.purchase_histories(as_of, time_zone, shard=shard)
        activity = reading.result()
        if purchases.left_out:
            activity = activity.without(purchases.left_out)
        return cls(purchases, activity)


@dataclass(frozen=True, slots=True)
class Sample:
    """The customers that models are fitted to."""

    purchases: PurchaseHistories
    activity: Histories
    shards: Sequence[Shard | None]
    """Whose customers they are; only None where they are everybody."""
    whole: LedgerSnapshot | None
    """The ledgers of everybody, where they were read at once."""

    @classmethod
    def read(
        cls,
        repositories: Repositories,
        executor: Executor,
        settings: ScoringSettings,
        as_of: datetime,
    ) -> "Sample":
        """All of a small deployment; of a larger one, as many shards as are enough."""

        def facts(shard: Shard | None) -> LedgerSnapshot:
            return LedgerSnapshot.read(repositories, executor, as_of, settings.time_zone, shard)

        found = [facts(Shard(0, SHARDS))]

        def customers() -> int:
            return sum(len(each.activity.days.customer_ids) for each in found)

        if SHARDS * customers() <= settings.whole_limit:
            whole = facts(None)
            return cls(whole.purchases, whole.activity.days, [None], whole)
        while len(found) < SHARDS and customers() < settings.sample_customers:
            found.append(facts(Shard(len(found), SHARDS)))
        return cls(
            joined_purchases([each.purchases for each in found]),
            joined_histories([each.activity.days for each in found]),
            [Shard(index, SHARDS) for index in range(len(found))],
            None,
        )


def joined_histories(parts: Iterable[Histories]) -> Histories:
    """The customers of several shards together."""
    joined = Histories([], *(array("q") for _ in range(5)))
    for part in parts:
        _extend(joined, part)
    return joined


def joined_purchases(parts: Sequence[PurchaseHistories]) -> PurchaseHistories:
    """The customers of several shards together."""
    days = joined_histories(part.days for part in parts)
    joined = PurchaseHistories(
        days, array("q"), array("q"), array("q"), [], [], array("q"), array("q"), []
    )
    for part in parts:
        _extend(joined, part)
    return joined


def _extend[Table: (Histories, PurchaseHistories)](joined: Table, part: Table) -> None:
    """Put the part's columns behind those that there are; `days` are a table of their own."""
    for each in fields(part):
        if each.name != "days":
            getattr(joined, each.name).extend(getattr(part, each.name))
