"""The port to the ledger of activity."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime

from succotash.domain.value.ledgers import ActivityEvent, ActivitySummaries, RecordOutcome
from succotash.domain.values import PAGE, CustomerId, Shard


class ActivityRepository(ABC):
    """The ledger of activity.

    Those who ask about one customer may name an alias.
    """

    @abstractmethod
    def record_activity(self, events: Sequence[ActivityEvent]) -> list[RecordOutcome]:
        """Add events to the ledger, and their customers; the outcome of each, in the same order.

        An event is known by customer and id, and no two of one call may share both. Its e-mail is
        given to its customer as an order's is. One
        statement or COPY each for events and customers, never one per event.
        """

    @abstractmethod
    def get_activity(self, customer_id: CustomerId, *, limit: int = PAGE) -> list[ActivityEvent]:
        """The customer's events, newest first, then by id descending."""

    @abstractmethod
    def forget_activity(self, customer_ids: Sequence[CustomerId]) -> dict[str, int]:
        """Delete these customers' events, predictions and profiles of every run; rows by table."""

    @abstractmethod
    def activity_summaries(
        self,
        as_of: datetime,
        time_zone: str,
        *,
        shard: Shard | None = None,
        holdout_until: datetime | None = None,
    ) -> ActivitySummaries:
        """Event days and engagement at or before `as_of`, of one shard or of all.

        Purchase days are those of `LTVRepository.purchase_histories`. The holdout counts event
        days after `as_of` up to and including `holdout_until`.
        """
