"""The scheduled run: plan it, score every customer, publish all at once.

The three steps can be taken one by one, by a state machine that scores shards side by side, or all
in one go. Each may be repeated, and a run that broke off goes on where it stood.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import datetime
from typing import TypedDict

from succotash.application.scoring.executors import SerialExecutor
from succotash.application.scoring.forecast_weeks import forecast_weeks, save_weeks
from succotash.application.scoring.ledgers import LedgerSnapshot
from succotash.application.scoring.plan import Plan, PlanResult, make_plan
from succotash.application.scoring.receipt_backfill import BackfillReport, ReceiptBackfill
from succotash.application.scoring.receipts import forecast_tallies, save_outcomes, seal
from succotash.application.scoring.run_views import RunWarningView, run_warnings
from succotash.application.scoring.settings import ScoringSettings
from succotash.application.scoring.shards import (
    customer_values,
    predictions_and_profiles,
    seed_of,
)
from succotash.domain.messages.outbox import run_message
from succotash.domain.repositories.customers import TOMBSTONES_TOLD
from succotash.domain.repositories.delivery import NOBODY_TO_WAKE, RelayWaker
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.retention.retention import INITIAL_RUN, RunState, ScoringRun, run_id_of
from succotash.domain.scoring.progress import RunStage
from succotash.domain.scoring.warnings import RunWarnings
from succotash.domain.value.ledgers import CLOCK_TOLERANCE
from succotash.domain.values import (
    SHARDS,
    Clock,
    Json,
    Money,
    RunId,
    Shard,
    require_aware,
    system_clock,
)
from succotash.errors import ConflictError, InvalidInputError, NotFoundError, SettingsError
from succotash.observation import Metric, count


class IncompleteRunError(ConflictError):
    """A run cannot be finished before all of its shards are scored."""


class ScoringReport(TypedDict):
    """The result of a run."""

    run_id: str
    as_of: datetime
    state: str
    customers: int
    warnings: list[RunWarningView]
    models: Mapping[str, Json]
    backtest: Mapping[str, Json]


class PlanReport(TypedDict):
    """The shards of a run that are left to score."""

    run_id: str
    state: str
    """`running` while there is something to do; otherwise the outcome of the run."""
    shards: list[int]
    """Not scored yet."""


class ShardReport(TypedDict):
    """The result of scoring a shard."""

    run_id: str
    shard: int
    customers: int


class ChurnScoring:
    """Scores all customers as of an instant."""

    def __init__(
        self,
        storage: Storage,
        settings: ScoringSettings,
        clock: Clock = system_clock,
        settle: Callable[[], object] = lambda: None,
        waker: RelayWaker = NOBODY_TO_WAKE,
    ) -> None:
        """The clock is only asked whether that instant has come.

        `settle` is done before a run is planned: it makes those customers one who are. `waker`
        is told once a run is published.
        """
        self._waker = waker
        self._storage = storage
        self._settings = settings
        self._clock = clock
        self._settle = settle

    def run(self, as_of: datetime) -> ScoringReport:
        """Plan, score and publish in one go; later facts are ignored.

        A run that was published before, by an earlier delivery of the same event, is reported and
        left as it is, also where a later one has superseded it. RunInProgressError where it would
        come after a later run, or another one is running. SettingsError where an order or a
        segment's bound is in another currency than the settings'. InvalidInputError for an instant
        still to come, which would keep every run before it from being published.
        """
        as_of = self._require_past(as_of)
        with ThreadPoolExecutor(max_workers=1) as executor:
            run, planned = self._open(executor, as_of)
            if run.state is not RunState.RUNNING:
                return _report(run)
            if planned is not None and planned.sample.whole is not None:
                return self._score_whole(executor, run, planned.plan, planned.sample.whole)
            for shard in self._shards_left(run.run_id):
                self._score_shard(executor, run, shard)
        return self.finish(run.run_id)

    def backfill_receipts(self, as_of: datetime) -> BackfillReport:
        """Seal a forecast receipt of each month before, as its first run would have.

        The next run grades them. InvalidInputError for an instant still to come.
        """
        as_of = self._require_past(as_of)
        self._settle()
        return ReceiptBackfill(self._storage, self._settings).run(as_of)

    def plan(self, as_of: datetime) -> PlanReport:
        """Open the run as of this instant with its models; what is left to do.

        A run that was opened before keeps the plan it had. Errors as in `run`.
        """
        with ThreadPoolExecutor(max_workers=1) as executor:
            run, _ = self._open(executor, self._require_past(as_of))
        is_running = run.state is RunState.RUNNING
        shards = [shard.index for shard in self._shards_left(run.run_id)] if is_running else []
        return {"run_id": run.run_id, "state": run.state, "shards": shards}

    def score(self, run_id: str, shard: int) -> ShardReport:
        """Score one shard of an open run, in place of what was there; readers see none of it yet.

        NotFoundError for a run that there is not, ConflictError for one that is not running.
        """
        run = self._storage.repositories.retention.get_scoring_run(RunId(run_id))
        if run.state is not RunState.RUNNING:
            raise ConflictError(f"the run is {run.state}, not running")
        customers = self._score_shard(SerialExecutor(), run, Shard(shard, SHARDS))
        return {"run_id": run.run_id, "shard": shard, "customers": customers}

    def finish(self, run_id: str) -> ScoringReport:
        """Make a run whose shards are all scored the current one, at once for all readers.

        One that is published already is reported. IncompleteRunError names the shards missing.
        """
        retention = self._storage.repositories.retention
        run = retention.get_scoring_run(RunId(run_id))
        if run.state is RunState.RUNNING:
            scored = retention.get_scored_shards(run.run_id)
            if missing := sorted(set(range(SHARDS)) - scored.keys()):
                names = ", ".join(map(str, missing))
                raise IncompleteRunError(f"shards that are not scored yet: {names}")
            told = retention.get_shard_warnings(run.run_id).values()
            warnings = sum((RunWarnings.of_dict(each) for each in told if each), RunWarnings())
            retention.build_retention_grids(run.run_id, run.as_of, self._settings.time_zone)
            self._publish(run, sum(scored.values()), warnings)
        return _report(retention.get_scoring_run(run.run_id))

    def fail(self, run_id: str, reason: str) -> None:
        """Note that nobody goes on with a run; one that is published or withheld stays so.

        NotFoundError for a run that nobody asked for and that never began.
        """
        progress = self._storage.repositories.retention
        known = progress.find_run_progress(RunId(run_id))
        if known.stage in {RunStage.PLANNED, RunStage.SCORING}:
            progress.note_run_ended(known.run_id, known.as_of, self._clock(), reason)

    def _open(self, executor: Executor, as_of: datetime) -> tuple[ScoringRun, PlanResult | None]:
        """The run as of this instant, and its plan where it was made just now."""
        repositories = self._storage.repositories
        run_id = run_id_of(as_of)
        try:
            known = repositories.retention.get_scoring_run(run_id)
        except NotFoundError:
            known = None
        if known is not None and known.state is not RunState.RUNNING:
            return known, None
        repositories.retention.note_run_started(run_id, as_of, self._clock())
        if known is not None and known.plan:
            return known, None
        self._require_one_currency(repositories, as_of)
        self._settle()
        planned = make_plan(repositories, executor, self._settings, as_of)
        is_whole = planned.sample.whole is not None
        sampled = None if is_whole else len(planned.sample.activity.customer_ids)
        run = ScoringRun(
            run_id,
            as_of,
            RunState.RUNNING,
            self._settings.view(),
            planned.plan.models_view(sampled),
            planned.backtest,
            plan=planned.plan.to_dict(),
        )
        repositories.retention.open_scoring_run(run)
        if planned.is_worse_than_simple:
            count(Metric.WORSE_THAN_SIMPLE)
            has_other = repositories.retention.get_current_scoring_run().run_id != INITIAL_RUN
            if has_other and not self._settings.publishes_worse:
                repositories.retention.withhold_scoring_run(run_id)
                repositories.retention.note_run_ended(run_id, as_of, self._clock())
                return repositories.retention.get_scoring_run(run_id), None
        return run, planned

    def _require_past(self, as_of: datetime) -> datetime:
        if require_aware("time", as_of) > self._clock() + CLOCK_TOLERANCE:
            raise InvalidInputError.of("time", "in_the_future", "Must be in the past")
        return as_of

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

    def _shards_left(self, run_id: RunId) -> list[Shard]:
        scored = self._storage.repositories.retention.get_scored_shards(run_id)
        return [Shard(index, SHARDS) for index in range(SHARDS) if index not in scored]

    def _score_whole(
        self, executor: Executor, run: ScoringRun, plan: Plan, facts: LedgerSnapshot
    ) -> ScoringReport:
        """Score everybody at once, from the ledgers that the plan was made of."""
        repositories, zone = self._storage.repositories, self._settings.time_zone
        retention = repositories.retention
        grids = executor.submit(retention.build_retention_grids, run.run_id, run.as_of, zone)
        lifecycle = executor.submit(retention.build_lifecycle_counts, run.run_id, run.as_of, zone)
        ltv = repositories.ltv
        revenue = executor.submit(ltv.build_revenue_days, run.run_id, run.as_of, zone)
        refunds = executor.submit(ltv.total_refunds, run.as_of)
        customers = self._write(run, plan, facts, None)
        save_outcomes(repositories, executor, run.as_of, plan.gradings, None)
        save_weeks(repositories, run.as_of, plan.weeks, None)
        grids.result()
        lifecycle.result()
        revenue.result()
        warnings = RunWarnings.of(facts.purchases.left_out, refunds.result())
        self._publish(run, customers, warnings)
        return _report(retention.get_scoring_run(run.run_id))

    def _score_shard(self, executor: Executor, run: ScoringRun, shard: Shard) -> int:
        """Write all rows of one shard; how many customers it has."""
        repositories, zone = self._storage.repositories, self._settings.time_zone
        facts = LedgerSnapshot.read(repositories, executor, run.as_of, zone, shard)
        refunds = executor.submit(repositories.ltv.total_refunds, run.as_of, shard=shard)
        plan = Plan.of_dict(run.plan)
        customers = self._write(run, plan, facts, shard)
        save_outcomes(repositories, executor, run.as_of, plan.gradings, shard)
        save_weeks(repositories, run.as_of, plan.weeks, shard)
        warnings = RunWarnings.of(facts.purchases.left_out, refunds.result())
        repositories.retention.finish_shard(run, shard, customers, warnings.to_dict())
        return customers

    def _write(
        self, run: ScoringRun, plan: Plan, facts: LedgerSnapshot, shard: Shard | None
    ) -> int:
        repositories, settings = self._storage.repositories, self._settings
        if plan.tenths is not None:
            tallies = forecast_tallies(plan.forecast_models, plan.tenths, facts)
            repositories.retention.save_forecast_tallies(run.run_id, shard, tallies)
            weeks = forecast_weeks(plan.forecast_models, facts.purchases)
            repositories.retention.save_forecast_weeks(run.run_id, shard, weeks)
        values, worth = customer_values(plan, settings, facts.purchases, seed_of(run.as_of, shard))
        repositories.ltv.save_customer_values(run.run_id, settings.currency, shard, values)
        predictions, profiles = predictions_and_profiles(plan, settings, facts, worth)
        repositories.retention.save_churn_predictions(run.run_id, shard, predictions)
        repositories.retention.save_engagement_profiles(run.run_id, shard, profiles)
        return len(facts.activity.days.customer_ids)

    def _publish(self, run: ScoringRun, customers: int, warnings: RunWarnings) -> None:
        settings, zone = self._settings, self._settings.time_zone
        plan = Plan.of_dict(run.plan)
        bounds = {
            segment_id: Money.of_units(least, settings.currency)
            for segment_id, least in plan.bounds
        }

        # Before the transaction, so that a person who is being erased is gone when it looks.
        known = self._storage.repositories.customers.find_known((), (), None)
        since = run.as_of - CLOCK_TOLERANCE
        was_erased = any(at >= since for at in known.erased.values())
        may_be_erased = was_erased or len(known.erased) > TOMBSTONES_TOLD

        ended_at = self._clock()

        def work(repositories: Repositories) -> None:
            retention = repositories.retention
            if may_be_erased:
                repositories.customers.delete_results_of_nobody(run.run_id)
            repositories.ltv.save_segment_bounds(run.run_id, bounds)
            repositories.ltv.build_rollups(run.run_id, run.as_of, zone)
            repositories.ltv.build_value_bins(run.run_id)
            analytics = retention.get_retention_analytics(run.run_id)
            summary = analytics.to_dict() | {"warnings": warnings.to_dict()}
            retention.finish_scoring_run(run.run_id, customers, settings.runs_kept, summary=summary)
            retention.note_run_ended(run.run_id, run.as_of, ended_at)
            if plan.tenths is not None:
                seal(repositories, settings, plan.forecast_models, plan.tenths, run.as_of)
            for receipt_id, days in plan.gradings:
                retention.mark_graded(receipt_id, days, run.as_of)
            for receipt_id, weeks in plan.weeks:
                retention.mark_weeks_counted(receipt_id, weeks, run.as_of)
            repositories.outbox.append([run_message(run.run_id, run.as_of, customers)])

        self._storage.in_transaction(work)
        self._waker.wake()
        count(Metric.RUNS_FINISHED)
        count(Metric.CUSTOMERS_SCORED, customers)


def _report(run: ScoringRun) -> ScoringReport:
    return {
        "run_id": run.run_id,
        "as_of": run.as_of,
        "state": run.state,
        "customers": run.customers,
        "warnings": run_warnings(run),
        "models": run.models,
        "backtest": run.backtest,
    }
