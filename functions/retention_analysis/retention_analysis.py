"""Customers at risk, and the campaigns to keep them."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from campaign_bodies import CampaignBody, CampaignPatch, change_of
from customer_names import CustomerSearchBody
from outcome_items import OUTCOMES, OutcomeItem, OutcomesBody
from succotash.application.campaigns.outcomes import OutcomeReport
from succotash.application.campaigns.previews import DispatchRequested, PreviewView
from succotash.application.campaigns.views import (
    CampaignDetailView,
    CampaignList,
    CampaignPerformanceView,
    CampaignView,
    without_figures,
)
from succotash.application.retention.grids import GridMeasure, GridQuestion, GridView
from succotash.application.retention.lifecycle_views import LifecycleView
from succotash.application.retention.receipt_views import RECEIPTS_SHOWN, ReceiptList
from succotash.application.retention.search import CustomerSearchView
from succotash.application.retention.views import (
    ChurnRiskList,
    CustomerRetention,
    ModelReport,
    RetentionAnalyticsView,
)
from succotash.application.scoring.run_requests import RunProgressList, RunProgressView
from succotash.container import Container, container
from succotash.domain.campaigns.campaigns import CampaignStatus
from succotash.domain.retention.grids import CohortAnchor, CohortMembership, GridWindows
from succotash.domain.retention.retention import GridMode, GridPeriod, RiskLevel
from succotash.domain.values import Currency
from succotash.errors import InvalidInputError
from succotash.http.api import Api
from succotash.http.batches import BATCH_BYTES, read_batch
from succotash.http.entity_tags import CONDITIONS, entity_tag, precondition
from succotash.http.fields import (
    LAX,
    Closed,
    CustomerPathId,
    Day,
    Id,
    Limit,
    Paged,
    parse_instant,
)
from succotash.http.problems import run_address
from succotash.http.reading import JSON_TYPE, NDJSON_TYPE
from succotash.http.requests import Call, Reply
from succotash.http.snapshots import survive_snapshots

api = Api[Container]("retention_analysis")
READ, WRITE = "retention:read", "retention:write"
RUN = "scoring:run"
IF_MATCH = {"If-Match": CONDITIONS["If-Match"]}
RUNS_SHOWN = 10
BRACKETS_PATTERN = r"^\d{1,4}(-\d{1,4})?(,\d{1,4}(-\d{1,4})?)*$"


class GridQuery(Closed):
    """The retention grid to count."""

    period: Annotated[GridPeriod, LAX] = GridPeriod.MONTH
    mode: Annotated[GridMode, LAX] = GridMode.NDAY
    origin: Annotated[CohortAnchor, LAX] = CohortAnchor.PURCHASE
    entry: Annotated[CohortMembership, LAX] = CohortMembership.FIRST_TIME
    windows: Annotated[GridWindows, LAX] = GridWindows.CALENDAR
    measure: Annotated[GridMeasure, LAX] = GridMeasure.CUSTOMERS
    brackets: Annotated[str, Field(pattern=BRACKETS_PATTERN, max_length=200)] | None = None
    """Days since joining, such as 0,1-7,8-30."""
    start: Day | None = None
    """A day of the first cohort."""
    end: Day | None = None
    """A day of the last cohort."""

    def question(self) -> GridQuestion:
        """The grid that the query names; InvalidInputError for brackets without their mode."""
        if self.brackets is not None and self.mode is not GridMode.BRACKETS:
            raise InvalidInputError.of("brackets", "without_mode", "Requires mode=brackets")
        return GridQuestion(
            self.period,
            self.mode,
            self.origin,
            self.entry,
            self.windows,
            self.measure,
            None if self.brackets is None else _brackets(self.brackets),
            self.start,
            self.end,
        )


class LifecycleQuery(Closed):
    """The periods to count."""

    period: Annotated[GridPeriod, LAX] = GridPeriod.MONTH


class RiskQuery(Paged):
    """Filters of a list of customers by risk."""

    risk: Annotated[RiskLevel, LAX] | None = None
    segment: Id | None = None
    """A segment by value."""


class CampaignsQuery(Closed):
    """Filters of a list of campaigns."""

    status: Annotated[CampaignStatus, LAX] | None = None


class ModelQuery(Closed):
    """The number of runs to show."""

    limit: Limit = RUNS_SHOWN
    """The most runs in the answer."""


class ReceiptsQuery(Paged):
    """The number of receipts to show."""

    limit: Limit = RECEIPTS_SHOWN


def _now_or_instant(value: object) -> object:
    """The word as it is, or the instant; so that one error is told and not one for each of them."""
    return value if value == "now" else parse_instant(value)


class RunBody(Closed):
    """The instant to score customers as of; `now` or nothing is the present."""

    as_of: Annotated[datetime | Literal["now"], BeforeValidator(_now_or_instant)] = "now"


@api.route("GET", "/retention/analytics", scope=READ)
def get_retention_analytics(container: Container) -> RetentionAnalyticsView:
    """Get risk, engagement and campaigns of all customers, by the current run."""
    return container.get_retention_handler().get_retention_analytics()


@api.route("GET", "/retention/cohorts", scope=READ)
def get_retention_grid(container: Container, query: GridQuery) -> GridView:
    """Get cohorts by first purchase, activity or form, and the share that came back, by time."""
    return container.get_retention_handler().get_retention_grid(query.question())


@api.route("GET", "/retention/lifecycle", scope=READ)
def get_lifecycle(container: Container, query: LifecycleQuery) -> LifecycleView:
    """Count new, retained, returning and lost customers, period by period."""
    return container.get_retention_handler().get_lifecycle(query.period)


@api.route("GET", "/retention/customers", scope=READ)
def get_churn_risks(container: Container, query: RiskQuery) -> ChurnRiskList:
    """List customers at risk, the greatest value at risk first."""
    return container.get_retention_handler().get_churn_risks(
        risk=query.risk, segment_id=query.segment, limit=query.limit, cursor=query.cursor
    )


@api.route("GET", "/retention/customers/{customer_id}", scope=READ)
def analyze_customer(container: Container, customer_id: CustomerPathId) -> CustomerRetention:
    """Get a customer's risk, engagement, value and history."""
    return container.get_retention_handler().analyze_user_retention(customer_id)


