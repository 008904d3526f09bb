"""What every customer is scored with: found once in a run, kept with it, alike for all shards."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from succotash.domain.models.backtest import Tracking, backtest_spend, track
from succotash.domain.models.bg_nbd import BGNBD
from succotash.domain.models.churn import (
    SilenceComparison,
    SilenceModel,
    Source,
    choose_silence,
    purchases_beside,
)
from succotash.domain.models.gamma_gamma import GammaGamma
from succotash.domain.models.levels import RiskBasis, RiskThresholds, thresholds
from succotash.domain.models.likelihood import Precision
from succotash.domain.models.mbg_nbd import MBGNBD
from succotash.domain.models.pareto_nbd import ParetoNBD
from succotash.domain.models.pooled_rate import PooledRate, PooledSpend
from succotash.domain.models.purchases import Array, PurchaseModel, PurchaseSample, column
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
from succotash.domain.models.spend import SpendModel
from succotash.domain.models.value import discounted_residual
from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.risk import DEFAULT_RISK_RULE, RiskRule
from succotash.domain.value.ledgers import ActivitySummaries, Histories, PurchaseHistories
from succotash.domain.value.ltv import LTVSegment
from succotash.domain.values import (
    LARGEST_UNITS,
    MONEY_PLACES,
    SHARDS,
    Currency,
    Json,
    SegmentId,
    Shard,
)

UNIT = 10.0**MONEY_PLACES
"""Ten-thousandths in one unit of currency."""
_LARGEST_FLOAT = float(np.nextafter(2.0**63, 0.0))
"""The largest float that is an int64 too."""
VALUABLE_QUANTILE = 0.8
SHORTEST_HOLDOUT_DAYS = 7
PURCHASE_MODELS: Mapping[str, type[PurchaseModel]] = {
    "BG/NBD": BGNBD,
    "MBG/NBD": MBGNBD,
    "Pareto/NBD": ParetoNBD,
    "pooled rate": PooledRate,
}
SPEND_MODELS: Mapping[str, type[SpendModel]] = {
    "Gamma-Gamma": GammaGamma,
    "pooled spend": PooledSpend,
}


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
    publishes_worse: bool = False
    """Whether a run whose backtest is worse than the simple rule replaces the one before it."""
    runs_kept: int = 2
    """Superseded runs whose rows stay."""
    whole_limit: int = 50_000
    """Up to so many customers are read, and scored, all at once."""
    sample_customers: int = 200_000
    """With more, models are fitted to as many whole shards as hold this number; see ADR 10."""

    def view(self) -> dict[str, Json]:
        """As kept with the run."""
        return {
            "currency": self.currency,
            "time_zone": self.time_zone,
            "value_horizon_days": self.value_horizon_days,
            "churn_horizon_days": self.churn_horizon_days,
            "discount_rate": self.discount_rate,
            "margin": self.margin,
            "risk_rule": dict(asdict(self.risk_rule)),
            "purchase_models": [str(each) for each in self.purchase_models],
        }


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

    def is_like(self, other: "Columns") -> bool:
        """Whether both are the same histories, as where no activity is recorded."""
        return all(
            np.array_equal(mine, theirs)
            for mine, theirs in (
                (self.frequency, other.frequency),
                (self.recency, other.recency),
                (self.age, other.age),
            )
        )


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of some customers: all of them, or those of one or several shards.

    Whom the purchases leave out, because no total holds theirs, the activity leaves out too.
    """

    purchases: PurchaseHistories
    activity: ActivitySummaries

    @classmethod
    def read(
        cls,
        repositories: Repositories,
        beside: Executor,
        as_of: datetime,
        time_zone: str,
        shard: Shard | None,
    ) -> "Facts":
        """Both ledgers at the same time."""
        reading = beside.submit(
            repositories.retention.activity_summaries, as_of, time_zone, shard=shard
        )
        purchases = repositories.ltv.purchase_histories(as_of, time_zone, shard=shard)
        activity = reading.result()
        if purchases.left_out:
            activity = activity.without(purchases.left_out)
        return cls(purchases, activity)


