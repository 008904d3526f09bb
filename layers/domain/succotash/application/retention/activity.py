"""Taking what customers did, one batch at a time."""

from collections.abc import Sequence

from succotash.application.batches import BatchReport, Recorded, Rejected, record_batch
from succotash.application.identities import record_about_customers
from succotash.domain.people.erasures import NO_TOMBSTONES, Tombstones
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.value.ledgers import (
    CLOCK_TOLERANCE,
    ActivityEvent,
    event_contents,
    event_identity,
)
from succotash.domain.values import Clock
from succotash.errors import InvalidInputError


class ActivityIntake:
    """Adds events to the ledger of activity."""

    def __init__(
        self, storage: Storage, clock: Clock, tombstones: Tombstones = NO_TOMBSTONES
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._tombstones = tombstones

    def record_activity(self, items: Sequence[ActivityEvent | Rejected]) -> BatchReport:
        """Add a batch to the ledger; the outcome of each item, in order.

        An event from the future, or one that contradicts another with its id, is rejected alone.
        """
        latest = self._clock() + CLOCK_TOLERANCE

        def check(event: ActivityEvent) -> ActivityEvent | Rejected:
            if event.occurred_at <= latest:
                return event
            error = InvalidInputError.of("occurred_at", "in_the_future", "Must be in the past")
            return Rejected(event.event_id, event.customer_id, error.violations)

        return record_batch(
            [item if isinstance(item, Rejected) else check(item) for item in items],
            identity=event_identity,
            record=self._record,
        )

    def _record(self, events: Sequence[ActivityEvent]) -> list[Recorded]:
        """Record events of known and new customers; those of one erased since are not kept."""

        def work(repositories: Repositories) -> list[Recorded]:
            outcomes, _ = record_about_customers(
                repositories,
                self._tombstones,
                events,
                identity=event_identity,
                contents=event_contents,
                at=lambda event: event.occurred_at,
                record=repositories.retention.record_activity,
            )
            return [Recorded(outcome) for outcome in outcomes]

        return self._storage.in_transaction(work)
