"""Figures of a period compared with the one before it, and what needs attention."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
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
from succotash.domain.leads.analytics import PeriodCounts
from succotash.domain.messages.outbox import Backlog
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.retention.labels import Labelled
from succotash.domain.retention.retention import INITIAL_RUN, RetentionAnalytics, RiskLevel
from succotash.domain.scoring.progress import RunProgress, RunStage
from succotash.domain.value.revenue import RevenueDay
from succotash.domain.values import Clock, Currency, Json, Money

LATE_AFTER = timedelta(days=2)
"""Runs come every night; the current one is late once it is older."""
IMPORT_GIVEN_UP_AFTER = timedelta(hours=3)
"""An import that was not begun again for so long is not going on."""


@dataclass(frozen=True, slots=True)
class _Found:
    """Rows of one transaction."""

    counts: tuple[PeriodCounts, PeriodCounts]
    revenue: Labelled[list[RevenueDay]]
    runs: Sequence[Labelled[Mapping[str, Json]]]
    analytics: RetentionAnalytics
    quarantined: int
    backlog: Backlog
    failed_imports: int
    latest: Sequence[RunProgress]


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
        earlier = start - timedelta(days=days)
        found = self._storage.in_transaction(
            lambda repositories: self._read(repositories, earlier, start, end, now)
        )
        current, before = found.counts
        run = found.revenue.run
        has_run = run.run_id != INITIAL_RUN
        return {
            "start": start,
            "end": end,
            "days": days,
            "time_zone": self._time_zone,
            "submissions": {"now": current.submissions, "before": before.submissions},
            "new_leads": {"now": current.new_leads, "before": before.new_leads},
            "hot_leads": {"now": current.hot_leads, "before": before.hot_leads},
            "revenue": self._revenue(found.revenue, start, end) if has_run else None,
            "risk": self._risk(found) if has_run else None,
            "attention": _attention(found, now, has_run=has_run),
        }

    def _read(
        self, repositories: Repositories, earlier: date, start: date, end: date, now: datetime
    ) -> _Found:
        zone, retention = self._time_zone, repositories.retention
        begins = start_of_day(start, zone)
        runs = retention.get_compared_runs(start - earlier)
        current = runs[0]
        return _Found(
            counts=repositories.forms.get_period_counts(
                start_of_day(earlier, zone), begins, start_of_day(end + timedelta(days=1), zone)
            ),
            revenue=repositories.ltv.find_revenue_days(earlier, end),
            runs=runs,
            analytics=RetentionAnalytics.of_dict(current.run.run_id, current.found)
            if current.found
            else retention.get_retention_analytics(),
            quarantined=repositories.forms.count_quarantined(),
            backlog=repositories.outbox.count_backlog(),
            failed_imports=repositories.ltv.count_failed_imports(
                begins, now - IMPORT_GIVEN_UP_AFTER
            ),
            latest=retention.get_run_progress(limit=1),
        )

    def _revenue(self, read: Labelled[list[RevenueDay]], start: date, end: date) -> RevenueView:
        through = min(end, run_day(read.run))
        span = end - start + timedelta(days=1)
        others = {each.revenue.currency for each in read.found} - {self._currency}

        def figure(currency: Currency) -> RevenueFigure:
            own = [each for each in read.found if each.revenue.currency == currency]
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

    def _risk(self, found: _Found) -> RiskView:
        current, *others = found.runs
        before = next(
            (RetentionAnalytics.of_dict(each.run.run_id, each.found) for each in others), None
        )
        at_risk = found.analytics.value_at_risk or Money(Decimal(0), self._currency)
        currency = at_risk.currency
        return {
            "currency": currency,
            "value_now": at_risk.rounded(),
            "value_before": None if before is None else _value_in(before, currency),
            "customers_now": _at_high_risk(found.analytics),
            "customers_before": None if before is None else _at_high_risk(before),
            "as_of": current.run.as_of,
            "before_as_of": others[0].run.as_of if others else None,
        }


def _total(days: Sequence[RevenueDay], currency: Currency) -> Decimal:
    total = sum((each.revenue.amount for each in days), Decimal(0))
    return Money(total, currency).rounded()


def _at_high_risk(analytics: RetentionAnalytics) -> int:
    return analytics.by_risk_level.get(RiskLevel.HIGH, 0)


def _value_in(analytics: RetentionAnalytics, currency: Currency) -> Decimal | None:
    """The value at risk in a currency; None where it was in another one."""
    at_risk = analytics.value_at_risk or Money(Decimal(0), currency)
    return at_risk.rounded() if at_risk.currency == currency else None


def _attention(found: _Found, now: datetime, *, has_run: bool) -> AttentionView:
    current = found.runs[0].run
    return {
        "quarantined": found.quarantined,
        "failed_messages": found.backlog.dead_lettered,
        "uncertain_deliveries": found.backlog.uncertain,
        "failed_imports": found.failed_imports,
        "is_run_late": not has_run or now - current.as_of > LATE_AFTER,
        "last_run": next((_last_run(each) for each in found.latest), None),
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
