"""Purchase histories, which models are fitted to, in SQLite."""

from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import override

from succotash.domain.repositories.purchases import PurchaseRepository
from succotash.domain.value.ledgers import PurchaseHistories, WeekOfPurchases
from succotash.domain.values import LARGEST_UNITS, Currency, Shard
from succotash.infrastructure.sqlite.columns import instant_text, micros
from succotash.infrastructure.sqlite.connection import Row, Session
from succotash.infrastructure.sqlite.functions import local_day, require_zone, shard_parameters
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.result_row import histories_of, integers
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("purchases")


@contextmanager
def laid_out_purchases(
    session: Session,
    as_of: datetime,
    time_zone: str,
    *,
    shard: Shard | None = None,
    holdout_until: datetime | None = None,
) -> Iterator[None]:
    """Within the block, temp.purchases holds purchases with their local day and net amount.

    Those at or before `as_of` are netted as of then. Those after it up to `holdout_until`, marked
    is_holdout, are netted as of the end of the holdout. temp.over_refunds holds the orders at or
    before `as_of` that were refunded beyond their amount by then, and what they came to.
    """
    require_zone(time_zone)
    part = {"time_zone": time_zone, **shard_parameters(shard)}
    try:
        session.run(
            _SQL["lay_out_purchases"], until=micros(as_of), after=None, is_holdout=0, **part
        )
        session.run(_SQL["lay_out_over_refunds"], until=micros(as_of), **part)
        if holdout_until is not None:
            span = {"until": micros(holdout_until), "after": micros(as_of)}
            session.run(_SQL["lay_out_purchases"], is_holdout=1, **span, **part)
        yield
    finally:
        session.run(_SQL["clear_purchases"])
        session.run(_SQL["clear_over_refunds"])


class SQLitePurchaseRepository(SQLiteRepository, PurchaseRepository):
    """Purchase histories, which models are fitted to."""

    @override
    def purchase_histories(
        self,
        as_of: datetime,
        time_zone: str,
        *,
        shard: Shard | None = None,
        holdout_until: datetime | None = None,
    ) -> PurchaseHistories:
        with (
            self._unit.reading() as session,
            laid_out_purchases(session, as_of, time_zone, shard=shard, holdout_until=holdout_until),
        ):
            found = session.run(_SQL["get_purchase_histories"])
        rows, left_out = _countable(found)
        repeats = [int(row["revenue"]) - int(row["first_day_revenue"]) for row in rows]
        today = local_day(micros(as_of), time_zone)
        days = histories_of(rows, today)
        return PurchaseHistories(
            days=days,
            orders=integers(rows, "orders"),
            revenue=integers(rows, "revenue"),
            repeat_revenue=array("q", repeats),
            first_purchase_at=[instant_text(row["first_purchase_at"]) for row in rows],
            last_purchase_at=[instant_text(row["last_purchase_at"]) for row in rows],
            holdout_revenue=integers(rows, "holdout_revenue"),
            over_refunds=integers(rows, "over_refunds"),
            left_out=left_out,
        )

    @override
    def count_purchases_by_week(
        self,
        as_of: datetime,
        until: datetime,
        time_zone: str,
        *,
        weeks: range | None = None,
        shard: Shard | None = None,
    ) -> list[WeekOfPurchases]:
        cut, last = local_day(micros(as_of), time_zone), local_day(micros(until), time_zone)
        with (
            self._unit.reading() as session,
            laid_out_purchases(session, as_of, time_zone, shard=shard, holdout_until=until),
        ):
            rows = session.run(_SQL["count_purchases_by_week"], cut=cut)
        found = {
            row["week"]: WeekOfPurchases(row["purchases"], int(row["revenue"])) for row in rows
        }
        none = WeekOfPurchases(0, 0)
        every = range((last - cut) // 7 + 1)
        wanted = every if weeks is None else every[weeks.start : weeks.stop]
        return [found.get(week, none) for week in wanted]

    @override
    def get_currencies(self, as_of: datetime) -> set[Currency]:
        with self._unit.reading() as session:
            rows = session.run(_SQL["get_currencies"], as_of=micros(as_of))
        return {Currency(row["currency"]) for row in rows}


def _countable(rows: Sequence[Row]) -> tuple[list[Row], list[str]]:
    """The rows of which 64 bits hold every amount, and the customers of the others."""
    amounts = ("revenue", "first_day_revenue", "holdout_revenue", "over_refunds")
    kept, left_out = list[Row](), list[str]()
    for row in rows:
        if all(abs(int(row[each])) <= LARGEST_UNITS for each in amounts):
            kept.append(row)
        else:
            left_out.append(row["customer_id"])
    return kept, left_out
