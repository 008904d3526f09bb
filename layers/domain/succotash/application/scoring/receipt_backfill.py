"""Seals receipts of months that have passed, by what was known then."""

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import date, datetime
from typing import TypedDict

from succotash.application.days import start_of_day
from succotash.application.scoring.ledgers import LedgerSnapshot, Sample
from succotash.application.scoring.plan import make_plan
from succotash.application.scoring.receipts import forecast_tallies, month_of, seal
from succotash.application.scoring.settings import ScoringSettings
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.retention.retention import run_id_of
from succotash.domain.values import SHARDS, Shard

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_NEXT_MONTH = 32
"""Days from the first of a month that lead into the next one."""


class BackfillReport(TypedDict):
    """The result of a backfill."""

    months: list[date]
    """The first days of those that have a receipt now and had none."""


class ReceiptBackfill:
    """Makes a receipt for each past month, as its first run would have."""

    def __init__(self, storage: Storage, settings: ScoringSettings) -> None:
        self._storage = storage
        self._settings = settings

    def run(self, as_of: datetime) -> BackfillReport:
        """Seal the months that began before then, from the second one of the ledger.

        Each is judged as of its first instant, later facts ignored; what came late, or was
        refunded since, counts. Months with a receipt keep it.
        """
        with ThreadPoolExecutor(max_workers=1) as executor:
            return {
                "months": [
                    month for month in self._months(executor, as_of) if self._fill(executor, month)
                ]
            }

    def _months(self, executor: Executor, as_of: datetime) -> Iterator[date]:
        sample = Sample.read(self._storage.repositories, executor, self._settings, as_of)
        days = sample.activity.first_day
        if not days:
            return
        month = _next(date.fromordinal(min(days) + _EPOCH_ORDINAL).replace(day=1))
        while month < month_of(as_of, self._settings.time_zone):
            yield month
            month = _next(month)

    def _fill(self, executor: Executor, month: date) -> bool:
        repositories, settings = self._storage.repositories, self._settings
        if repositories.retention.has_receipt(month):
            return False
        as_of = start_of_day(month, settings.time_zone)
        found = make_plan(repositories, executor, settings, as_of)
        models, tenths = found.plan.forecast_models, found.plan.tenths
        if tenths is None:  # another one sealed it meanwhile
            return False
        whole, zone = found.sample.whole, settings.time_zone
        shards = [None] if whole is not None else [Shard(index, SHARDS) for index in range(SHARDS)]
        tallies = {
            shard: forecast_tallies(
                models,
                tenths,
                whole or LedgerSnapshot.read(repositories, executor, as_of, zone, shard),
            )
            for shard in shards
        }

        def keep(within: Repositories) -> None:
            # At once: a run that finishes meanwhile removes what no receipt holds.
            for shard, each in tallies.items():
                within.retention.save_forecast_tallies(run_id_of(as_of), shard, each)
            seal(within, settings, models, tenths, as_of, is_backfilled=True)

        self._storage.in_transaction(keep)
        return True


def _next(month: date) -> date:
    return date.fromordinal(month.toordinal() + _NEXT_MONTH).replace(day=1)
