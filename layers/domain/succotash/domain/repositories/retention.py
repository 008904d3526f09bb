"""The port to activity, engagement, churn predictions, campaigns and scoring runs."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime

from succotash.domain.repositories.forms import PAGE
from succotash.domain.retention.grids import GridOrigin, GridRequest
from succotash.domain.retention.lifecycle import LifecycleCounts
from succotash.domain.retention.retention import (
    CampaignMetrics,
    CampaignStatus,
    CampaignSummary,
    ChurnPrediction,
    ChurnPredictions,
    EngagementProfiles,
    EngagementSegment,
    GridCell,
    GridMode,
    GridPeriod,
    RetentionAnalytics,
    RetentionCampaign,
    RiskLevel,
    ScoringRun,
    UserEngagementProfile,
)
from succotash.domain.value.ledgers import ActivityEvent, ActivitySummaries, Recording
from succotash.domain.values import CampaignId, Currency, CustomerId, Json, RunId, Shard


class RetentionRepository(ABC):
    """The activity ledger, and the predictions and profiles that scoring runs keep.

    Readers see the current run only, all of it or none. What is saved without a run joins the
    current run. Every storage starts with the run `initial`, current and empty. Those who ask about
    one customer may name an alias.
    """

    @abstractmethod
    def open_scoring_run(self, run: ScoringRun) -> None:
        """Begin a run, or begin it again with new models: state running, whatever `run` says.

        RunInProgressError where it is the current run already or was superseded, or another run
        is running that is not older by GIVEN_UP_AFTER. An older one is given up: its rows go.
        One that broke off after it was begun with an instant in the future by mistake keeps all
        before that instant out: let its `as_of` in the table scoring_runs be made an early one,
        and the next run gives it up.
        Until the transaction ends, another that opens or finishes a run waits.
        """

    @abstractmethod
    def finish_scoring_run(
        self,
        run_id: RunId,
        customers: int,
        keep: int = 2,
        *,
        summary: Mapping[str, Json] | None = None,
    ) -> None:
        """Make a running run the current one, at once for all readers; the last becomes superseded.

        Rows of all but the `keep` latest superseded runs are deleted, their scoring_runs stay.
        NotFoundError where no such run is running; RunInProgressError where the current run is
        newer than it.
        """

    @abstractmethod
    def withhold_scoring_run(self, run_id: RunId) -> None:
        """Let a running run stay unpublished, for the record; another one may begin.

        NotFoundError where no such run is running.
        """

    @abstractmethod
    def mark_shard_scored(
        self,
        run_id: RunId,
        shard: Shard,
        customers: int,
        warnings: Mapping[str, Json] | None = None,
    ) -> None:
        """Remember that a shard of the run is scored, and what is to be warned of in it.

        NotFoundError where there is no such run. Of one that is not running no warning is kept.
        """

    @abstractmethod
    def get_shard_warnings(self, run_id: RunId) -> dict[int, Mapping[str, Json]]:
        """By number of the shard, what it was marked with; none once the run has finished."""

    @abstractmethod
    def get_scored_shards(self, run_id: RunId) -> dict[int, int]:
        """Customers by index of the shards that are scored since the run was opened."""

    @abstractmethod
    def get_scoring_run(self, run_id: RunId) -> ScoringRun:
        """The run; NotFoundError where there is none."""

    @abstractmethod
    def get_current_scoring_run(self) -> ScoringRun:
        """The run readers see; `initial` before the first has finished."""

    @abstractmethod
    def get_scoring_runs(self, *, limit: int = 10) -> list[ScoringRun]:
        """Runs other than `initial`, latest first."""

    @abstractmethod
    def record_activity(self, events: Sequence[ActivityEvent]) -> list[Recording]:
        """Add events to the ledger, and their customers; what became of each, in the same order.

        An event is known by customer and id, and no two of one call may share both. Its e-mail is
        given to its customer as an order's is. One
        statement or COPY each for events and customers, never one per event.
        """

    @abstractmethod
    def get_activity(self, customer_id: CustomerId, *, limit: int = PAGE) -> list[ActivityEvent]:
        """The customer's events, newest first, then by id descending."""

    @abstractmethod
    def forget_activity(self, customer_ids: Sequence[CustomerId]) -> dict[str, int]:
        """Delete these customers' events, predictions and profiles of every run; rows by table."""

    @abstractmethod
    def activity_summaries(
        self,
        as_of: datetime,
        time_zone: str,
        *,
        shard: Shard | None = None,
        holdout_until: datetime | None = None,
    ) -> ActivitySummaries:
        """Event days and engagement at or before `as_of`, of one shard or of all.

        Purchase days are those of `LTVRepository.purchase_histories`. The holdout counts event
        days after `as_of` up to and including `holdout_until`.
        """

    @abstractmethod
    def save_retention_campaign(self, campaign: RetentionCampaign) -> None:
        """Insert or replace a campaign."""

    @abstractmethod
    def get_retention_campaign(self, campaign_id: CampaignId) -> RetentionCampaign:
        """The campaign; NotFoundError where there is none."""

    @abstractmethod
    def lock_retention_campaign(self, campaign_id: CampaignId) -> RetentionCampaign:
        """The campaign as it is now, to change it; NotFoundError where there is none.

        Until the transaction ends, another that locks or saves the same campaign waits.
        """

    @abstractmethod
    def get_all_retention_campaigns(
        self, *, status: CampaignStatus | None = None
    ) -> list[RetentionCampaign]:
        """Campaigns, newest first, then by id."""

    @abstractmethod
    def get_active_retention_campaigns(self, at: datetime) -> list[RetentionCampaign]:
        """Campaigns with status active whose time has come and is not over, newest first.

        A campaign runs from `starts_at` (included) to `ends_at` (excluded); None is open.
        """

    @abstractmethod
    def update_campaign_metrics(self, campaign_id: CampaignId, metrics: CampaignMetrics) -> None:
        """Replace the campaign's metrics; NotFoundError where there is no such campaign."""

    @abstractmethod
    def get_campaign_performance_summary(self, *, currency: Currency) -> CampaignSummary:
        """All campaigns together; one campaign's rates are `CampaignPerformance.of` it.

        Revenue is that of the campaigns whose revenue is in this currency: what others brought
        in, before the deployment's currency was changed, is left out.
        """

    @abstractmethod
    def save_churn_prediction(self, prediction: ChurnPrediction) -> None:
        """Insert or replace one prediction in its run.

        NotFoundError where it names a run that does not exist.
        """

    @abstractmethod
    def save_churn_predictions(
        self, run_id: RunId, shard: Shard | None, predictions: ChurnPredictions
    ) -> None:
        """Replace a shard's predictions in a run, in bulk; without a shard, all of the run's."""

    @abstractmethod
    def get_churn_prediction(self, customer_id: CustomerId) -> ChurnPrediction:
        """The customer's prediction; NotFoundError where the current run has none."""

    @abstractmethod
    def get_high_risk_customers(self, *, limit: int = 100) -> list[ChurnPrediction]:
        """Predictions with risk level high, likeliest to churn first, then by id."""

    @abstractmethod
    def find_churn_predictions(
        self,
        *,
        risk: RiskLevel | None = None,
        limit: int = PAGE,
        after: tuple[float, CustomerId] | None = None,
    ) -> list[ChurnPrediction]:
        """Predictions, likeliest to churn first, then by id; behind `after`."""

    @abstractmethod
    def save_user_engagement_profile(self, profile: UserEngagementProfile) -> None:
        """Insert or replace one profile in its run.

        NotFoundError where it names a run that does not exist.
        """

    @abstractmethod
    def save_engagement_profiles(
        self, run_id: RunId, shard: Shard | None, profiles: EngagementProfiles
    ) -> None:
        """Replace a shard's profiles in a run, in bulk; without a shard, all of the run's."""

    @abstractmethod
    def get_user_engagement_profile(self, customer_id: CustomerId) -> UserEngagementProfile:
        """The customer's profile; NotFoundError where the current run has none."""

    @abstractmethod
    def get_users_by_segment(
        self, segment: EngagementSegment, *, limit: int = 100
    ) -> list[UserEngagementProfile]:
        """Profiles of one segment, highest engagement first, then by id."""

    @abstractmethod
    def build_retention_grids(
        self, run_id: RunId, as_of: datetime, time_zone: str, *, shard: Shard | None = None
    ) -> None:
        """Count the run's grids from the ledgers: every origin and period in every mode.

        Cohorts are people by the period in which they joined for the first time (day; ISO week;
        calendar month, all in the zone). Offsets count periods of the same kind from the cohort's
        own; brackets count days since the own first day, by cohorts of each period. Unbounded
        counts those who were last active in the offset or later, within all of time up to `as_of`.
        Grids end with GRID_LENGTHS. Cells that nobody was active in are left out; offset 0 is
        always there, and by periods it holds the whole cohort. Repeating it changes nothing.

        Of one shard only its part is counted, for `merge_retention_grids` to add up. What comes in
        between, of before `as_of`, may be missing from it, or a lead tied by that counted twice.
        """

    @abstractmethod
    def merge_retention_grids(self, run_id: RunId, as_of: datetime, time_zone: str) -> None:
        """Make the grids from the parts of all shards; as if they had been built at once."""

    @abstractmethod
    def get_retention_grid(
        self, period: GridPeriod, mode: GridMode, origin: GridOrigin = GridOrigin.PURCHASE
    ) -> list[GridCell]:
        """The current run's grid by cohort, then offset.

        None before the first run, where nobody joined, and of a run of an earlier release, which
        kept none of this origin.
        """

    @abstractmethod
    def build_lifecycle_counts(
        self, run_id: RunId, as_of: datetime, time_zone: str, *, shard: Shard | None = None
    ) -> None:
        """Count a shard's customers for the run, in place of what was; without a shard, all.

        By every period, as `count_lifecycle` does. NotFoundError where there is no such run.
        """

    @abstractmethod
    def get_lifecycle_counts(self, period: GridPeriod) -> list[LifecycleCounts]:
        """The current run's counts by period, those without any left out."""

    @abstractmethod
    def count_retention(
        self, request: GridRequest, as_of: datetime, time_zone: str
    ) -> list[GridCell]:
        """Count a grid from the ledgers as of an instant, as `count_grid` does; with revenue.

        Its cost grows with the ledgers: for grids that no run keeps.
        """

    @abstractmethod
    def get_retention_analytics(self, run_id: RunId | None = None) -> RetentionAnalytics:
        """Where all customers stand, from the rows of the current run or of the one named."""