@api.route("GET", "/retention/campaigns", scope=READ)
def get_campaigns(container: Container, query: CampaignsQuery) -> CampaignList:
    """List campaigns, newest first."""
    return container.get_retention_handler().get_retention_campaigns(query.status)


@api.route("POST", "/retention/campaigns", scope=WRITE, status=HTTPStatus.CREATED)
def create_campaign(container: Container, body: CampaignBody) -> CampaignView:
    """Draft a campaign."""
    return container.get_retention_handler().create_retention_campaign(
        body.name,
        description=body.description,
        target_risk_level=body.target_risk_level,
        target_segment=body.target_segment,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        definition=body.definition(Currency(container.settings.currency)),
    )


@api.route(
    "GET",
    "/retention/campaigns/{campaign_id}",
    scope=READ,
    answers={JSON_TYPE: CampaignDetailView},
    gives={"ETag": "Names this state of the campaign, but for its figures, for If-Match."},
)
def get_campaign(container: Container, campaign_id: str) -> Reply:
    """Get a campaign, and the states of its messages."""
    found = container.get_retention_handler().get_retention_campaign(campaign_id)
    return Reply(found, headers={"ETag": entity_tag(without_figures(found))})


@api.route("PATCH", "/retention/campaigns/{campaign_id}", scope=WRITE, headers=IF_MATCH)
def update_campaign(
    container: Container, campaign_id: str, body: CampaignPatch, call: Call
) -> CampaignView:
    """Change a campaign."""
    change = change_of(body, Currency(container.settings.currency))
    return container.get_retention_handler().update_retention_campaign(
        campaign_id, change, precondition(call.headers)
    )


@api.route(
    "DELETE",
    "/retention/campaigns/{campaign_id}",
    scope=WRITE,
    status=HTTPStatus.NO_CONTENT,
    headers=IF_MATCH,
)
def delete_campaign(container: Container, campaign_id: str, call: Call) -> None:
    """Delete a draft."""
    container.get_retention_handler().delete_retention_campaign(
        campaign_id, precondition(call.headers)
    )


