"""Forecast receipts: what a run foresaw, sealed, and graded when the days have passed.

A receipt holds no customer, only sums by tenths of customers and the models that made them. So it
outlives the run, and it is graded by asking the sealed models again about everybody who was known
then: what is sealed is what was said, and what is graded is what came.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from succotash.domain.values import Json, RunId

RECEIPT_DAYS = (30, 90, 365)
"""The horizons of receipts, and the days after which each is graded."""
RECEIPT_WEEKS = 13
"""The weeks that each receipt predicts one by one, and which are counted when they have passed."""
DECILES = 10


class Measure(StrEnum):
    """The quantities that are predicted."""

    PURCHASES = "purchases"
    """Days with a purchase."""
    REVENUE = "revenue"
    """The revenue of purchases, net of refunds, neither discounted nor times the margin."""
    INACTIVITY = "inactivity"
    """Customers without a purchase or activity."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Customers of alike forecasts: what is foreseen of them together, or what came."""

    days: int
    measure: Measure
    decile: int
    """1 to 10, by rising forecast."""
    customers: int
    total: Decimal
    """Purchase days, amounts in the receipt's currency, or customers."""


@dataclass(frozen=True, slots=True)
class ReceiptGroup:
    """A tenth of customers in a receipt; those of equal forecasts share one."""

    decile: int
    customers: int
    foreseen: Decimal
    graded_customers: int | None = None
    """The customers with a known outcome: fewer after erasures, more after late orders.

    None before grading.
    """
    came: Decimal | None = None
    """None before grading."""


@dataclass(frozen=True, slots=True)
class ReceiptHorizon:
    """The prediction of a receipt for some days."""

    days: int
    graded_as_of: datetime | None
    """When the run was as of that graded it; None before."""
    groups: Mapping[Measure, Sequence[ReceiptGroup]]
    """The groups by rising forecast."""


@dataclass(frozen=True, slots=True)
class WeekTally:
    """Purchases in one week of customers who had bought by a run: foreseen, or what came."""

    week: int
    """From 1: the seven days that begin with the day of the run."""
    purchases: Decimal
    """Days with a purchase, of all of them together."""
    revenue: Decimal
    """The revenue of these purchases, net of refunds, in the receipt's currency."""


@dataclass(frozen=True, slots=True)
class ReceiptWeek:
    """A receipt's forecast for one week, and the outcome."""

    foreseen: WeekTally
    came: WeekTally | None = None
    """None before the week is counted."""


@dataclass(frozen=True, slots=True)
class ForecastReceipt:
    """The prediction of the first run of a month."""

    run_id: RunId
    month: date
    """Its first day, in the zone of the run."""
    as_of: datetime
    is_backfilled: bool
    """Whether it was made after the fact, from what was known by then."""
    settings: Mapping[str, Json]
    """The settings of the run: the currency and the zone among them."""
    models: Mapping[str, Json]
    """The models of the prediction, and the edges of tenths; it is graded with them."""
    horizons: Sequence[ReceiptHorizon] = ()
    """The horizons by days; none in a receipt that is about to be sealed."""
    weeks: Sequence[ReceiptWeek] = ()
    """The first first; none in a receipt that is about to be sealed, or that foresaw no weeks."""
    weeks_counted_as_of: datetime | None = None
    """The time of the run that counted the last of them; None before any is counted."""

    def ends_at(self, days: int) -> datetime:
        """When so many days have passed since."""
        return self.as_of + timedelta(days=days)

    def weeks_over(self, as_of: datetime) -> int:
        """The number of its weeks that are over by then, by the calendar of its zone."""
        # A week in which clocks change is not seven times 24 hours long.
        zone = ZoneInfo(str(self.settings["time_zone"]))
        days = as_of.astimezone(zone).date() - self.as_of.astimezone(zone).date()
        return days // timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class DueGrading:
    """Days of a receipt that have passed and are not graded yet."""

    receipt: ForecastReceipt
    days: int


@dataclass(frozen=True, slots=True)
class DueWeeks:
    """Weeks of a receipt that are over and not counted yet."""

    receipt: ForecastReceipt
    counted: int
    """The number of weeks that are counted."""
    over: int
    """The number of weeks that are over."""

    @classmethod
    def of(
        cls, receipt: ForecastReceipt, foreseen: int, counted: int, as_of: datetime
    ) -> "DueWeeks | None":
        """None where none is over, of so many foreseen, that is not counted."""
        over = min(foreseen, receipt.weeks_over(as_of))
        return cls(receipt, counted, over) if over > counted else None


def weeks_of(
    foreseen: Sequence[WeekTally], came: Sequence[WeekTally], counted: int
) -> list[ReceiptWeek]:
    """The weeks of a receipt from its tallies, each given once; so many of them are counted."""
    known = {each.week: each for each in came}
    return [
        ReceiptWeek(each, known.get(each.week) if each.week <= counted else None)
        for each in sorted(foreseen, key=lambda each: each.week)
    ]


def horizons_of(
    foreseen: Sequence[Tally],
    came: Sequence[Tally],
    graded_as_of: Mapping[int, datetime | None],
) -> list[ReceiptHorizon]:
    """The horizons of a receipt from its tallies, each group given once.

    Graded are those that have an instant.
    """
    # Of whom nothing is known when the others are graded, nobody is left.
    nobody = {days: None if at is None else 0 for days, at in graded_as_of.items()}
    groups = {
        (each.days, each.measure, each.decile): ReceiptGroup(
            each.decile,
            each.customers,
            each.total,
            nobody[each.days],
            None if nobody[each.days] is None else Decimal(0),
        )
        for each in foreseen
        if each.days in nobody
    }
    for each in came:
        key = each.days, each.measure, each.decile
        known = groups.get(key, ReceiptGroup(each.decile, 0, Decimal(0)))
        groups[key] = replace(known, graded_customers=each.customers, came=each.total)
    return [
        ReceiptHorizon(
            days,
            graded,
            {
                measure: [groups[key] for key in sorted(groups) if key[:2] == (days, measure)]
                for measure in Measure
            },
        )
        for days, graded in sorted(graded_as_of.items())
    ]
