"""The scheduled run: fit the models, judge them, score every customer, publish all at once."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from succotash.domain.customers import ActivitySummaries, Histories, PurchaseHistories
from succotash.domain.ltv import CustomerValues, LTVSegment
from succotash.domain.models.backtest import Tracking, backtest_spend, track
from succotash.domain.models.engagement import (
    Engagement,
    engagement_scores,
    engagement_segments,
)
from succotash.domain.models.interval import value_interval
from succotash.domain.models.levels import (
    HIGH,
    RiskBasis,
    RiskThresholds,
    risk_levels,
    risk_scores,
    thresholds,
)
from succotash.domain.models.purchases import Array, PurchaseSample, column
from succotash.domain.models.selection import (
    DEFAULT_CANDIDATES,
    Candidate,
    Comparison,
    FittedPurchases,
    FittedSpend,
    compare,
    fit_purchases,
    fit_spend,
)
from succotash.domain.models.value import discounted_residual
from succotash.domain.outbox import run_message
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.retention import (
    ChurnPredictions,
    EngagementProfiles,
    RiskLevel,
    RunState,
    ScoringRun,
    run_id_of,
)
from succotash.domain.risk import DEFAULT_RISK_RULE, RiskRule
from succotash.domain.values import MONEY_PLACES, Currency, Json, Money, SegmentId, require_aware
from succotash.errors import NotFoundError, SettingsError
from succotash.observation import Metric, count

UNIT = 10.0**MONEY_PLACES
"""Ten-thousandths in one unit of currency."""
DAYS_PER_MONTH = 365.25 / 12
VALUABLE_QUANTILE = 0.8
SHORTEST_HOLDOUT_DAYS = 7
CENTURY_DAYS = 36_525
RISK_NAMES = (RiskLevel.LOW.value, RiskLevel.MEDIUM.value, RiskLevel.HIGH.value)


@dataclass(frozen=True, slots=True)
class ScoringSettings:
    """What the numbers depend on besides the facts; kept with the run."""

    currency: Currency
    time_zone: str = "UTC"
    value_horizon_days: int = 365
    churn_horizon_days: int = 90
    discount_rate: float = 0.10
    """Per year."""
    margin: float = 1.0
    risk_rule: RiskRule = DEFAULT_RISK_RULE
    purchase_models: Sequence[Candidate] = DEFAULT_CANDIDATES
    """Which models compete in the backtest; where there is none, the first is used."""


class ScoringReport(TypedDict):
    """What a run did."""

    run_id: str
    as_of: datetime
    state: str
    customers: int
    models: Mapping[str, Json]
    backtest: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Columns:
    """Event-day histories as arrays, one row per customer."""

    frequency: Array
    recency: Array
    age: Array

    @classmethod
    def of(cls, histories: Histories) -> "Columns":
        """Without copying where the storage's columns allow it."""
        return cls(column(histories.frequency), column(histories.recency), column(histories.age))

    def sample(self) -> PurchaseSample:
        """Merged into weighted rows, to fit models to."""
        return PurchaseSample.from_columns(self.frequency, self.recency, self.age)


@dataclass(frozen=True, slots=True)
class Plan:
    """What every customer is scored with."""

    purchases: FittedPurchases
    """On purchase days: what is bought."""
    presence: FittedPurchases
    """On days with a purchase or activity: who stays."""
    spend: FittedSpend
    cuts: RiskThresholds
    bounds: Sequence[tuple[SegmentId, int]]
    """Least predicted CLV of each segment in ten-thousandths, ascending."""
    valuable_from: int
    """Least predicted CLV of the best fifth, in ten-thousandths."""