@api.route("POST", "/retention/campaigns/{campaign_id}/preview", scope=WRITE)
def preview_campaign(container: Container, campaign_id: str) -> PreviewView:
    """Count whom a campaign would reach now, and others by reason; show first messages."""
    return container.get_retention_handler().preview_campaign(campaign_id)


@api.route(
    "POST",
    "/retention/campaigns/{campaign_id}/dispatch",
    scope=WRITE,
    status=HTTPStatus.ACCEPTED,
)
def dispatch_campaign(container: Container, campaign_id: str) -> DispatchRequested:
    """Ask for a campaign's messages to be handed over now, not only after the next run."""
    return container.get_retention_handler().request_dispatch(campaign_id)


@api.route("GET", "/retention/campaigns/{campaign_id}/performance", scope=READ)
def get_campaign_performance(container: Container, campaign_id: str) -> CampaignPerformanceView:
    """Get a campaign's rates, and its effect on revenue, with an interval."""
    return container.get_retention_handler().get_campaign_performance(campaign_id)


@api.route(
    "POST",
    "/retention/campaigns/{campaign_id}/outcomes",
    scope=WRITE,
    takes={JSON_TYPE: OutcomesBody, NDJSON_TYPE: OutcomeItem},
    limit=BATCH_BYTES,
)
def record_outcomes(container: Container, campaign_id: str, call: Call) -> OutcomeReport:
    """Record the outcomes of a campaign's messages; every item has a result of its own."""
    outcomes = read_batch(call, OUTCOMES)
    return container.get_retention_handler().record_outcomes(campaign_id, outcomes)


@api.route("POST", "/customers/search", scope=READ)
def search_customers(container: Container, body: CustomerSearchBody) -> CustomerSearchView:
    """Find customers by e-mail, or by the id that a system gave them, with value and risk."""
    name = body.name(container.pseudonyms)
    return container.get_retention_handler().search_customers(name)


@api.route(
    "POST",
    "/scoring/runs",
    scope=RUN,
    status=HTTPStatus.ACCEPTED,
    answers={JSON_TYPE: RunProgressView},
    also={HTTPStatus.CONFLICT: "A run is running or newer, and its address is at Location."},
)
def request_scoring_run(container: Container, body: RunBody) -> Reply:
    """Ask for a scoring run, which starts soon; its address is at Location."""
    as_of = None if body.as_of == "now" else body.as_of
    run = container.get_retention_handler().request_run(as_of)
    return Reply(run, HTTPStatus.ACCEPTED, {"Location": run_address(run["run_id"])})


@api.route("GET", "/scoring/runs", scope=RUN)
def get_scoring_runs(container: Container, query: Paged) -> RunProgressList:
    """List scoring runs with their progress, the latest first."""
    return container.get_retention_handler().get_runs_progress(
        limit=query.limit, cursor=query.cursor
    )


@api.route("GET", "/scoring/runs/{run_id}", scope=RUN)
def get_scoring_run(container: Container, run_id: str) -> RunProgressView:
    """Get the progress of a scoring run."""
    return container.get_retention_handler().get_run_progress(run_id)


@api.route("GET", "/retention/model", scope=READ)
def get_model_report(container: Container, query: ModelQuery) -> ModelReport:
    """List the last runs with their models and how right they would have been."""
    return container.get_retention_handler().get_model_report(query.limit)


@api.route("GET", "/retention/receipts", scope=READ)
def get_receipts(container: Container, query: ReceiptsQuery) -> ReceiptList:
    """List the predictions of each month's first run, and what happened, latest first."""
    return container.get_retention_handler().get_receipts(limit=query.limit, cursor=query.cursor)


def _brackets(text: str) -> tuple[tuple[int, int], ...]:
    ends = (each.split("-") for each in text.split(","))
    return tuple((int(days[0]), int(days[-1])) for days in ends)


handler = api.on(container)
survive_snapshots(container)
