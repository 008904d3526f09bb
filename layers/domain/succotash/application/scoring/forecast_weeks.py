"""Forecasts of receipts for single weeks, and the outcomes of those that are over."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

import numpy as np

from succotash.application.scoring.ledgers import Columns
from succotash.application.scoring.receipts import ForecastModels
from succotash.application.scoring.settings import ScoringSettings
from succotash.application.scoring.valuation import mean_spend
from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.receipts import RECEIPT_WEEKS, WeekTally
from succotash.domain.value.ledgers import PurchaseHistories
from succotash.domain.values import MONEY_PLACES, MONEY_UNIT, RunId, Shard


def forecast_weeks(models: ForecastModels, bought: PurchaseHistories) -> list[WeekTally]:
    """Forecast these customers' purchases for each week that a receipt looks ahead."""
    known = Columns.of(bought.days)
    history = known.frequency, known.recency, known.age
    spend = models.spend.model.expected_spend(known.frequency, mean_spend(bought, known))
    purchases, revenue = [0.0], [0.0]
    for week in range(1, RECEIPT_WEEKS + 1):
        expected = models.purchases.model.expected_purchases(*history, 7.0 * week)
        purchases.append(float(expected.sum()))
        revenue.append(float((expected * spend).sum()))
    return [
        WeekTally(week, _rounded(more), _rounded(brought))
        for week, (more, brought) in enumerate(
            zip(np.diff(purchases).tolist(), np.diff(revenue).tolist(), strict=True), 1
        )
    ]


def due_weeks(
    repositories: Repositories, settings: ScoringSettings, as_of: datetime
) -> list[tuple[RunId, int]]:
    """Receipts, by run, of which so many weeks are over as of then, more than are counted.

    Those of another currency cannot.
    """
    return [
        (each.receipt.run_id, each.over)
        for each in repositories.retention.get_due_weeks(as_of)
        if each.receipt.settings.get("currency") == settings.currency
    ]


def save_weeks(
    repositories: Repositories,
    as_of: datetime,
    due: Collection[tuple[RunId, int]],
    shard: Shard | None,
) -> None:
    """Save what came of the customers of a shard in the weeks that are over, as of then."""
    weeks = dict(due)
    for each in repositories.retention.get_due_weeks(as_of) if due else ():
        receipt = each.receipt
        if receipt.run_id not in weeks:
            continue
        counted = range(each.counted, weeks[receipt.run_id])
        found = repositories.ltv.count_purchases_by_week(
            receipt.as_of,
            as_of,
            str(receipt.settings["time_zone"]),
            weeks=counted,
            shard=shard,
        )
        repositories.retention.save_outcome_weeks(
            receipt.run_id,
            shard,
            [
                WeekTally(
                    place + 1, Decimal(came.days), Decimal(came.revenue).scaleb(-MONEY_PLACES)
                )
                for place, came in zip(counted, found, strict=True)
            ],
        )


def _rounded(number: float) -> Decimal:
    return Decimal(number).quantize(MONEY_UNIT)
