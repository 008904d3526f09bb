"""The overview as the API gives it."""

from datetime import date, datetime
from decimal import Decimal
from typing import TypedDict

USUAL_DAYS = 28
LONGEST_DAYS = 366


class CountFigure(TypedDict):
    """A count in the period, and in the one before it."""

    now: int
    """In the period."""
    before: int
    """In as many days before it."""


class RevenueFigure(TypedDict):
    """Revenue in one currency, in the period and in the one before it."""

    currency: str
    now: Decimal
    """Orders in the period less refunds made in it, in `currency`."""
    before: Decimal
    """The same for as many days of the period before, in `currency`."""
    orders_now: int
    """Orders in the period."""
    orders_before: int
    """Orders in as many days of the period before."""


class RevenueView(TypedDict):
    """Revenue up to the instant of the current run."""

    as_of: datetime
    """The instant of the run; later orders are not counted yet."""
    through: date | None
    """The last day that is counted; the period before is counted over as many days. None if the run
    is older than the period."""
    by_currency: list[RevenueFigure]
    """A figure for each currency of the ledger, the deployment's first; empty if no day of the
    period is counted."""


class RiskView(TypedDict):
    """Value at risk by the current run, and by the run nearest to a period earlier."""

    currency: str
    value_now: Decimal
    """Value at risk of all customers at high risk, in `currency`."""
    value_before: Decimal | None
    """Value at risk by the earlier run, in `currency`; None without one."""
    customers_now: int
    """Customers at high risk."""
    customers_before: int | None
    """Customers at high risk by the earlier run; None without one."""
    as_of: datetime
    before_as_of: datetime | None
    """The instant of the earlier run."""


class LastRunWarningView(TypedDict):
    """A finding against the run's own numbers; `GET /retention/model` tells more."""

    code: str
    """The code of the warning in `GET /retention/model`."""
    message: str
    count: int
    """Customers, orders or models that it is about."""


class LastRunView(TypedDict):
    """The run with the latest instant, published or not."""

    run_id: str
    as_of: datetime
    stage: str
    """`planned`, `scoring`, `finished`, `withheld` or `failed`."""
    failure: str | None
    warnings: list[LastRunWarningView]
    """Empty before the run has ended."""


class AttentionView(TypedDict):
    """Counts of things to look at, from the database."""

    quarantined: int
    """Submissions in quarantine, over all forms."""
    failed_messages: int
    """Messages that were dead-lettered after their last attempt."""
    uncertain_deliveries: int
    """Deliveries with an unknown outcome."""
    failed_imports: int
    """Files of orders in the period that were refused, or whose import broke off."""
    is_run_late: bool
    """Whether the current run is older than two days, or missing."""
    last_run: LastRunView | None
    """None before the first run."""


class OverviewView(TypedDict):
    """Figures of a period, compared with the one before it."""

    start: date
    """First day."""
    end: date
    """Last day."""
    days: int
    """Days in the period, and in the one before it."""
    time_zone: str
    """The zone that days are counted in."""
    submissions: CountFigure
    """Submissions in any state."""
    new_leads: CountFigure
    """Leads whose first submission lies in the period."""
    hot_leads: CountFigure
    """New leads whose score is hot."""
    revenue: RevenueView | None
    """None before the first run."""
    risk: RiskView | None
    """None before the first run."""
    attention: AttentionView
