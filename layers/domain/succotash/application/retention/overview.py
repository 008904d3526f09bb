"""Figures of a period compared with the one before it, and what needs attention."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from succotash.application.days import start_of_day
from succotash.application.retention.overview_views import (
    USUAL_DAYS,
    AttentionView,
    LastRunView,
    OverviewView,
    RevenueFigure,
    RevenueView,
    RiskView,
)
from succotash.application.scoring.run_views import run_day, run_warnings
from succotash.domain.repositories.storage import Storage
from succotash.domain.retention.labels import Labelled
from succotash.domain.retention.retention import INITIAL_RUN, RetentionAnalytics, RiskLevel
from succotash.domain.scoring.overview import EarlierRun, OverviewFigures, OverviewQuery
from succotash.domain.scoring.progress import RunProgress, RunStage
from succotash.domain.value.order_import import IMPORT_GIVEN_UP_AFTER
from succotash.domain.value.revenue import RevenueDay
from succotash.domain.values import Clock, Currency, Money

type Figures = Labelled[OverviewFigures]

LATE_AFTER = timedelta(days=2)
"""Runs come every night; the current one is late once it is older."""


class Overview:
    """Figures of a period, none of them personal."""

    def __init__(
        self, storage: Storage, clock: Clock, currency: Currency, time_zone: str = "UTC"
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._currency = currency
        self._time_zone = time_zone

    def get_overview(self, days: int = USUAL_DAYS, end: date | None = None) -> OverviewView:
        """Get the figures of `days` days up to `end`, included; `end` is today by default.

        Days are the deployment's.
        """
        now = self._clock()
        end = now.astimezone(ZoneInfo(self._time_zone)).date() if end is None else end
        start = end - timedelta(days=days - 1)
        read = self._storage.repositories.retention.find_overview(
            OverviewQuery(
                last_day=end,
                days=days,
                earlier=start_of_day(start - timedelta(days=days), self._time_zone),
                start=start_of_day(start, self._time_zone),
                end=start_of_day(end + timedelta(days=1), self._time_zone),
                imports_given_up_before=now - IMPORT_GIVEN_UP_AFTER,
            )
        )
        found = read.found
        has_run = read.run.run_id != INITIAL_RUN
        return {
            "start": start,
            "end": end,
            "days": days,
            "time_zone": self._time_zone,
            "submissions": {"now": found.now.submissions, "before": found.before.submissions},
            "new_leads": {"now": found.now.new_leads, "before": found.before.new_leads},
            "hot_leads": {"now": found.now.hot_leads, "before": found.before.hot_leads},
            "revenue": self._revenue(read, start, end) if has_run else None,
            "risk": self._risk(read) if has_run else None,
            "attention": _attention(found, is_run_late=now - read.run.as_of > LATE_AFTER),
        }

    def _revenue(self, read: Figures, start: date, end: date) -> RevenueView:
        through = min(end, run_day(read.run))
        span = end - start + timedelta(days=1)
        days = read.found.revenue
        others = {each.revenue.currency for each in days} - {self._currency}

        def figure(currency: Currency) -> RevenueFigure:
            own = [each for each in days if each.revenue.currency == currency]
            now = [each for each in own if start <= each.day <= through]
            before = [each for each in own if start - span <= each.day <= through - span]
            return {
                "currency": currency,
                "now": _total(now, currency),
                "before": _total(before, currency),
                "orders_now": sum(each.orders for each in now),
                "orders_before": sum(each.orders for each in before),
            }

        is_known = through >= start
        currencies = (self._currency, *sorted(others)) if is_known else ()
        return {
            "as_of": read.run.as_of,
            "through": through if is_known else None,
            "by_currency": [figure(each) for each in currencies],
        }

    def _risk(self, read: Figures) -> RiskView:
        kept, earlier = read.found.summary, read.found.earlier_run
        now = (
            RetentionAnalytics.of_dict(read.run.run_id, kept)
            if kept
            else self._storage.repositories.retention.get_retention_analytics(read.run.run_id)
        )
        before = None if earlier is None else _kept_by(earlier)
        at_risk = now.value_at_risk or Money(Decimal(0), self._currency)
        return {
            "currency": at_risk.currency,
            "value_now": at_risk.rounded(),
            "value_before": None if before is None else _value_in(before, at_risk.currency),
            "customers_now": _at_high_risk(now),
            "customers_before": None if before is None else _at_high_risk(before),
            "as_of": read.run.as_of,
            "before_as_of": None if earlier is None else earlier.as_of,
        }


def _total(days: Sequence[RevenueDay], currency: Currency) -> Decimal:
    total = sum((each.revenue.amount for each in days), Decimal(0))
    return Money(total, currency).rounded()


def _kept_by(run: EarlierRun) -> RetentionAnalytics:
    return RetentionAnalytics.of_dict(run.run_id, run.summary)


def _at_high_risk(analytics: RetentionAnalytics) -> int:
    return analytics.by_risk_level.get(RiskLevel.HIGH, 0)


def _value_in(analytics: RetentionAnalytics, currency: Currency) -> Decimal | None:
    """The value at risk in a currency; None where it was in another one."""
    at_risk = analytics.value_at_risk or Money(Decimal(0), currency)
    return at_risk.rounded() if at_risk.currency == currency else None


def _attention(found: OverviewFigures, *, is_run_late: bool) -> AttentionView:
    return {
        "quarantined": found.quarantined,
        "failed_messages": found.dead_lettered,
        "uncertain_deliveries": found.uncertain,
        "failed_imports": found.failed_imports,
        "is_run_late": is_run_late,
        "last_run": None if found.latest is None else _last_run(found.latest),
    }


def _last_run(progress: RunProgress) -> LastRunView:
    stage = progress.stage
    return {
        "run_id": progress.run_id,
        "as_of": progress.as_of,
        "stage": stage,
        "failure": progress.failure if stage is RunStage.FAILED else None,
        "warnings": [
            {"code": each["code"], "message": each["message"], "count": each["count"]}
            for each in (run_warnings(progress.run) if progress.run else ())
        ],
    }
