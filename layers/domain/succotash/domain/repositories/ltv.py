"""The port to orders, customers and what they are worth."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from succotash.domain.repositories.forms import PAGE
from succotash.domain.value.ledgers import Customer, Order, PurchaseHistories, Recording
from succotash.domain.value.ltv import Cohort, CustomerLTV, CustomerValues, LTVAnalytics, LTVSegment
from succotash.domain.value.order_import import OrderImport, RejectedLine, WarnedLine
from succotash.domain.value.orders import OrderColumns
from succotash.domain.value.refunds import RefundTotals, RefundWarning
from succotash.domain.values import (
    CohortId,
    Currency,
    CustomerId,
    Money,
    OrderId,
    RunId,
    SegmentId,
    Shard,
)


class LTVRepository(ABC):
    """The order ledger, and the values that scoring runs keep.

    Readers see the values of the current run only, all of them or none. A value saved without a
    run joins the current run. Money that comes back is in the currency it was saved in. Those who
    ask about one customer may name an alias.
    """

    @abstractmethod
    def record_orders(self, orders: Sequence[Order]) -> list[Recording]:
        """Add orders to the ledger, and their customers; what became of each, in the same order.

        The customer is the one with this id: see `resolve` for aliases.

        An order is known by customer and id, and no two of one call may share both. Contents are
        instant, amount, currency and `refund_of`. An order's e-mail is given to its customer
        where the customer has none, and ties them to the lead with that e-mail if there is one.
        A customer's first_seen_at is the earliest instant known. Conflicting orders change
        nothing. One statement or COPY each for orders and customers, never one per order.
        """

    @abstractmethod
    def import_orders(self, orders: OrderColumns) -> list[Recording]:
        """The same as `record_orders`, made for tens of thousands of orders at once."""

    @abstractmethod
    def judge_refunds(
        self, refunded: Sequence[tuple[CustomerId, OrderId]]
    ) -> list[RefundWarning | None]:
        """What is odd about refunds that are in the ledger, in the same order.

        Each is given by its customer and the order it names. An order that this customer has not,
        and nobody else either, may still come: None. One statement for all of them.
        """

    @abstractmethod
    def total_refunds(self, as_of: datetime, *, shard: Shard | None = None) -> RefundTotals:
        """Refunds at or before `as_of` that match no order of their customer at or before it.

        And orders refunded beyond their amount by then, whether or not their customer bought
        anything else. What a refund of a refund gives back matches no order.
        """

    @abstractmethod
    def open_import(self, import_id: str) -> OrderImport:
        """How far the import has come; begun where it is not known yet.

        Within a transaction nobody else opens it until the end.
        """

    @abstractmethod
    def save_import(
        self,
        state: OrderImport,
        rejected: Sequence[RejectedLine],
        warned: Sequence[WarnedLine] = (),
    ) -> None:
        """Remember how far an import has come, and further lines to be told of.

        NotFoundError where the import was never opened.
        """

    @abstractmethod
    def get_rejected_lines(
        self, import_id: str, *, after: int = 0, limit: int = PAGE
    ) -> list[RejectedLine]:
        """Lines of an import that changed nothing, in their order, behind the line `after`."""

    @abstractmethod
    def get_warned_lines(
        self, import_id: str, *, after: int = 0, limit: int = PAGE
    ) -> list[WarnedLine]:
        """Lines of an import that were warned of, in their order, behind the line `after`."""

    @abstractmethod
    def finish_import(self, import_id: str) -> None:
        """Mark an import as finished, and forget its rejected lines; the warned ones stay.

        NotFoundError where the import was never opened.
        """

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
        self, as_of: datetime, until: datetime, time_zone: str, *, shard: Shard | None = None
    ) -> list[int]:
        """Purchase days of a holdout, as in `purchase_histories`, by week since the day of `as_of`.

        Week 0 begins with that day; the list ends with the week of the day of `until`. Of customers
        with a purchase at or before `as_of` only.
        """

    @abstractmethod
    def get_currencies(self, as_of: datetime) -> set[Currency]:
        """The currencies of all orders and refunds at or before `as_of`.

        No aggregate here tells currencies apart: who uses them makes sure there is but one.
        """

    @abstractmethod
    def get_customer(self, customer_id: CustomerId) -> Customer:
        """The customer; NotFoundError where there is none."""

    @abstractmethod
    def get_customers_by_email(self, canonical_email: str) -> list[Customer]:
        """Customers with this e-mail, by id."""

    @abstractmethod
    def get_orders(self, customer_id: CustomerId, *, newest: int | None = None) -> list[Order]:
        """The customer's orders and refunds, by time, then id; without e-mails.

        `newest` leaves out all but so many of the latest.
        """

    @abstractmethod
    def save_customer_ltv(self, value: CustomerLTV) -> None:
        """Insert or replace one customer's value in its run.

        NotFoundError where it names a run that does not exist.
        """

    @abstractmethod
    def save_customer_values(
        self, run_id: RunId, currency: Currency, shard: Shard | None, values: CustomerValues
    ) -> None:
        """Replace a shard's values in a run, in bulk; without a shard, all of the run's values.

        Doing it twice changes nothing.
        """

    @abstractmethod
    def get_customer_ltv(self, customer_id: CustomerId) -> CustomerLTV:
        """The customer's value; NotFoundError where the current run has none."""

    @abstractmethod
    def find_customers(
        self,
        *,
        segment_id: SegmentId | None = None,
        cohort_id: CohortId | None = None,
        limit: int = PAGE,
        after: tuple[Money, CustomerId] | None = None,
    ) -> list[CustomerLTV]:
        """Customers by predicted CLV, highest first, then by id; behind `after`."""

    @abstractmethod
    def get_customers_by_segment(
        self, segment_id: SegmentId, *, limit: int = PAGE
    ) -> list[CustomerLTV]:
        """A segment's customers, ordered as in `find_customers`."""

    @abstractmethod
    def get_customers_by_cohort(
        self, cohort_id: CohortId, *, limit: int = PAGE
    ) -> list[CustomerLTV]:
        """A cohort's customers, ordered as in `find_customers`."""

    @abstractmethod
    def build_cohorts(
        self, run_id: RunId, as_of: datetime, time_zone: str, *, shard: Shard
    ) -> None:
        """Count a shard's part of the run's cohort periods, for `build_rollups` to add up.

        NotFoundError where there is no such run. Repeating it changes nothing.
        """

    @abstractmethod
    def build_rollups(
        self, run_id: RunId, as_of: datetime, time_zone: str, *, merged: bool = False
    ) -> None:
        """Make the run's cohorts and analytics from its values, the ledger and the leads.

        With `merged` the cohorts' periods come from the parts of all shards, not from the ledger.

        Cohort periods are calendar months of the zone since the month of first purchase; a
        customer is active in a month with a purchase (as in `purchase_histories`) in it; revenue
        is what those purchases are worth net, without margin, less what was given back beyond
        orders of that month. What lies before the month of first purchase counts in it. Sums may
        pass 64 bits. Repeating it changes nothing.
        """

    @abstractmethod
    def save_cohort(self, cohort: Cohort) -> None:
        """Insert or replace one cohort in its run, with its periods."""

    @abstractmethod
    def get_cohort(self, cohort_id: CohortId) -> Cohort:
        """The cohort with its periods; NotFoundError where the current run has none."""

    @abstractmethod
    def get_all_cohorts(self) -> list[Cohort]:
        """Cohorts with their periods, by start."""

    @abstractmethod
    def save_ltv_segment(self, segment: LTVSegment) -> None:
        """Insert or replace a segment's rule; its `result` is not written here."""

    @abstractmethod
    def save_segment_bounds(self, run_id: RunId, bounds: Mapping[SegmentId, Money]) -> None:
        """Remember from which predicted CLV each segment starts in this run."""

    @abstractmethod
    def get_ltv_segment(self, segment_id: SegmentId) -> LTVSegment:
        """The segment with its result; NotFoundError where there is none."""

    @abstractmethod
    def get_all_ltv_segments(self) -> list[LTVSegment]:
        """Segments with their results: by lower quantile, then bound, then id; quantiles first."""

    @abstractmethod
    def get_ltv_analytics(
        self, *, start: date | None = None, end: date | None = None
    ) -> LTVAnalytics:
        """What customers are worth, by first purchase day from `start` to `end`, both included.

        Read from the run's rollups; values saved one by one are not in them.
        """
