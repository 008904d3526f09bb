"""Seals what a month's first run foresees, and grades it when the days have passed."""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np

from succotash.application.scoring.fitted_models import (
    fitted_to_dict,
    purchases_of_dict,
    spend_of_dict,
)
from succotash.application.scoring.ledgers import Columns, LedgerSnapshot
from succotash.application.scoring.settings import ScoringSettings
from succotash.application.scoring.valuation import UNIT, inactivity_basis, mean_spend
from succotash.domain.models.churn import InactivityModel
from succotash.domain.models.forecasts import Column, TenthEdges
from succotash.domain.models.purchases import Array, column
from succotash.domain.models.selection import FittedPurchases, FittedSpend
from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.receipts import (
    RECEIPT_DAYS,
    DueGrading,
    ForecastReceipt,
    Measure,
    Tally,
)
from succotash.domain.retention.retention import run_id_of
from succotash.domain.value.ledgers import Histories, PurchaseHistories
from succotash.domain.values import Json, RunId, Shard


@dataclass(frozen=True, slots=True)
class ForecastModels:
    """The models that predict purchases, revenue and inactivity."""

    purchases: FittedPurchases
    activity: FittedPurchases
    spend: FittedSpend
    inactivity: InactivityModel

    def forecasts(
        self, bought: PurchaseHistories, present: Histories, days: Sequence[int] = RECEIPT_DAYS
    ) -> dict[Column, Array]:
        """Forecast purchases of all buyers, and inactivity of everybody who did anything."""
        known = Columns.of(bought.days)
        history = known.frequency, known.recency, known.age
        spend = self.spend.model.expected_spend(known.frequency, mean_spend(bought, known))
        found: dict[Column, Array] = {}
        for each in days:
            expected = self.purchases.model.expected_purchases(*history, each)
            found[each, Measure.PURCHASES] = expected
            found[each, Measure.REVENUE] = expected * spend
            signs = inactivity_basis(
                self.purchases.model, self.activity.model, bought.days, present, each
            )
            found[each, Measure.INACTIVITY] = self.inactivity.probability(signs)
        return found

    def to_dict(self, edges: TenthEdges) -> dict[str, Json]:
        """Serialised to be stored with the receipt."""
        return {
            "purchases": fitted_to_dict(self.purchases),
            "presence": fitted_to_dict(self.activity),
            "spend": fitted_to_dict(self.spend),
            "inactivity": self.inactivity.to_dict(),
            "edges": edges.to_dict(),
        }

    @classmethod
    def of_dict(cls, kept: Mapping[str, Json]) -> tuple["ForecastModels", TenthEdges]:
        """Read forecasts from the output of `to_dict`; TypeError for anything else."""
        match kept:
            case {
                "purchases": dict(purchases),
                "presence": dict(activity),
                "spend": dict(spend),
                "inactivity": inactivity,
                "edges": edges,
            }:
                return cls(
                    purchases_of_dict(purchases),
                    purchases_of_dict(activity),
                    spend_of_dict(spend),
                    InactivityModel.of_dict(inactivity),
                ), TenthEdges.of_dict(edges)
            case _:
                raise TypeError(kept)


def month_of(as_of: datetime, time_zone: str) -> date:
    """The first day of the month, in this zone."""
    return as_of.astimezone(ZoneInfo(time_zone)).date().replace(day=1)


def due_gradings(
    repositories: Repositories, settings: ScoringSettings, as_of: datetime
) -> list[tuple[RunId, int]]:
    """Receipts, by run and days, that can be graded as of then.

    Those of another currency cannot, nor those whose models this release does not read.
    """
    return [
        (each.receipt.run_id, each.days)
        for each in repositories.retention.get_due_gradings(as_of)
        if each.receipt.settings.get("currency") == settings.currency and _is_readable(each)
    ]


def forecast_tallies(
    models: ForecastModels, tenths: TenthEdges, facts: LedgerSnapshot
) -> list[Tally]:
    """Sum the forecasts of these customers, by tenths of everybody."""
    forecasts = models.forecasts(facts.purchases, facts.activity.days)
    return tenths.tallies(forecasts, forecasts)


def save_outcomes(
    repositories: Repositories,
    executor: Executor,
    as_of: datetime,
    gradings: Collection[tuple[RunId, int]],
    shard: Shard | None,
) -> None:
    """Save what came of the customers of a shard, by the tenths of what was foreseen of them."""
    for due in repositories.retention.get_due_gradings(as_of) if gradings else ():
        if (due.receipt.run_id, due.days) in gradings:
            tallies = _outcomes(repositories, executor, due, shard)
            repositories.retention.save_outcome_tallies(
                due.receipt.run_id, due.days, shard, tallies
            )


def seal(
    repositories: Repositories,
    settings: ScoringSettings,
    models: ForecastModels,
    tenths: TenthEdges,
    as_of: datetime,
    *,
    is_backfilled: bool = False,
) -> None:
    """Keep what was foreseen as of then as the receipt of its month, which had none."""
    receipt = ForecastReceipt(
        run_id_of(as_of),
        month_of(as_of, settings.time_zone),
        as_of,
        is_backfilled,
        settings.view(),
        models.to_dict(tenths),
    )
    repositories.retention.seal_receipt(receipt, RECEIPT_DAYS)


def _is_readable(due: DueGrading) -> bool:
    try:
        ForecastModels.of_dict(due.receipt.models)
    except (TypeError, ValueError, KeyError):
        return False
    return True


def _outcomes(
    repositories: Repositories, executor: Executor, due: DueGrading, shard: Shard | None
) -> list[Tally]:
    receipt, days = due.receipt, due.days
    models, edges = ForecastModels.of_dict(receipt.models)
    zone, until = str(receipt.settings["time_zone"]), receipt.ends_at(days)
    reading = executor.submit(
        repositories.retention.activity_summaries,
        receipt.as_of,
        zone,
        shard=shard,
        holdout_until=until,
    )
    bought = repositories.ltv.purchase_histories(
        receipt.as_of, zone, shard=shard, holdout_until=until
    )
    present = reading.result().without(bought.left_out).days
    came = {
        (days, Measure.PURCHASES): column(bought.days.holdout),
        (days, Measure.REVENUE): column(bought.holdout_revenue) / UNIT,
        (days, Measure.INACTIVITY): (column(present.holdout) == 0).astype(np.float64),
    }
    return edges.tallies(models.forecasts(bought, present, [days]), came)
