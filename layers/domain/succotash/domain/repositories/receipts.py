"""The port to forecast receipts."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from datetime import date, datetime

from succotash.domain.retention.receipts import (
    DueGrading,
    DueWeeks,
    ForecastReceipt,
    Tally,
    WeekTally,
)
from succotash.domain.values import RunId, Shard


class ReceiptRepository(ABC):
    """Predictions and how they came out: kept when the runs are gone, without any customer."""

    @abstractmethod
    def save_forecast_tallies(
        self, run_id: RunId, shard: Shard | None, tallies: Sequence[Tally]
    ) -> None:
        """Replace what a run foresees of a shard; without a shard, of all customers.

        Readers see none of it before `seal_receipt`.
        """

    @abstractmethod
    def seal_receipt(self, receipt: ForecastReceipt, days: Collection[int]) -> bool:
        """Keep for good what a run foresaw for these days; whether it was kept.

        Where the month has a receipt already that one stays, and nothing is kept. What was saved
        for runs that sealed no receipt, and are running no more, is removed.
        """

    @abstractmethod
    def has_receipt(self, month: date) -> bool:
        """Whether the month that begins on this day has one."""

    @abstractmethod
    def get_due_gradings(self, as_of: datetime) -> list[DueGrading]:
        """Days of receipts that had passed by then and are not graded, the earliest first."""

    @abstractmethod
    def save_outcome_tallies(
        self, run_id: RunId, days: int, shard: Shard | None, tallies: Sequence[Tally]
    ) -> None:
        """Replace what came of a receipt's shard within these days; without a shard, of all.

        Readers see none of it before `mark_graded`.
        """

    @abstractmethod
    def mark_graded(self, run_id: RunId, days: int, as_of: datetime) -> None:
        """Show what came within these days; a receipt that was graded before stays as it was."""

    @abstractmethod
    def save_forecast_weeks(
        self, run_id: RunId, shard: Shard | None, weeks: Sequence[WeekTally]
    ) -> None:
        """Save tallies of single weeks, which are sealed and removed like the others."""

    @abstractmethod
    def get_due_weeks(self, as_of: datetime) -> list[DueWeeks]:
        """Receipts with weeks that were over by then and are not counted, the earliest first."""

    @abstractmethod
    def save_outcome_weeks(
        self, run_id: RunId, shard: Shard | None, weeks: Sequence[WeekTally]
    ) -> None:
        """Replace what came in these weeks of a receipt's shard; without a shard, of all.

        Readers see none of it before `mark_weeks_counted`.
        """

    @abstractmethod
    def mark_weeks_counted(self, run_id: RunId, weeks: int, as_of: datetime) -> None:
        """Show what came in the first so many weeks; where as many are counted, nothing changes."""

    @abstractmethod
    def find_receipts(self, *, limit: int, before: date | None = None) -> list[ForecastReceipt]:
        """Receipts with all they hold, the latest month first; of months before this one."""
