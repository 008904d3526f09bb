"""What happens in a small shop, whichever system it runs on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

OPENED = datetime(2026, 1, 5, 9, 0, 5, tzinfo=UTC)
PEOPLE = ("ada@example.com", "bo@example.com", "cy@example.com")
PLACES = {"USD": 2, "JPY": 0, "KWD": 3}
"""Decimal places of the currencies that sales are in."""


@dataclass(frozen=True)
class Refund:
    """Money that went back to the buyer."""

    at: datetime
    units: int


@dataclass(frozen=True)
class Sale:
    """An order from its first moment on. Amounts are in minor units of the shop's currency."""

    number: int
    ordered_at: datetime
    units: int
    email: str
    account: int | None
    """The system's number for the buyer; None of a guest."""
    accepts_marketing: bool
    refunds: tuple[Refund, ...] = ()
    correction: tuple[datetime, str] | None = None
    """When the shop put another e-mail into the order, and which."""
    is_cancelled: bool = False
    """Before it was paid, or, if it has refunds, after the last of them."""

    @property
    def paid_at(self) -> datetime | None:
        """Three seconds after it was placed, if it ever was."""
        if self.is_cancelled and not self.refunds:
            return None
        return self.ordered_at + timedelta(seconds=3)

    @property
    def cancelled_at(self) -> datetime | None:
        """An hour after the last that happened before."""
        if not self.is_cancelled:
            return None
        before = self.refunds[-1].at if self.refunds else self.ordered_at
        return before + timedelta(hours=1)

    def moments(self) -> list[datetime]:
        """When something changed, in order."""
        maybe = (
            self.paid_at,
            self.cancelled_at,
            None if self.correction is None else self.correction[0],
        )
        changes = [*(each.at for each in self.refunds), *(each for each in maybe if each)]
        return [self.ordered_at, *sorted(changes)]

    def email_at(self, at: datetime) -> str:
        """The e-mail that the order has."""
        if self.correction is None or self.correction[0] > at:
            return self.email
        return self.correction[1]

    def refunds_at(self, at: datetime) -> list[tuple[int, Refund]]:
        """What was given back up to then, each with an id."""
        return [
            (self.number * 100 + place, each)
            for place, each in enumerate(self.refunds, 1)
            if each.at <= at
        ]

    def units_back_at(self, at: datetime) -> int:
        """The sum of what was given back up to then."""
        return sum(each.units for _, each in self.refunds_at(at))

    def is_paid_at(self, at: datetime) -> bool:
        """Whether the money had come."""
        return self.paid_at is not None and self.paid_at <= at

    def is_cancelled_at(self, at: datetime) -> bool:
        """Whether it was cancelled by then."""
        return self.cancelled_at is not None and self.cancelled_at <= at


@dataclass(frozen=True)
class History:
    """All that happened in a shop, when its webhooks were set up, and when it was exported."""

    sales: Sequence[Sale]
    currency: str
    listening_from: datetime
    """Changes since then are told by webhooks."""
    exported_at: datetime
    """Not before `listening_from`: together, export and webhooks tell everything."""

    def amount(self, units: int) -> str:
        """An amount as a decimal, with all the places that the currency has."""
        return f"{Decimal(units).scaleb(-PLACES[self.currency])}"

    def exported(self) -> list[Sale]:
        """The sales that are in the export."""
        return [each for each in self.sales if each.ordered_at <= self.exported_at]

    def net_by_order(self) -> dict[tuple[str, int], Decimal]:
        """What each paid order left in the end, by e-mail and number."""
        places, end = PLACES[self.currency], datetime.max.replace(tzinfo=UTC)
        return {
            (each.email_at(end), each.number): Decimal(each.units - each.units_back_at(end)).scaleb(
                -places
            )
            for each in self.sales
            if each.paid_at is not None
        }


@st.composite
def sales(draw: st.DrawFn, number: int) -> Sale:
    """An order of somebody, and what became of it within a month."""
    person = draw(st.integers(0, len(PEOPLE) - 1))
    # No two orders are of one second: what their buyers said of marketing would have no order.
    seconds = draw(st.integers(0, 4_000)) * 10 + number % 10
    ordered_at = OPENED + timedelta(days=draw(st.integers(0, 20)), seconds=seconds)
    units = draw(st.integers(2, 50_000)) * 10
    refunds, left, at = [], units, ordered_at + timedelta(seconds=3)
    for _ in range(draw(st.integers(0, 2))):
        part = draw(st.one_of(st.just(left), st.integers(1, left)))
        part = part // 10 * 10 or left  # Stripe takes no thousandths of a dinar
        at += timedelta(days=draw(st.integers(0, 6)), seconds=draw(st.integers(1, 9)))
        refunds.append(Refund(at, part))
        left -= part
        if not left:
            break
    is_cancelled = not left or not refunds
    correction = None
    if draw(st.booleans()):
        moved = draw(st.sampled_from([each for each in PEOPLE if each != PEOPLE[person]]))
        at += timedelta(days=draw(st.integers(0, 4)), seconds=draw(st.integers(1, 9)))
        correction = (at, moved)
    return Sale(
        number,
        ordered_at,
        units,
        PEOPLE[person],
        # A number of the shop is one person's: an order that moves has none, as a guest's.
        person + 1 if correction is None and draw(st.booleans()) else None,
        draw(st.booleans()),
        tuple(refunds),
        correction,
        is_cancelled and draw(st.integers(0, 3)) == 0,
    )


@st.composite
def histories(draw: st.DrawFn, currencies: Sequence[str]) -> History:
    """A shop with a few sales, whose webhooks were set up at some time before its export."""
    count = draw(st.integers(1, 4))
    made = [draw(sales(number)) for number in range(1001, 1001 + count)]
    export_day = draw(st.integers(1, 40))
    exported_at = OPENED + timedelta(days=export_day, seconds=draw(st.integers(0, 40_000)))
    listening_from = exported_at - timedelta(days=draw(st.sampled_from([0, 2, 10, 100])))
    return History(made, draw(st.sampled_from(currencies)), listening_from, exported_at)
