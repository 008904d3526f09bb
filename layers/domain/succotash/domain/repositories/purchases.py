"""The port to purchase histories, which models are fitted to."""

from abc import ABC, abstractmethod
from datetime import datetime

from succotash.domain.value.ledgers import PurchaseHistories, WeekOfPurchases
from succotash.domain.values import Currency, Shard


class PurchaseRepository(ABC):
    """Purchase histories, which models are fitted to."""

    @abstractmethod
    def purchase_histories(
        self,
        as_of: datetime,
        time_zone: str,
        *,
        shard: Shard | None = None,
        holdout_until: datetime | None = None,
    ) -> PurchaseHistories:
        """Sufficient statistics of purchases at or before `as_of`, of one shard or of all.

        Later orders and later refunds are ignored, except to count the holdout: purchase days
        after `as_of` up to and including `holdout_until`, netted as of then. A customer of whom
        one amount passes LARGEST_UNITS ten-thousandths, of either sign, is left out and named.
        """

    @abstractmethod
    def count_purchases_by_week(
        self,
        as_of: datetime,
        until: datetime,
        time_zone: str,
        *,
        weeks: range | None = None,
        shard: Shard | None = None,
    ) -> list[WeekOfPurchases]:
        """Purchases of a holdout, as in `purchase_histories`, by week since the day of `as_of`.

        Week 0 begins with that day; the list ends with the week of the day of `until`. `weeks`, of
        step 1, leaves out all others. Of customers with a purchase at or before `as_of` only.
        """

    @abstractmethod
    def get_currencies(self, as_of: datetime) -> set[Currency]:
        """The currencies of all orders and refunds at or before `as_of`.

        No aggregate here tells currencies apart: who uses them makes sure there is but one.
        """