class ChurnScoring:
    """Scores all customers as of an instant. The clock is never read."""

    def __init__(self, storage: Storage, settings: ScoringSettings) -> None:
        self._storage = storage
        self._settings = settings

    def run(self, as_of: datetime) -> ScoringReport:
        """Fit, backtest, score and publish; later facts are ignored.

        A run that was published before, by an earlier delivery of the same event, is reported and
        left as it is, also where a later one has superseded it. RunInProgressError where it would
        come after a later run, or another one is running. SettingsError where an order or a
        segment's bound is in another currency than the settings'.
        """
        as_of = require_aware("time", as_of)
        repositories = self._storage.repositories
        if (published := self._published(repositories, as_of)) is not None:
            return published
        self._require_one_currency(repositories, as_of)
        # The storage answers one question while another is asked, or while numbers are made here.
        with ThreadPoolExecutor(max_workers=1) as beside:
            run, plan, customers = self._score(repositories, beside, as_of)
        self._storage.in_transaction(lambda inside: self._finish(inside, run, plan, customers))
        count(Metric.CUSTOMERS_SCORED, customers)
        return _report(repositories.retention.get_scoring_run(run.run_id))

    def _require_one_currency(self, repositories: Repositories, as_of: datetime) -> None:
        own = self._settings.currency
        ledger = repositories.ltv.get_currencies(as_of)
        if others := sorted(ledger - {own}):
            found = " and ".join(others)
            raise SettingsError(f"CURRENCY is {own}, but the ledger holds orders in {found}")
        for segment in repositories.ltv.get_all_ltv_segments():
            bound = segment.lower_bound
            if bound is not None and bound.currency != own:
                raise SettingsError(
                    f"CURRENCY is {own}, but the segment {segment.segment_id} has its bound in "
                    f"{bound.currency}"
                )

    def _score(
        self, repositories: Repositories, beside: Executor, as_of: datetime
    ) -> tuple[ScoringRun, Plan, int]:
        """Open the run and write all its rows; they are not visible yet."""
        zone = self._settings.time_zone
        reading = beside.submit(repositories.retention.activity_summaries, as_of, zone)
        purchases = repositories.ltv.purchase_histories(as_of, zone)
        activity = reading.result()
        bought, present = Columns.of(purchases.days), Columns.of(activity.days)
        holdout = self._hold_out(repositories, beside, as_of, bought, present)

        spend = _fit_spend(purchases, bought)
        tested = holdout.judged(self._settings.purchase_models)
        fitted_purchases = self._fit(bought, tested.purchases)
        fitted_presence = (
            fitted_purchases if _same(bought, present) else self._fit(present, tested.presence)
        )
        run = ScoringRun(
            run_id_of(as_of),
            as_of,
            RunState.RUNNING,
            self._settings_view(),
            _models_view(fitted_purchases, fitted_presence, spend),
            tested.view,
        )
        repositories.retention.open_scoring_run(run)
        grids = beside.submit(repositories.retention.build_retention_grids, run.run_id, as_of, zone)
        lifecycle = beside.submit(
            repositories.retention.build_lifecycle_counts, run.run_id, as_of, zone
        )
        valued = self._value(purchases, bought, fitted_purchases, spend, _seed(as_of))
        basis = RiskBasis.of(
            fitted_presence.model,
            present.frequency,
            present.recency,
            present.age,
            self._settings.churn_horizon_days,
        )
        plan = Plan(
            fitted_purchases,
            fitted_presence,
            spend,
            thresholds(self._settings.risk_rule, basis, np.ones_like(present.frequency)),
            _segment_bounds(repositories.ltv.get_all_ltv_segments(), valued.predicted),
            _quantile(valued.predicted, VALUABLE_QUANTILE),
        )
        values = self._customer_values(plan, purchases, bought, valued)
        predictions, profiles = self._predictions(plan, activity, present, basis, valued.by_id())

        repositories.ltv.save_customer_values(run.run_id, self._settings.currency, None, values)
        repositories.retention.save_churn_predictions(run.run_id, None, predictions)
        repositories.retention.save_engagement_profiles(run.run_id, None, profiles)
        grids.result()
        lifecycle.result()
        return run, plan, len(activity.days.customer_ids)

    def _published(self, repositories: Repositories, as_of: datetime) -> ScoringReport | None:
        try:
            run = repositories.retention.get_scoring_run(run_id_of(as_of))
        except NotFoundError:
            return None
        return None if run.state is RunState.RUNNING else _report(run)

    def _finish(
        self, repositories: Repositories, run: ScoringRun, plan: Plan, customers: int
    ) -> None:
        bounds = {
            segment_id: Money.of_units(units, self._settings.currency)
            for segment_id, units in plan.bounds
        }
        repositories.ltv.save_segment_bounds(run.run_id, bounds)
        repositories.ltv.build_rollups(run.run_id, run.as_of, self._settings.time_zone)
        repositories.retention.finish_scoring_run(run.run_id, customers)
        repositories.outbox.append([run_message(run.run_id, run.as_of, customers)])

    def _fit(self, known: Columns, comparison: Comparison | None) -> FittedPurchases:
        candidates = self._settings.purchase_models
        return fit_purchases(known.sample(), comparison, candidates=candidates)

    def _hold_out(
        self,
        repositories: Repositories,
        beside: Executor,
        as_of: datetime,
        bought: Columns,
        present: Columns,
    ) -> "Holdout":
        """Begin to read what was known before a cut, and what happened after it."""
        settings = self._settings
        span = max(
            (float(each.max()) for each in (bought.age, present.age) if len(each)), default=0.0
        )
        days = min(settings.churn_horizon_days, int(span // 2))
        if days < SHORTEST_HOLDOUT_DAYS:
            return Holdout(span)
        cut = as_of - timedelta(days=days)
        zone = settings.time_zone
        purchases = beside.submit(
            repositories.ltv.purchase_histories, cut, zone, holdout_until=as_of
        )
        # Where activity adds no day as of the run, it added none before the cut either.
        presence = (
            None
            if _same(bought, present)
            else beside.submit(
                repositories.retention.activity_summaries, cut, zone, holdout_until=as_of
            )
        )
        weeks = beside.submit(repositories.ltv.count_purchases_by_week, cut, as_of, zone)
        return Holdout(span, Cut(cut, days, purchases, presence, weeks))

    def _value(
        self,
        purchases: PurchaseHistories,
        bought: Columns,
        fitted: FittedPurchases,
        spend: FittedSpend,
        seed: Sequence[int],
    ) -> "Valued":
        settings = self._settings
        residual = discounted_residual(
            fitted.model,
            bought.frequency,
            bought.recency,
            bought.age,
            spend.model.expected_spend(bought.frequency, _mean_spend(purchases, bought)),
            horizon_days=settings.value_horizon_days,
            yearly_discount_rate=settings.discount_rate,
            margin=settings.margin,
        )
        low, high = value_interval(
            fitted,
            spend,
            bought.frequency,
            bought.recency,
            bought.age,
            _mean_spend(purchases, bought),
            residual,
            horizon_days=settings.value_horizon_days,
            margin=settings.margin,
            random=np.random.default_rng(seed),
        )
        actual = np.rint(column(purchases.revenue) * settings.margin).astype(np.int64)
        return Valued(
            purchases.days.customer_ids, actual, _units(residual), _units(low), _units(high)
        )

    def _customer_values(
        self, plan: Plan, purchases: PurchaseHistories, bought: Columns, valued: "Valued"
    ) -> CustomerValues:
        model = plan.purchases.model
        history = (bought.frequency, bought.recency, bought.age)
        orders = column(purchases.orders)
        average = np.rint(column(purchases.revenue) / np.maximum(orders, 1)).astype(np.int64)
        names = [segment_id for segment_id, _ in plan.bounds]
        places = np.searchsorted([units for _, units in plan.bounds], valued.predicted, "right")
        first_day = np.asarray(purchases.days.first_day, dtype=np.int64)
        months = first_day.astype("datetime64[D]").astype("datetime64[M]")
        return CustomerValues(
            customer_ids=purchases.days.customer_ids,
            actual_clv=valued.actual.tolist(),
            residual_value=valued.residual.tolist(),
            average_order_value=average.tolist(),
            order_count=purchases.orders,
            frequency=purchases.days.frequency,
            lifetime_months=(bought.age / DAYS_PER_MONTH).tolist(),
            probability_alive=model.probability_alive(*history).tolist(),
            expected_purchases_30=model.expected_purchases(*history, 30).tolist(),
            expected_purchases_90=model.expected_purchases(*history, 90).tolist(),
            expected_purchases_365=model.expected_purchases(*history, 365).tolist(),
            segment_ids=[names[max(place - 1, 0)] for place in places.tolist()],
            cohort_ids=months.astype(str).tolist(),
            first_purchase_at=purchases.first_purchase_at,
            last_purchase_at=purchases.last_purchase_at,
            residual_low=valued.residual_low.tolist(),
            residual_high=valued.residual_high.tolist(),
        )

    def _predictions(
        self,
        plan: Plan,
        activity: ActivitySummaries,
        present: Columns,
        basis: RiskBasis,
        predicted_by_id: Mapping[str, int],
    ) -> tuple[ChurnPredictions, EngagementProfiles]:
        ids = activity.days.customer_ids
        levels = risk_levels(self._settings.risk_rule, plan.cuts, basis)
        silent_days = present.age - present.recency
        seen = Engagement(
            present.frequency,
            silent_days,
            present.age,
            column(activity.sessions),
            column(activity.clicks),
            column(activity.conversions),
        )
        scores = engagement_scores(seen)
        first_day = np.asarray(activity.days.first_day, dtype=np.int64)
        last_day = first_day + present.recency.astype(np.int64)
        even_odds = plan.presence.model.age_at_even_odds(present.frequency, present.recency)
        predictions = ChurnPredictions(
            horizon_days=self._settings.churn_horizon_days,
            customer_ids=ids,
            churn_probability=basis.probability_silent.tolist(),
            probability_alive=basis.probability_alive.tolist(),
            risk_level=[RISK_NAMES[level] for level in levels.tolist()],
            risk_score=risk_scores(plan.cuts, levels, basis.probability_silent).tolist(),
            last_seen_on=last_day.astype("datetime64[D]").astype(str).tolist(),
            predicted_churn_date=_churn_dates(first_day, even_odds),
            reasons=_reasons(present, silent_days, basis, scores),
            engagement_score=scores.tolist(),
        )
        seconds, timed = column(activity.session_seconds), column(activity.timed_sessions)
        averages = (seconds / np.maximum(timed, 1)).tolist()
        valuable = np.fromiter(
            (predicted_by_id.get(each, -1) >= plan.valuable_from for each in ids), bool, len(ids)
        )
        profiles = EngagementProfiles(
            customer_ids=ids,
            sessions=activity.sessions,
            clicks=activity.clicks,
            conversions=activity.conversions,
            average_session_seconds=[
                average if count else None
                for average, count in zip(averages, activity.timed_sessions, strict=True)
            ],
            last_session_at=activity.last_session_at,
            interests=activity.interests,
            engagement_score=scores.tolist(),
            segment=engagement_segments(
                seen,
                at_high_risk=levels == HIGH,
                is_valuable=valuable,
                horizon_days=self._settings.churn_horizon_days,
            ),
        )
        return predictions, profiles

    def _settings_view(self) -> dict[str, Json]:
        settings = self._settings
        return {
            "currency": settings.currency,
            "time_zone": settings.time_zone,
            "value_horizon_days": settings.value_horizon_days,
            "churn_horizon_days": settings.churn_horizon_days,
            "discount_rate": settings.discount_rate,
            "margin": settings.margin,
            "risk_rule": dict(asdict(settings.risk_rule)),
            "purchase_models": [str(each) for each in settings.purchase_models],
        }


@dataclass(frozen=True, slots=True)
class Cut:
    """An instant that splits the histories, and both sides of it as they are being read."""

    at: datetime
    days: int
    """From the cut to the run."""
    purchases: Future[PurchaseHistories]
    presence: Future[ActivitySummaries] | None
    """None where it is the same as purchases."""
    weeks: Future[list[int]]
    """Purchases by week after the cut; the last one may be begun only."""


@dataclass(frozen=True, slots=True)
class Tested:
    """What the backtest found; no comparison where no time could be held out."""

    view: dict[str, Json]
    purchases: Comparison | None = None
    presence: Comparison | None = None


@dataclass(frozen=True, slots=True)
class Holdout:
    """Time held out to judge models fitted to what came before it."""

    span: float
    """Days of history there are."""
    cut: Cut | None = None
    """None where the span is too short."""

    def judged(self, candidates: Sequence[Candidate]) -> Tested:
        """The backtest of purchases and of presence, or why there is none."""
        if self.cut is None:
            return Tested(
                {"skipped": f"{self.span:.0f} days of history are too few to hold any out"}
            )
        cut = self.cut
        bought = cut.purchases.result()
        purchases = _judge(bought.days, cut.days, candidates)
        presence = purchases
        if cut.presence is not None:
            presence = _judge(cut.presence.result().days, cut.days, candidates)
        view: dict[str, Json] = {
            "cut": cut.at.isoformat(),
            "purchases": purchases.to_dict(),
            "presence": presence.to_dict(),
            "weekly": _track(purchases, bought, cut).to_dict(),
            "spend": _judge_spend(purchases, bought, cut),
        }
        return Tested(view, purchases, presence)


@dataclass(frozen=True, slots=True)
class Valued:
    """Values in ten-thousandths of the currency, one row per customer who bought."""

    customer_ids: Sequence[str]
    actual: NDArray[np.int64]
    residual: NDArray[np.int64]
    residual_low: NDArray[np.int64]
    residual_high: NDArray[np.int64]

    @property
    def predicted(self) -> NDArray[np.int64]:
        """Actual plus residual."""
        return self.actual + self.residual

    def by_id(self) -> dict[str, int]:
        """Predicted CLV by customer."""
        return dict(zip(self.customer_ids, self.predicted.tolist(), strict=True))


def _units(amounts: Array) -> NDArray[np.int64]:
    return np.rint(amounts * UNIT).astype(np.int64)


def _seed(as_of: datetime) -> tuple[int, ...]:
    """Of a run's chance: the same run, repeated, finds the same intervals."""
    return (abs(as_of.toordinal()), as_of.hour * 3600 + as_of.minute * 60 + as_of.second)


def _same(one: Columns, other: Columns) -> bool:
    """Whether two sets of histories are alike, as where no activity is recorded."""
    return all(
        np.array_equal(mine, theirs)
        for mine, theirs in (
            (one.frequency, other.frequency),
            (one.recency, other.recency),
            (one.age, other.age),
        )
    )


def _mean_spend(purchases: PurchaseHistories, bought: Columns) -> Array:
    """Money per repeat purchase day, in the currency's units; 0 where there is none."""
    return column(purchases.repeat_revenue) / UNIT / np.maximum(bought.frequency, 1.0)


def _fit_spend(purchases: PurchaseHistories, bought: Columns) -> FittedSpend:
    orders = column(purchases.orders).sum()
    revenue = column(purchases.revenue).sum() / UNIT
    return fit_spend(
        bought.frequency,
        _mean_spend(purchases, bought),
        average_order=float(revenue / orders) if orders else 0.0,
    )


def _track(winner: Comparison, purchases: PurchaseHistories, cut: Cut) -> Tracking:
    """Whole weeks only."""
    known = Columns.of(purchases.days).sample()
    return track(winner.best.fitted.model, known, cut.weeks.result()[: cut.days // 7])


def _judge_spend(winner: Comparison, purchases: PurchaseHistories, cut: Cut) -> dict[str, Json]:
    known = Columns.of(purchases.days)
    spend = _fit_spend(purchases, known)
    found = backtest_spend(
        winner.best.fitted.model,
        spend.model,
        known.frequency,
        known.recency,
        known.age,
        _mean_spend(purchases, known),
        holdout_purchases=column(purchases.days.holdout),
        holdout_revenue=column(purchases.holdout_revenue) / UNIT,
        holdout_days=cut.days,
    )
    return {"model": spend.model.name, "reason": spend.reason, **found.to_dict()}


def _judge(histories: Histories, days: int, candidates: Sequence[Candidate]) -> Comparison:
    known = Columns.of(histories)
    return compare(
        known.frequency,
        known.recency,
        known.age,
        holdout_purchases=column(histories.holdout),
        holdout_days=days,
        candidates=candidates,
    )


def _quantile(values: NDArray[np.int64], share: float) -> int:
    """The least value that at least `share` of all lie at or below; 0 where there is none."""
    return int(np.quantile(values, share, method="inverted_cdf")) if len(values) else 0


def _segment_bounds(
    segments: Sequence[LTVSegment], predicted: NDArray[np.int64]
) -> list[tuple[SegmentId, int]]:
    """Each segment's least predicted CLV, lowest segment first.

    The lowest quantile starts at nothing. Of equal bounds the higher quantile is the higher
    segment, then the greater id.
    """

    def bound(segment: LTVSegment) -> int:
        if segment.lower_bound is not None:
            return segment.lower_bound.units()
        return _quantile(predicted, segment.lower_quantile) if segment.lower_quantile else 0

    ranked = sorted(
        (bound(segment), segment.lower_quantile or 0.0, segment.segment_id) for segment in segments
    )
    return [(segment_id, units) for units, _, segment_id in ranked]


def _churn_dates(first_day: NDArray[np.int64], even_odds: Array) -> list[str | None]:
    """The day P(alive) falls to one half; None where that is never, or not within a century."""
    falls = even_odds < CENTURY_DAYS
    days = first_day + np.ceil(np.where(falls, even_odds, 0.0)).astype(np.int64)
    texts = days.astype("datetime64[D]").astype(str).tolist()
    return [text if known else None for text, known in zip(texts, falls.tolist(), strict=True)]


def _reasons(
    present: Columns, silent_days: Array, basis: RiskBasis, scores: NDArray[np.int64]
) -> list[tuple[str, ...]]:
    """In words and numbers; P(alive) only where the model lets a customer leave at all."""
    gaps = present.recency / np.maximum(present.frequency, 1.0)
    reasons: list[tuple[str, ...]] = []
    for silent, gap, repeats, alive, score in zip(
        silent_days.tolist(),
        gaps.tolist(),
        present.frequency.tolist(),
        basis.probability_alive.tolist(),
        scores.tolist(),
        strict=True,
    ):
        engagement = f"engagement {score} of 100"
        if repeats:
            silence = f"silent for {silent:.0f} days; usual gap {gap:.0f}"
            reasons.append((silence, f"still a customer with probability {alive:.2f}", engagement))
        else:
            reasons.append((f"seen on one day only, {silent:.0f} days ago", engagement))
    return reasons


def _models_view(
    purchases: FittedPurchases, presence: FittedPurchases, spend: FittedSpend
) -> dict[str, Json]:
    def view(fitted: FittedPurchases | FittedSpend) -> dict[str, Json]:
        return {
            "name": fitted.model.name,
            "parameters": dict(fitted.model.parameters()),
            "log_likelihood": fitted.log_likelihood,
            "reason": fitted.reason,
            "standard_errors": dict(fitted.precision.standard_errors) if fitted.precision else None,
            "imprecise_because": fitted.imprecise_because,
        }

    return {"purchases": view(purchases), "presence": view(presence), "spend": view(spend)}


def _report(run: ScoringRun) -> ScoringReport:
    return {
        "run_id": run.run_id,
        "as_of": run.as_of,
        "state": run.state,
        "customers": run.customers,
        "models": run.models,
        "backtest": run.backtest,
    }