@dataclass(frozen=True, slots=True)
class Sample:
    """What models are fitted to."""

    purchases: PurchaseHistories
    presence: Histories
    shards: Sequence[Shard | None]
    """Whose customers they are; only None where they are everybody."""
    whole: Facts | None
    """Everything about everybody, where that was read at once."""

    @classmethod
    def read(
        cls,
        repositories: Repositories,
        beside: Executor,
        settings: ScoringSettings,
        as_of: datetime,
    ) -> "Sample":
        """All of a small deployment; of a larger one, as many shards as are enough."""

        def facts(shard: Shard | None) -> Facts:
            return Facts.read(repositories, beside, as_of, settings.time_zone, shard)

        found = [facts(Shard(0, SHARDS))]

        def customers() -> int:
            return sum(len(each.activity.days.customer_ids) for each in found)

        if SHARDS * customers() <= settings.whole_limit:
            whole = facts(None)
            return cls(whole.purchases, whole.activity.days, [None], whole)
        while len(found) < SHARDS and customers() < settings.sample_customers:
            found.append(facts(Shard(len(found), SHARDS)))
        return cls(
            joined_purchases([each.purchases for each in found]),
            joined_histories([each.activity.days for each in found]),
            [Shard(index, SHARDS) for index in range(len(found))],
            None,
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """What every customer is scored with."""

    purchases: FittedPurchases
    """On purchase days: what is bought."""
    presence: FittedPurchases
    """On days with a purchase or activity: who stays."""
    spend: FittedSpend
    silence: SilenceModel
    """Whose probability of silence is a customer's churn probability."""
    cuts: RiskThresholds
    bounds: Sequence[tuple[SegmentId, int]]
    """Least predicted CLV of each segment in ten-thousandths, ascending."""
    valuable_from: int
    """Least predicted CLV of the best fifth, in ten-thousandths."""

    def to_dict(self) -> dict[str, Json]:
        """As kept with the run."""
        return {
            "purchases": _fitted_to_dict(self.purchases),
            "presence": _fitted_to_dict(self.presence),
            "spend": _fitted_to_dict(self.spend),
            "silence": self.silence.to_dict(),
            "low_up_to": self.cuts.low_up_to,
            "high_from": self.cuts.high_from,
            "bounds": [[segment_id, units] for segment_id, units in self.bounds],
            "valuable_from": self.valuable_from,
        }

    @classmethod
    def of_dict(cls, kept: Mapping[str, Json]) -> "Plan":
        """What `to_dict` gave; TypeError for anything else."""
        match kept:
            case {
                "purchases": dict(purchases),
                "presence": dict(presence),
                "spend": dict(spend),
                "low_up_to": int() | float() as low_up_to,
                "high_from": int() | float() as high_from,
                "bounds": list(bounds),
                "valuable_from": int(valuable_from),
            }:
                return cls(
                    _purchases_of_dict(purchases),
                    _purchases_of_dict(presence),
                    _spend_of_dict(spend),
                    SilenceModel.of_dict(kept.get("silence")),
                    RiskThresholds(float(low_up_to), float(high_from)),
                    [_bound_of(each) for each in bounds],
                    valuable_from,
                )
            case _:
                raise TypeError(kept)

    def models_view(self, sampled: int | None) -> dict[str, Json]:
        """For people: what the models are and why, and how many customers they were fitted to."""
        view: dict[str, Json] = {
            "purchases": _fitted_view(self.purchases),
            "presence": _fitted_view(self.presence),
            "spend": _fitted_view(self.spend),
            "churn": self.silence.to_dict(),
        }
        return view if sampled is None else view | {"fitted_to_customers": sampled}


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and what the backtest says of it."""

    plan: Plan
    sample: Sample
    backtest: dict[str, Json]
    is_worse_than_simple: bool
    """Whether P(silent) was worse on held-out time than saying the overall share of everybody."""


def make_plan(
    repositories: Repositories, beside: Executor, settings: ScoringSettings, as_of: datetime
) -> Planned:
    """Fit the models, judge them, and find the cuts of risk levels and segments."""
    sample = Sample.read(repositories, beside, settings, as_of)
    bought, present = Columns.of(sample.purchases.days), Columns.of(sample.presence)
    tested = _tested(repositories, beside, settings, as_of, sample, bought, present)
    candidates = settings.purchase_models
    purchases = fit_purchases(bought.sample(), tested.purchases, candidates=candidates)
    presence = (
        purchases
        if bought.is_like(present)
        else fit_purchases(present.sample(), tested.presence, candidates=candidates)
    )
    spend = _fit_spend(sample.purchases, bought)
    predicted = valued(settings, sample.purchases, purchases.model, spend.model).predicted
    silence = SilenceModel() if tested.churn is None else tested.churn.chosen
    days = settings.churn_horizon_days
    basis = risk_basis(
        silence, purchases.model, presence.model, sample.purchases.days, sample.presence, days
    )
    plan = Plan(
        purchases,
        presence,
        spend,
        silence,
        thresholds(settings.risk_rule, basis, np.ones_like(present.frequency)),
        _segment_bounds(repositories.ltv.get_all_ltv_segments(), predicted),
        _quantile(predicted, VALUABLE_QUANTILE),
    )
    skill = None if tested.churn is None else tested.churn.best.brier_skill
    return Planned(plan, sample, tested.view, skill is not None and skill < 0)


def risk_basis(
    silence: SilenceModel,
    purchases: PurchaseModel,
    presence: PurchaseModel,
    bought: Histories,
    present: Histories,
    days: float,
) -> RiskBasis:
    """What risk is judged by, one row for each customer of `present`."""
    seen = Columns.of(present)
    basis = RiskBasis.of(presence, seen.frequency, seen.recency, seen.age, days)
    if silence.source is Source.PRESENCE:
        return basis
    beside = _beside(purchases, bought, present, days)
    return replace(basis, probability_silent=silence.probability(basis.probability_silent, beside))


def _beside(model: PurchaseModel, bought: Histories, present: Histories, days: float) -> Array:
    """The purchase model's P(silent) for each customer of `present`; NaN for who never bought."""
    known = Columns.of(bought)
    said = model.probability_silent(known.frequency, known.recency, known.age, days)
    return purchases_beside(present.customer_ids, bought.customer_ids, said)


@dataclass(frozen=True, slots=True)
class Valued:
    """Expected values, one row per customer who bought."""

    residual: Array
    """In units of the currency."""
    actual: NDArray[np.int64]
    """In ten-thousandths."""

    @property
    def residual_units(self) -> NDArray[np.int64]:
        """In ten-thousandths; no more than these can count together with what there is."""
        room: NDArray[np.int64] = LARGEST_UNITS - np.maximum(self.actual, 0)
        return np.minimum(units(self.residual), room)

    @property
    def predicted(self) -> NDArray[np.int64]:
        """Actual plus residual, in ten-thousandths."""
        return self.actual + self.residual_units


def valued(
    settings: ScoringSettings,
    purchases: PurchaseHistories,
    model: PurchaseModel,
    spend: SpendModel,
) -> Valued:
    """What these customers have brought, and are still expected to bring."""
    bought = Columns.of(purchases.days)
    residual = discounted_residual(
        model,
        bought.frequency,
        bought.recency,
        bought.age,
        spend.expected_spend(bought.frequency, mean_spend(purchases, bought)),
        horizon_days=settings.value_horizon_days,
        yearly_discount_rate=settings.discount_rate,
        margin=settings.margin,
    )
    # Of opposite signs, so that 64 bits hold the sum of any two of them.
    brought = np.array(purchases.revenue, np.int64) + np.array(purchases.over_refunds, np.int64)
    # Floats hold 53 bits: without a margin to take, none is lost.
    actual = brought if settings.margin == 1 else _counted(column(brought) * settings.margin)
    return Valued(residual, actual)


def units(amounts: Array) -> NDArray[np.int64]:
    """Whole ten-thousandths; what none can count is the most that they can."""
    return _counted(amounts * UNIT)


def _counted(ten_thousandths: Array) -> NDArray[np.int64]:
    return np.rint(np.clip(ten_thousandths, -_LARGEST_FLOAT, _LARGEST_FLOAT)).astype(np.int64)


def mean_spend(purchases: PurchaseHistories, bought: Columns) -> Array:
    """Money per repeat purchase day, in the currency's units; 0 where there is none."""
    return column(purchases.repeat_revenue) / UNIT / np.maximum(bought.frequency, 1.0)


def joined_histories(parts: Iterable[Histories]) -> Histories:
    """The customers of several shards together."""
    joined = Histories([], *(array("q") for _ in range(5)))
    for part in parts:
        _extend(joined, part)
    return joined


def joined_purchases(parts: Sequence[PurchaseHistories]) -> PurchaseHistories:
    """The customers of several shards together."""
    days = joined_histories(part.days for part in parts)
    joined = PurchaseHistories(
        days, array("q"), array("q"), array("q"), [], [], array("q"), array("q"), []
    )
    for part in parts:
        _extend(joined, part)
    return joined


def _extend[Table: (Histories, PurchaseHistories)](joined: Table, part: Table) -> None:
    """Put the part's columns behind those that there are; `days` are a table of their own."""
    for each in fields(part):
        if each.name != "days":
            getattr(joined, each.name).extend(getattr(part, each.name))


@dataclass(frozen=True, slots=True)
class _Tested:
    """What the backtest found; no comparison where no time could be held out."""

    view: dict[str, Json]
    purchases: Comparison | None = None
    presence: Comparison | None = None
    churn: SilenceComparison | None = None


def _tested(
    repositories: Repositories,
    beside: Executor,
    settings: ScoringSettings,
    as_of: datetime,
    sample: Sample,
    bought: Columns,
    present: Columns,
) -> _Tested:
    """Fit the candidates to what was known before a cut, and judge them on what came after it."""
    span = max((float(each.max()) for each in (bought.age, present.age) if len(each)), default=0.0)
    days = min(settings.churn_horizon_days, int(span // 2))
    if days < SHORTEST_HOLDOUT_DAYS:
        return _Tested({"skipped": f"{span:.0f} days of history are too few to hold any out"})
    cut, zone = as_of - timedelta(days=days), settings.time_zone
    # Where activity adds no day as of the run, it added none before the cut either.
    reading = (
        None
        if bought.is_like(present)
        else beside.submit(_presence, repositories, cut, as_of, zone, sample.shards)
    )
    held_out = joined_purchases(
        [
            repositories.ltv.purchase_histories(cut, zone, shard=shard, holdout_until=as_of)
            for shard in sample.shards
        ]
    )
    weeks = [
        repositories.ltv.count_purchases_by_week(cut, as_of, zone, shard=shard)
        for shard in sample.shards
    ]
    purchases = _judge(held_out.days, days, settings.purchase_models)
    presence, histories = purchases, held_out.days
    if reading is not None:
        histories = reading.result().without(held_out.left_out)
        presence = _judge(histories, days, settings.purchase_models)
    churn = _judge_silence(purchases, presence, held_out.days, histories, days)
    view: dict[str, Json] = {
        "cut": cut.isoformat(),
        "purchases": purchases.to_dict(),
        "presence": presence.to_dict(),
        "churn": churn.to_dict(),
        "weekly": _track(purchases, held_out, days, weeks).to_dict(),
        "spend": _judge_spend(purchases, held_out, days),
    }
    return _Tested(view, purchases, presence, churn)


def _presence(
    repositories: Repositories,
    cut: datetime,
    as_of: datetime,
    time_zone: str,
    shards: Iterable[Shard | None],
) -> Histories:
    return joined_histories(
        [
            repositories.retention.activity_summaries(
                cut, time_zone, shard=shard, holdout_until=as_of
            ).days
            for shard in shards
        ]
    )


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


def _judge_silence(
    purchases: Comparison, presence: Comparison, bought: Histories, present: Histories, days: int
) -> SilenceComparison:
    known = Columns.of(present)
    said = presence.best.fitted.model.probability_silent(
        known.frequency, known.recency, known.age, days
    )
    beside = _beside(purchases.best.fitted.model, bought, present, days)
    return choose_silence(said, beside, column(present.holdout) == 0)


def _track(
    winner: Comparison, purchases: PurchaseHistories, days: int, weeks: Sequence[Sequence[int]]
) -> Tracking:
    """Whole weeks only."""
    known = Columns.of(purchases.days).sample()
    together = [sum(each) for each in zip(*weeks, strict=True)]
    return track(winner.best.fitted.model, known, together[: days // 7])


def _judge_spend(winner: Comparison, purchases: PurchaseHistories, days: int) -> dict[str, Json]:
    known = Columns.of(purchases.days)
    spend = _fit_spend(purchases, known)
    found = backtest_spend(
        winner.best.fitted.model,
        spend.model,
        known.frequency,
        known.recency,
        known.age,
        mean_spend(purchases, known),
        holdout_purchases=column(purchases.days.holdout),
        holdout_revenue=column(purchases.holdout_revenue) / UNIT,
        holdout_days=days,
    )
    return {"model": spend.model.name, "reason": spend.reason, **found.to_dict()}


def _fit_spend(purchases: PurchaseHistories, bought: Columns) -> FittedSpend:
    orders = column(purchases.orders).sum()
    revenue = column(purchases.revenue).sum() / UNIT
    return fit_spend(
        bought.frequency,
        mean_spend(purchases, bought),
        average_order=float(revenue / orders) if orders else 0.0,
    )


def _quantile(values: NDArray[np.int64], share: float) -> int:
    """The least value that at least `share` of all lie at or below; 0 where there is none."""
    return int(np.quantile(values, share, method="inverted_cdf")) if len(values) else 0


def _segment_bounds(
    segments: Sequence[LTVSegment], predicted: NDArray[np.int64]
) -> list[tuple[SegmentId, int]]:
    """Each segment's least predicted CLV, lowest segment first.

    The lowest quantile starts at nothing, or at the least of all where that is below. Of equal
    bounds the higher quantile is the higher segment, then the greater id.
    """
    lowest = min(0, int(predicted.min())) if len(predicted) else 0

    def bound(segment: LTVSegment) -> int:
        if segment.lower_bound is not None:
            return segment.lower_bound.units()
        return _quantile(predicted, segment.lower_quantile) if segment.lower_quantile else lowest

    ranked = sorted(
        (bound(segment), segment.lower_quantile or 0.0, segment.segment_id) for segment in segments
    )
    return [(segment_id, least) for least, _, segment_id in ranked]


def _fitted_view(fitted: FittedPurchases | FittedSpend) -> dict[str, Json]:
    return {
        "name": fitted.model.name,
        "parameters": dict(fitted.model.parameters()),
        "log_likelihood": fitted.log_likelihood,
        "reason": fitted.reason,
        "standard_errors": dict(fitted.precision.standard_errors) if fitted.precision else None,
        "imprecise_because": fitted.imprecise_because,
    }


def _fitted_to_dict(fitted: FittedPurchases | FittedSpend) -> dict[str, Json]:
    precision = fitted.precision
    return _fitted_view(fitted) | {
        "log_covariance": None if precision is None else precision.log_covariance.tolist()
    }


type _Parts = tuple[dict[str, float], float | None, str, Precision | None, str | None]


def _parts_of(kept: Mapping[str, Json]) -> _Parts:
    match kept:
        case {
            "parameters": dict(parameters),
            "log_likelihood": (int() | float() | None) as log_likelihood,
            "reason": str(reason),
            "standard_errors": (dict() | None) as errors,
            "log_covariance": (list() | None) as covariance,
            "imprecise_because": (str() | None) as imprecise_because,
        }:
            precision = None
            if errors is not None and covariance is not None:
                matrix = np.array(covariance, dtype=np.float64)
                precision = Precision(matrix, _numbers(errors))
            return _numbers(parameters), log_likelihood, reason, precision, imprecise_because
        case _:
            raise TypeError(kept)


def _purchases_of_dict(kept: Mapping[str, Json]) -> FittedPurchases:
    parameters, log_likelihood, reason, precision, imprecise_because = _parts_of(kept)
    model = PURCHASE_MODELS[str(kept["name"])](**parameters)
    return FittedPurchases(model, log_likelihood, reason, precision, imprecise_because)


def _spend_of_dict(kept: Mapping[str, Json]) -> FittedSpend:
    parameters, log_likelihood, reason, precision, imprecise_because = _parts_of(kept)
    model = SPEND_MODELS[str(kept["name"])](**parameters)
    return FittedSpend(model, log_likelihood, reason, precision, imprecise_because)


def _numbers(kept: Mapping[str, Json]) -> dict[str, float]:
    return {name: float(value) for name, value in kept.items() if isinstance(value, int | float)}


def _bound_of(kept: Json) -> tuple[SegmentId, int]:
    match kept:
        case [str(segment_id), int(least)]:
            return SegmentId(segment_id), least
        case _:
            raise TypeError(kept)
