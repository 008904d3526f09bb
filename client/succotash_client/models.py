"""Types of what the API takes and answers. Generated from openapi.yaml: do not edit.

Instants and dates are ISO 8601 texts, amounts decimal texts, as JSON has them.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

type Json = str | int | float | bool | list[Json] | dict[str, Json] | None


class ActivityBody(TypedDict):
    """A batch of events."""

    events: list[ActivityItem]


class ActivityItem(TypedDict):
    """An activity of a customer other than buying."""

    customer_id: str
    event_id: str
    occurred_at: str
    kind: ActivityKind
    name: NotRequired[str | None]
    """The name of the activity; required where the kind is custom."""
    duration_seconds: NotRequired[float | None]
    """The duration in seconds."""
    interests: NotRequired[list[str]]
    campaign_id: NotRequired[str | None]


type ActivityKind = Literal["session", "click", "conversion", "custom"]


class ActivityView(TypedDict):
    """An activity of the person."""

    event_id: str
    kind: str
    name: str | None
    occurred_at: str
    duration_seconds: float | None
    """The duration in seconds; null where that is not known."""
    interests: list[str]
    campaign_id: str | None


type Answer = str | int | float | bool | list[str] | None


class AnsweredRequestView(TypedDict):
    """A request with a key, and what its repetitions are answered with."""

    key: str
    expires_at: str
    answer: dict[str, Json] | None


type Answers = dict[str, Answer]


class AttentionView(TypedDict):
    """Counts of things to look at, from the database."""

    quarantined: int
    """Submissions in quarantine, over all forms."""
    failed_messages: int
    """Messages that were dead-lettered after their last attempt."""
    uncertain_deliveries: int
    """Deliveries with an unknown outcome."""
    failed_imports: int
    """Files of orders in the period that were refused, or whose import broke off."""
    is_run_late: bool
    """Whether the current run is older than two days, or missing."""
    last_run: LastRunView | None
    """null before the first run."""


class AveragePeriod(TypedDict):
    """One month in the life of all cohorts together, weighted by customers, mature ones only."""

    period: int
    """Months since the month of first purchase; that is month 0."""
    customers: int
    """Customers of the cohorts that have the whole month behind them."""
    retention: float
    """Share of these customers with a purchase in this month, 0 to 1."""
    cumulative_revenue_per_customer: str
    """Net revenue from month 0 to this month, included, per customer; in the run's currency."""


class BatchReport(TypedDict):
    """Results in the order of the items, and how many there are of each."""

    results: list[ItemResult]
    recorded: int
    """Items that are new."""
    unchanged: int
    """Items that were there already, with the same contents."""
    conflicting: int
    """Items whose id was there already with other contents; those stay."""
    rejected: int
    """Items with errors; not recorded."""
    erased: int
    """Items not younger than the erasure of the person they are about; not recorded."""


class BudgetBody(TypedDict):
    """The cost of a message, and the most that all may cost."""

    cost_per_message: str | float
    """The cost of sending one message, in `currency`."""
    total: str | float
    """The most that all messages of the campaign may cost, in `currency`."""
    currency: NotRequired[str | None]
    """The deployment's where it is left out."""


class BudgetView(TypedDict):
    """The cost of a message, and the most that all may cost."""

    cost_per_message: str
    """The cost of sending one message, in `currency`."""
    total: str
    """The most that all messages of the campaign may cost, in `currency`."""
    currency: str


class CampaignBody(TypedDict):
    """A new campaign; it starts as a draft."""

    name: str
    description: NotRequired[str]
    target_risk_level: NotRequired[RiskLevel | None]
    target_segment: NotRequired[EngagementSegment | None]
    audience: NotRequired[dict[str, Json] | None]
    """Besides the targets, whom it is for."""
    message: NotRequired[MessageBody | None]
    channel: NotRequired[CampaignChannel]
    webhook_url: NotRequired[str | None]
    starts_at: NotRequired[str | None]
    ends_at: NotRequired[str | None]
    budget: NotRequired[BudgetBody | None]
    frequency_cap: NotRequired[FrequencyCapBody | None]
    quiet_hours: NotRequired[QuietHoursBody | None]
    holdout_share: NotRequired[float]
    """Share of the people reached who are not written to, to compare with; at most 0.5."""
    attribution_days: NotRequired[int]
    """For so long after they were assigned people's orders count."""
    looks: NotRequired[list[str]]
    """When the effect is read; evenly spaced where it is left out."""


type CampaignChannel = Literal["email", "webhook", "bus"]


class CampaignDetailView(TypedDict):
    """A retention campaign, and how far its messages came."""

    campaign_id: str
    name: str
    description: str
    status: str
    target_risk_level: str | None
    target_segment: str | None
    starts_at: str | None
    ends_at: str | None
    audience: dict[str, Json] | None
    """Conditions as they were given, without those of the targets."""
    message: MessageTemplateView | None
    channel: str
    webhook_url: str | None
    webhook_gone_at: str | None
    """When the webhook answered 410 Gone, for which the campaign was paused."""
    budget: BudgetView | None
    frequency_cap: FrequencyCapView | None
    quiet_hours: QuietHoursView | None
    holdout_share: float
    """Share of the people reached who are not written to, to compare with."""
    attribution_days: int
    """For so long after they were assigned people's orders count."""
    looks: list[str]
    """When the effect is read; fixed at activation."""
    activated_at: str | None
    ended_at: str | None
    """When it was completed or cancelled."""
    metrics: CampaignMetricsView
    created_at: str
    updated_at: str
    members: dict[str, int]
    """Members by state: `held_out`, `queued`, `sent`, `bounced` (sent, and came back),
    `refused` (tried again), `uncertain` (may have been sent, and never is again),
    `withheld` (not wanted any more when it was to leave).
    """


class CampaignList(TypedDict):
    """Campaigns, newest first, and how all of them together do."""

    campaigns: list[CampaignView]
    summary: CampaignSummaryView


class CampaignMetricsView(TypedDict):
    """Counts since a campaign began."""

    targeted: int
    """Customers chosen since the campaign began."""
    sent: int
    """Messages sent since the campaign began."""
    delivered: int
    """Messages that arrived, as far as it was reported."""
    opened: int
    """Messages opened since the campaign began."""
    clicked: int
    """Messages in which a link was followed."""
    converted: int
    """Customers who did what the campaign asked for."""
    bounced: int
    """Messages that came back."""
    unsubscribed: int
    """Messages by which somebody unsubscribed, as far as it was reported. Who does so by the
    link of a mail sent from here is not counted, since the link names nobody.
    """
    complained: int
    """Messages that somebody reported as spam."""
    revenue: str
    """Net revenue attributed to the campaign, in `currency`; null where none was reported."""
    currency: str
    """The currency of the revenue; the deployment's by default."""


class CampaignPatch(TypedDict):
    """Changes to a campaign; what is left out stays, and null removes what is optional."""

    name: NotRequired[str]
    description: NotRequired[str]
    status: NotRequired[CampaignStatus]
    target_risk_level: NotRequired[RiskLevel | None]
    target_segment: NotRequired[EngagementSegment | None]
    audience: NotRequired[dict[str, Json] | None]
    message: NotRequired[MessageBody | None]
    channel: NotRequired[CampaignChannel]
    webhook_url: NotRequired[str | None]
    starts_at: NotRequired[str | None]
    ends_at: NotRequired[str | None]
    budget: NotRequired[BudgetBody | None]
    frequency_cap: NotRequired[FrequencyCapBody | None]
    quiet_hours: NotRequired[QuietHoursBody | None]
    holdout_share: NotRequired[float]
    """Share of the people reached who are not written to, to compare with; at most 0.5."""
    attribution_days: NotRequired[int]
    """For so long after they were assigned people's orders count."""
    looks: NotRequired[list[str]]
    metrics: NotRequired[None]
    """Always refused: figures are counted."""


class CampaignPerformanceView(TypedDict):
    """A campaign's rates, and what it changed; a rate is None where its denominator is 0."""

    campaign_id: str
    metrics: CampaignMetricsView
    delivery_rate: float | None
    """sent / targeted: messages that left, whether or not they arrived."""
    delivered_rate: float | None
    """delivered / sent: messages that arrived, as far as it was reported."""
    open_rate: float | None
    """Messages opened per message sent since the campaign began; null without any."""
    click_rate: float | None
    """clicked / sent: clicks are known even where opening is not."""
    conversion_rate: float | None
    """Customers converted per message sent since the campaign began; null without any."""
    bounce_rate: float | None
    """bounced / sent: messages that came back."""
    unsubscribe_rate: float | None
    """unsubscribed / sent, as far as it was reported."""
    complaint_rate: float | None
    """complained / sent: messages that their readers reported as spam."""
    cost: CostView | None
    """The cost of the messages sent, by the budget's cost of each; null without a budget."""
    effect: EffectView | None
    """null before the campaign is activated."""


type CampaignStatus = Literal["draft", "active", "paused", "completed", "cancelled"]


class CampaignSummaryView(TypedDict):
    """All campaigns together; of the revenue, what is in the deployment's currency."""

    campaigns_by_status: dict[str, int]
    """Campaigns by their present status."""
    metrics: CampaignMetricsView


class CampaignView(TypedDict):
    """A retention campaign."""

    campaign_id: str
    name: str
    description: str
    status: str
    target_risk_level: str | None
    target_segment: str | None
    starts_at: str | None
    ends_at: str | None
    audience: dict[str, Json] | None
    """Conditions as they were given, without those of the targets."""
    message: MessageTemplateView | None
    channel: str
    webhook_url: str | None
    webhook_gone_at: str | None
    """When the webhook answered 410 Gone, for which the campaign was paused."""
    budget: BudgetView | None
    frequency_cap: FrequencyCapView | None
    quiet_hours: QuietHoursView | None
    holdout_share: float
    """Share of the people reached who are not written to, to compare with."""
    attribution_days: int
    """For so long after they were assigned people's orders count."""
    looks: list[str]
    """When the effect is read; fixed at activation."""
    activated_at: str | None
    ended_at: str | None
    """When it was completed or cancelled."""
    metrics: CampaignMetricsView
    created_at: str
    updated_at: str


type Category = Literal["fit", "completeness", "source", "behaviour", "recency"]


class ChurnRiskList(TypedDict):
    """A page of customers, the greatest value at risk first."""

    customers: list[ChurnRiskView]
    next_cursor: str | None
    run: RunView | None
    """The run behind the predictions; null before the first run."""


class ChurnRiskView(TypedDict):
    """The probability that a customer stays inactive."""

    customer_id: str
    churn_probability: float
    """P(no purchase and no activity within `horizon_days` after the run), 0 to 1."""
    probability_alive: float
    """P(has not left for good, as of the run), 0 to 1, as the model says. Under BG/NBD it is 1
    for customers who bought on one day, also where they are `lost`: `reasons` say so, and
    `return_probability` is the outcome of such customers.
    """
    return_probability: float | None
    """P(a purchase within twice `horizon_days` after the run), 0 to 1, calibrated on held-out
    customers; P(activity) of customers who never bought. null in a prediction from before
    it was kept.
    """
    value_at_risk: str | None
    """Value expected within the value horizon times churn probability, in `currency`. null in
    a prediction from before it was kept.
    """
    currency: str | None
    """The currency of the value at risk."""
    risk_level: str
    """`low`, `medium`, `high` (worth writing to) or `lost` (hardly ever comes back)."""
    risk_score: int
    """1 (least urgent) to 10."""
    value_segment: str | None
    """The segment of the customer's value by the same run, such as `vip`; null without an
    order.
    """
    horizon_days: int
    """Days after the run for which the churn probability holds."""
    last_seen_on: str
    predicted_churn_date: str | None
    """The day to come on which `probability_alive` falls to one half if the silence lasts."""
    likely_inactive_since: str | None
    """The day that has passed on which it fell to one half."""
    reasons: list[str]
    engagement_score: int
    """Points from 0 to 100 for recent, frequent and varied activity as of the run."""


class CohortDetails(TypedDict):
    """A cohort with its life month by month."""

    cohort_id: str
    starts_on: str
    currency: str
    customers: int
    """Customers whose first purchase fell into the cohort's months."""
    revenue: str
    """Net of refunds, from the first purchase to the run; in `currency`."""
    average_ltv: str
    """Mean predicted lifetime value per customer, in `currency`."""
    milestones: dict[str, CohortPeriodView | None]
    """The months 1m, 3m, 6m and 12m of its life; null where one has not begun."""
    cumulative_revenue_per_customer: list[str]
    """Net revenue per customer from month 0 to each month of its life, that one included,
    month 0 first; in `currency`.
    """
    mature_periods: int
    """The number of these months, from the first, that had passed for everybody at the run."""
    periods: list[CohortPeriodView]
    run: RunView | None


class CohortList(TypedDict):
    """Every cohort, by start."""

    by: str
    cohorts: list[CohortView]
    average: list[AveragePeriod]
    """Periods that no cohort has behind it are left out."""
    run: RunView | None


class CohortPeriodView(TypedDict):
    """One month of a cohort's life, counted from the month in which each customer first
    bought.
    """

    period: int
    """Months since the month of first purchase; that is month 0."""
    active_customers: int
    """Customers with a purchase in this month."""
    retention: float
    """Share of the cohort with a purchase in this month of its life, 0 to 1."""
    revenue: str
    """The revenue of this month, net of refunds; in the run's currency."""
    cumulative_revenue_per_customer: str
    """Net revenue from month 0 to this month, included, per customer; in the run's currency."""
    mature: bool
    """Whether the whole month had passed for everybody when the run took place."""


class CohortView(TypedDict):
    """A cohort of customers by month or quarter of first purchase."""

    cohort_id: str
    starts_on: str
    currency: str
    customers: int
    """Customers whose first purchase fell into the cohort's months."""
    revenue: str
    """Net of refunds, from the first purchase to the run; in `currency`."""
    average_ltv: str
    """Mean predicted lifetime value per customer, in `currency`."""
    milestones: dict[str, CohortPeriodView | None]
    """The months 1m, 3m, 6m and 12m of its life; null where one has not begun."""
    cumulative_revenue_per_customer: list[str]
    """Net revenue per customer from month 0 to each month of its life, that one included,
    month 0 first; in `currency`.
    """
    mature_periods: int
    """The number of these months, from the first, that had passed for everybody at the run."""


class ConfirmationBody(TypedDict):
    """The body that the page's button sends."""

    token: str


class ConsentBody(TypedDict):
    """A yes or a no to one purpose."""

    purpose: str
    state: ConsentState
    text: NotRequired[str | None]
    """The text that the person was shown or told; a yes needs it."""
    occurred_at: NotRequired[str | None]
    """When the person said so; now where it is not given."""


type ConsentState = Literal["granted", "denied"]


class ConsentView(TypedDict):
    """One time that a person said yes or no."""

    purpose: str
    state: str
    occurred_at: str
    recorded_at: str
    origin: str
    """The way it became known: form, import, link, bounce, complaint or api."""
    text: str | None
    """The text that the person was shown or told, where that is known."""
    source_id: str | None
    """The submission, import or campaign it came with."""


class ConsentsBody(TypedDict):
    """Consents to record; purposes that are not named stay as they are."""

    consents: list[ConsentBody]


class ConsentsView(TypedDict):
    """A person's consent."""

    current: list[CurrentConsentView]
    """The current answers, by purpose."""
    suppressed: list[SuppressionView]
    history: list[ConsentView]
    """Oldest first."""


class ConversionRates(TypedDict):
    """Shares; None where the denominator is 0."""

    submission_to_lead: float | None
    """New leads per accepted submission."""
    stage_to_stage: dict[str, float | None]
    """For each stage after the first, its share of the stage before."""
    lead_to_customer: float | None
    """Share of the new leads who have bought, 0 to 1: whose customer has a purchase on record,
    before or after they wrote; null without new leads.
    """


class CostList(TypedDict):
    """Costs of acquisition by month, the latest first."""

    months: list[MonthCostsView]


class CostView(TypedDict):
    """The cost of messages so far."""

    amount: str
    """In `currency`."""
    currency: str


class CostsBody(TypedDict):
    """Costs of acquisition in a month, by source."""

    costs: dict[str, Json]
    """Costs by source, as leads name it; the cost of a source that is left out is deleted."""
    currency: NotRequired[str | None]
    """The deployment's, which is the default."""


class CountEstimateView(TypedDict):
    """A number of people with its 95% interval."""

    value: float
    """The estimate, in people."""
    low: float
    """The lower end of the interval."""
    high: float
    """The upper end of the interval."""


class CountFigure(TypedDict):
    """A count in the period, and in the one before it."""

    now: int
    """In the period."""
    before: int
    """In as many days before it."""


class CountForecastView(TypedDict):
    """Purchase days, or inactive customers: foreseen, and what came."""

    customers: int
    """Customers whom the forecast is about."""
    foreseen: float
    """Purchase days, or inactive customers, foreseen in total."""
    graded_customers: int | None
    """Customers of whom it is known what came; null before grading."""
    came: int | None
    """Purchase days, or inactive customers, that came in total; null before grading."""
    error_percent: float | None
    """Above 0 where too much was foreseen; null before grading, and where nothing came."""
    by_decile: list[CountGroupView]


class CountGroupView(TypedDict):
    """A tenth of customers, by rising forecast; those of equal forecasts share one."""

    decile: int
    """1, with the least forecasts, to 10."""
    customers: int
    """Customers in the group."""
    foreseen: float
    """Purchase days, or inactive customers, foreseen in total."""
    graded_customers: int | None
    """Customers of these of whom it is known what came; null before grading."""
    came: int | None
    """The actual value, in the unit of `foreseen`; null before grading."""


class CountWeekView(TypedDict):
    """Days with a purchase in one week."""

    foreseen: float
    """Days with a purchase, foreseen in total."""
    came: int | None
    """Days with a purchase that came in total; null before the week is counted."""


type Criterion = Literal[
    "business_email",
    "fields",
    "other_answers",
    "answer_is",
    "known_source",
    "source_is",
    "campaign",
    "repeats",
    "recency",
]


class CurrentConsentView(TypedDict):
    """The current consent to a purpose."""

    purpose: str
    state: str
    occurred_at: str


class CustomerDetails(TypedDict):
    """A customer's value with the run that found it and what it assumed."""

    customer_id: str
    currency: str
    actual_clv: str
    """Spent until the run, net of refunds, times the margin; in `currency`."""
    predicted_clv: str
    """Actual plus residual value, in `currency`: the mean over customers like this one."""
    residual_value: str
    """Discounted margin expected within the value horizon after the run, in `currency`: a
    mean.
    """
    predicted_clv_interval: IntervalView | None
    """null for a value from before intervals were kept."""
    median_clv: str | None
    """The median, in `currency`: the actual value plus the median of what will come within the
    value horizon. null for a value from before medians were kept.
    """
    probability_of_no_purchase: float | None
    """P(no further purchase within the value horizon after the run), 0 to 1; null for a value
    from before it was kept.
    """
    average_order_value: str
    """Net revenue per order until the run, in `currency`."""
    order_count: int
    """Orders until the run, without those that were wholly refunded."""
    frequency: int
    """Days with a purchase after the day of the first one, until the run."""
    lifetime_months: float
    """From the first purchase to the run, in months of 30.4375 days."""
    probability_alive: float
    """P(has not left for good, as of the run), 0 to 1, as the model says."""
    probability_alive_note: str | None
    """The reason why `probability_alive` says nothing about this customer: BG/NBD lets nobody
    leave before a second purchase. null elsewhere.
    """
    expected_purchases: dict[str, float]
    """Mean number of days with a purchase within the next 30, 90 and 365 days after the run."""
    segment: str
    risk_level: str | None
    """The level by the same run: `low`, `medium`, `high` or `lost`; null without a prediction."""
    cohort_id: str
    first_purchase_at: str
    last_purchase_at: str
    run: RunView | None


class CustomerList(TypedDict):
    """A page of customers, the most valuable first."""

    customers: list[CustomerValueView]
    next_cursor: str | None
    run: RunView | None
    """The run behind the values."""


class CustomerRecord(TypedDict):
    """One of the person's customer accounts."""

    customer_id: str
    aliases: list[str]
    """Further ids that the shop means the same customer by."""
    first_seen_at: str
    orders: list[OrderView]
    activity: list[ActivityView]
    """Newest first."""
    activity_truncated: bool
    """Whether older activity than this is held."""
    value: CustomerValueView | None
    """The value by the current scoring run, as churn_risk and engagement are."""
    churn_risk: ChurnRiskView | None
    engagement: EngagementView | None


class CustomerRetention(TypedDict):
    """One customer on one page."""

    customer_id: str
    churn_risk: ChurnRiskView
    engagement: EngagementView | None
    value: CustomerValueView | None
    history: list[HistoryEntry]
    """The latest first, at most 20."""
    run: RunView | None


class CustomerSearchBody(TypedDict):
    """A customer's e-mail, or an id that a system gave them; in a body, as paths are logged."""

    email: NotRequired[str | None]
    system: NotRequired[Literal["shop", "shopify", "woocommerce", "stripe"]]
    """Whose `id` it is: `shop` for ids as orders and files carry them."""
    id: NotRequired[str | None]
    """A customer's id or alias in that system, such as 123456789."""


class CustomerSearchView(TypedDict):
    """The customers found, by id; none if the list is empty."""

    customers: list[FoundCustomerView]
    run: RunView | None
    """null before the first run."""


class CustomerValueView(TypedDict):
    """One customer's value; money in the currency of the run."""

    customer_id: str
    currency: str
    actual_clv: str
    """Spent until the run, net of refunds, times the margin; in `currency`."""
    predicted_clv: str
    """Actual plus residual value, in `currency`: the mean over customers like this one."""
    residual_value: str
    """Discounted margin expected within the value horizon after the run, in `currency`: a
    mean.
    """
    predicted_clv_interval: IntervalView | None
    """null for a value from before intervals were kept."""
    median_clv: str | None
    """The median, in `currency`: the actual value plus the median of what will come within the
    value horizon. null for a value from before medians were kept.
    """
    probability_of_no_purchase: float | None
    """P(no further purchase within the value horizon after the run), 0 to 1; null for a value
    from before it was kept.
    """
    average_order_value: str
    """Net revenue per order until the run, in `currency`."""
    order_count: int
    """Orders until the run, without those that were wholly refunded."""
    frequency: int
    """Days with a purchase after the day of the first one, until the run."""
    lifetime_months: float
    """From the first purchase to the run, in months of 30.4375 days."""
    probability_alive: float
    """P(has not left for good, as of the run), 0 to 1, as the model says."""
    probability_alive_note: str | None
    """The reason why `probability_alive` says nothing about this customer: BG/NBD lets nobody
    leave before a second purchase. null elsewhere.
    """
    expected_purchases: dict[str, float]
    """Mean number of days with a purchase within the next 30, 90 and 365 days after the run."""
    segment: str
    risk_level: str | None
    """The level by the same run: `low`, `medium`, `high` or `lost`; null without a prediction."""
    cohort_id: str
    first_purchase_at: str
    last_purchase_at: str


class DailyCountsView(TypedDict):
    """The counts of a day."""

    day: str
    submissions: int
    """Submissions of the day, whatever became of them."""
    accepted: int
    """Submissions of the day that were accepted."""
    new_leads: int
    """Leads whose first submission fell on the day."""


class DifferenceView(TypedDict):
    """The effect on everybody or on a segment; None where groups are too small."""

    treatment: GroupView
    holdout: GroupView
    incremental_revenue: MoneyEstimateView | None
    """The revenue added by all members of the treatment."""
    incremental_revenue_per_member: MoneyEstimateView | None
    incremental_customers: CountEstimateView | None
    """The number of buyers added among all members of the treatment."""
    narrowed_by: float
    """Share by which what the run before foresaw narrows the interval of revenue."""
    too_small: str | None
    """Why there is no interval of revenue."""


class DispatchRequested(TypedDict):
    """The receipt for a dispatch that follows."""

    campaign_id: str
    status: str
    """Always `requested`."""


class EffectView(TypedDict):
    """The effect of a campaign, by intention to treat."""

    finding: str
    """`more`, `less` or `not_enough_evidence`, of revenue."""
    summary: str
    """The same in words."""
    currency: str
    look: int | None
    """The look that is shown, from 1; null before the first."""
    interval: str
    """`repeated` while it goes on; `stagewise` where it ended by its rule."""
    is_final: bool
    crossed_at: int | None
    """The first look at which the evidence was enough, from 1."""
    everybody: DifferenceView
    more_people: int | None
    """So many more would probably be enough; null where they are, or where nobody can tell."""
    enough_expected_at: str | None
    """When so many more will count, at the pace since the look before; null where that is
    never, and once the campaign is over, since nobody is assigned any more.
    """
    segments: list[SegmentDifferenceView]
    segments_note: str | None
    looks: list[LookView]


type EngagementSegment = Literal[
    "new_users", "active_users", "at_risk", "churned", "high_value", "low_engagement"
]


class EngagementView(TypedDict):
    """The activity of a customer."""

    customer_id: str
    sessions: int
    """Sessions until the run."""
    clicks: int
    """Clicks until the run."""
    conversions: int
    """Conversions until the run."""
    average_session_seconds: float | None
    """Mean length of a session in seconds; null where no session has one."""
    last_session_at: str | None
    interests: dict[str, int]
    """The number of times that each interest was named until the run."""
    engagement_score: int
    """Points from 0 to 100 for recent, frequent and varied activity as of the run."""
    segment: str


class ErasureReport(TypedDict):
    """The result of an erasure, and what it left."""

    erased_rows: dict[str, int]
    """Rows deleted, by table."""
    customers_unlinked: list[str]
    """The ids by which the person's customers were known. Their orders stay in the sums, under
    ids made at random, of customers that nothing leads to.
    """
    anonymised_orders: int
    """The number of those orders and refunds."""
    erased_at: str
    """Whatever is older and comes again is not taken: a tombstone, which only this
    deployment's key can read, says so. What the person sends later is.
    """
    erased_elsewhere: dict[str, int]
    """Dead-lettered submissions, waiting deliveries, exports, e-mails and events of this
    machine removed, by place; exports of everybody.
    """
    unfinished: list[UnfinishedView]
    """Empty where every place was gone through."""
    kept: list[KeptView]


class FieldBody(TypedDict):
    """One question."""

    name: str
    label: str
    kind: NotRequired[FieldKind]
    required: NotRequired[bool]
    choices: NotRequired[list[str]]
    purpose: NotRequired[str]
    """The purpose of a consent; marketing by default."""


type FieldKind = Literal[
    "text",
    "textarea",
    "email",
    "phone",
    "number",
    "choice",
    "choices",
    "checkbox",
    "hidden",
    "consent",
]


class FieldView(TypedDict):
    """One question of a form."""

    name: str
    label: str
    kind: str
    required: bool
    choices: list[str]
    purpose: str
    """The purpose of a consent; empty for every other kind."""


class FormAnalyticsView(TypedDict):
    """Submissions and leads of a form, or of all, within a range of time."""

    start: str | None
    """Included."""
    end: str | None
    """Excluded."""
    time_zone: str
    """Whose days these are."""
    daily: list[DailyCountsView] | None
    """Every day of the range; null for a range that is open or longer than DAYS_SHOWN."""
    submission_metrics: SubmissionMetrics
    lead_metrics: LeadMetrics
    source_distribution: dict[str, int]
    """Submissions in the range by source."""
    conversion_funnel: FunnelView
    conversion_rates: ConversionRates


class FormBody(TypedDict):
    """A form's definition, which replaces the one before."""

    title: str
    fields: NotRequired[list[FieldBody]]
    rules: NotRequired[list[RuleBody]]
    allowed_origins: NotRequired[list[str]]
    allowed_redirects: NotRequired[list[str]]
    duplicate_window_seconds: NotRequired[int]
    """For how many seconds the same answers count as a duplicate."""
    region: NotRequired[str]
    notify: NotRequired[list[str]]
    digest: NotRequired[bool]
    confirms: NotRequired[bool]
    double_opt_in: NotRequired[bool]
    spam: NotRequired[SpamBody]
    retention_days: NotRequired[int | None]
    """After how many days submissions are deleted; null keeps them."""
    consent_text: NotRequired[str]


class FormList(TypedDict):
    """Every form."""

    forms: list[FormSummary]


class FormSummary(TypedDict):
    """A form in a list."""

    form_id: str
    title: str
    updated_at: str | None


class FormView(TypedDict):
    """A form's definition."""

    form_id: str
    title: str
    fields: list[FieldView]
    rules: list[RuleView]
    allowed_origins: list[str]
    allowed_redirects: list[str]
    duplicate_window_seconds: int
    """For how many seconds the same answers count as a duplicate."""
    region: str
    notify: list[str]
    digest: bool
    """Whether these addresses get a digest a day of what is in quarantine."""
    confirms: bool
    double_opt_in: bool
    spam: SpamView
    retention_days: int | None
    """After how many days submissions are deleted; null keeps them."""
    consent_text: str
    updated_at: str | None


class FoundCustomerView(TypedDict):
    """A customer, and what the current run found of them."""

    customer_id: str
    email: str | None
    """In lower case; null where none is known."""
    aliases: list[str]
    """Other ids that shops use, such as `shopify:123456789`."""
    churn_risk: ChurnRiskView | None
    """null before a run has scored them."""
    value: CustomerValueView | None
    """null before a run has scored them, or where they never bought."""


class FrequencyCapBody(TypedDict):
    """The most messages of all campaigns within so many days."""

    messages: int
    """The most messages of all campaigns that a person gets."""
    days: int
    """Within so many days."""


class FrequencyCapView(TypedDict):
    """The most messages of all campaigns within so many days."""

    messages: int
    """The most messages of all campaigns that a person gets."""
    days: int
    """Within so many days."""


class FunnelStageView(TypedDict):
    """A stage and how many came at least so far."""

    status: str
    reached: int
    """Leads first seen in the range that ever came to this stage or a later one."""


class FunnelView(TypedDict):
    """The conversion funnel."""

    stages: list[FunnelStageView]
    lost: int
    """Leads first seen in the range whose present status is closed_lost."""


class GatewayRefusal(TypedDict):
    """The answer of API Gateway where it lets no request through to a function."""

    message: str


class GradesBody(TypedDict):
    """The least total of each grade; below them all stands F."""

    A: int
    """The least score of grade A, in points from 1 to 100."""
    B: int
    """The least score of grade B, in points from 1 to 100."""
    C: int
    """The least score of grade C, in points from 1 to 100."""
    D: int
    """The least score of grade D, in points from 1 to 100."""


class GridCellView(TypedDict):
    """One period (or bracket) of one cohort's life."""

    offset: int
    """Periods since the one in which the cohort joined, or the place of the bracket; from 0."""
    active: int
    """Customers of the cohort active in this period; with mode=unbounded, in it or later."""
    revenue: str | None
    """Net; null where only customers are kept."""
    rate: float | None
    """Share of the cohort that was active in this period, so long after joining, 0 to 1; with
    measure=revenue, the period's revenue per revenue at offset 0. null where that was
    nothing.
    """
    low: float | None
    """Lower end of the 95% interval (Wilson) of the rate; null for a share of revenue, and for
    the period of joining, in which everybody was active by definition.
    """
    high: float | None
    """Upper end of that interval."""
    mature: bool


class GridColumn(TypedDict):
    """All cohorts together at one offset, mature ones only, weighted by customers or revenue."""

    offset: int
    """Periods since the one in which the cohorts joined, or the place of the bracket; from 0."""
    label: str
    """The period after joining, such as `month 3` or `days 8-30`; joining is at 0."""
    customers: int
    """Customers of the cohorts for which this period has passed."""
    rate: float | None
    """Share of these customers active in this period, so long after joining, 0 to 1; with
    measure=revenue, revenue per revenue at offset 0. null where no cohort is mature.
    """
    low: float | None
    """Lower end of the 95% interval (Wilson) of the rate; null where a cell has none."""
    high: float | None
    """Upper end of that interval."""


class GridRow(TypedDict):
    """One cohort."""

    cohort_starts_on: str
    customers: int
    """Customers who joined in the cohort's period."""
    cells: list[GridCellView]


class GridView(TypedDict):
    """The share of each cohort that came back."""

    period: str
    mode: str
    origin: str
    entry: str
    windows: str
    measure: str
    currency: str
    """The currency of the revenue."""
    cohorts: list[GridRow]
    average: list[GridColumn]
    run: RunView | None


class GroupView(TypedDict):
    """Revenue and buyers of one group within the attribution window, reached or not."""

    members: int
    """People whose window has closed by the look that is shown."""
    customers: int
    """The number of members who bought."""
    customer_rate: float | None
    """Customers per member; null without any."""
    revenue: str
    """Net of refunds, in the currency of the effect."""
    revenue_per_member: str | None
    """null without any."""


class Health(TypedDict):
    """The service is well, on this storage."""

    status: str
    storage: str


class HistoryEntry(TypedDict):
    """An order or an event."""

    at: str
    kind: str
    id: str
    amount: NotRequired[str]
    """Exactly as recorded."""
    currency: NotRequired[str]


class ImportPreviewView(TypedDict):
    """The orders and refunds that would be new in the ledger as it is now."""

    orders: int
    """Orders that the ledger does not have yet."""
    refunds: int
    """Refunds that the ledger does not have yet."""
    net_totals: dict[str, str]
    """The change of the ledger's orders less refunds, by currency."""
    other_totals: dict[str, str]
    """The same of orders that are skipped for their currency."""


class ImportView(TypedDict):
    """The progress or the result of an import; in lines, or in a shop's orders."""

    import_id: str
    state: str
    """`queued`, `importing`, `finished`, `checked` (a dry run), `refused` (see `errors`), or
    `failed`: given up, after what is counted, or not tried again for three hours.
    """
    bytes: int | None
    """The size of the file; null once it is imported and gone."""
    bytes_read: int | None
    """Bytes of the file that are behind an import under way; null once it has ended."""
    lines_read: int | None
    """Lines that are behind an import under way; null once it has ended."""
    errors: list[ViolationView]
    """Why the file was refused as a whole."""
    recorded: int
    """New in the ledger."""
    unchanged: int
    """Known already, with the same contents."""
    conflicting: int
    """Known already with other contents, and left as they were."""
    rejected: int
    """Lines that cannot be taken."""
    erased: int
    """The number of orders of customers who were erased since; they are not kept."""
    warned: int
    """Refunds that are recorded and do not fit what they refund."""
    replaced: int
    """Orders of a shop that were known otherwise."""
    skipped: dict[str, int]
    """Orders of a shop that do not count, by reason."""
    preview: ImportPreviewView | None
    """The result of a dry run, which records nothing: the counts say what an import would do."""
    problems: list[ProblemLineView]
    """The first lines that changed nothing, then those warned of, once the import has ended."""
    problems_truncated: bool
    """Whether there are more than are shown."""


class IntervalView(TypedDict):
    """Between which amounts a customer's lifetime value will lie at the horizon's end.

    By a parametric bootstrap of the run's models, chance included. Where most probably
    nothing more comes it is a point, what the customer has brought; the predicted value, a
    mean, then lies above it. See `docs/models.md`.
    """

    low: str
    """Least lifetime value of the interval, in the value's currency."""
    high: str
    """Greatest lifetime value of the interval, in the value's currency."""
    level: float
    """The probability that the value lies in the interval, ends included, by the run's models:
    0.8, or, of a point, the probability of no purchase.
    """
    is_point: bool
    """Whether `low` and `high` are one amount."""


class ItemResult(TypedDict):
    """The outcome of one item: recorded, unchanged, conflicting, rejected or erased.

    Erased is one not younger than the erasure of its customer: it is counted and not kept.
    """

    index: int
    """Position of the item in the batch, from 0."""
    id: str | None
    customer_id: str | None
    status: str
    errors: NotRequired[list[ViolationView]]
    warning: NotRequired[RefundWarningView]
    """A warning about a refund that is recorded, or was before."""


class JudgementView(TypedDict):
    """On how many held-out days the models behind values were judged, and with which error."""

    horizon_days: int
    """The horizon of values."""
    judged_days: int | None
    """The longest time that their models were judged on; null where no time could be held out."""
    purchases_error_percent: float | None
    """The error of the total of purchases on those days, above 0 where too many were
    predicted.
    """
    revenue_error_percent: float | None
    """The error of the total of revenue on those days."""
    note: str
    """The same in words; says so where values look further ahead than anything judged."""


class KeptView(TypedDict):
    """A place that an erasure leaves as it is."""

    what: str
    why: str
    """And until when, where it ends."""


class LTVAnalysis(TypedDict):
    """The value of all customers, as of the current run."""

    start: str | None
    end: str | None
    currency: str
    """The currency of the run; the deployment's before the first one."""
    total_customers: int
    """Customers whose first purchase lies in the range."""
    total_revenue: str
    """The spend until the run, net of refunds, times the margin; in `currency`."""
    total_predicted_clv: str
    """The same plus what is expected of them within the value horizon, in `currency`."""
    average_ltv: str | None
    """Mean predicted lifetime value per customer, in `currency`; null without customers."""
    cohort_analysis: dict[str, ValueGroupView]
    segment_distribution: dict[str, ValueGroupView]
    by_source: dict[str, ValueGroupView]
    """The groups by source of the last accepted submission before the first purchase;
    `unknown` for customers without one.
    """
    by_campaign: dict[str, ValueGroupView]
    """The groups by campaign of that submission; customers without one are in no group."""
    run: RunView | None
    """null before the first run."""
    backtest: dict[str, Json] | None
    """The error of the run's models on held-out time: see `docs/models.md`."""


class LastRunView(TypedDict):
    """The run with the latest instant, published or not."""

    run_id: str
    as_of: str
    stage: str
    """`planned`, `scoring`, `finished`, `withheld` or `failed`."""
    failure: str | None
    warnings: list[LastRunWarningView]
    """Empty before the run has ended."""


class LastRunWarningView(TypedDict):
    """A finding against the run's own numbers; `GET /retention/model` tells more."""

    code: str
    """The code of the warning in `GET /retention/model`."""
    message: str
    count: int
    """Customers, orders or models that it is about."""


class LeadAnalyticsView(TypedDict):
    """Outcomes of the leads first seen in a range of time."""

    start: str | None
    """Included."""
    end: str | None
    """Excluded."""
    time_zone: str
    """The zone that days are counted in."""
    customers_as_of: str | None
    """The instant of the run that counts customers; null before the first one."""
    leads: int
    """Leads first seen in the range."""
    by_source: list[LeadGroupView]
    """The most leads first; at most 100 sources."""
    sources_truncated: bool
    """Whether there are more sources."""
    by_grade: list[LeadGroupView]
    """The best grade first, leads without a score last."""


class LeadAnswers(TypedDict):
    """Answers of one submission: those earlier than the lead's own stand here."""

    submission_id: str
    form_id: str
    state: str
    source: str
    answers: dict[str, Json]
    submitted_at: str


class LeadDetails(TypedDict):
    """A lead and how it came to be what it is."""

    lead_id: str
    email: str
    first_name: str | None
    last_name: str | None
    company: str | None
    phone: str | None
    answers: dict[str, Json]
    status: str
    source: str
    campaign: str | None
    submission_count: int
    """Accepted submissions of this person."""
    first_submission_at: str
    last_submission_at: str
    score: ScoreView | None
    status_changes: list[StatusChangeView]
    """Oldest first."""
    history: list[LeadAnswers]
    """Newest first."""
    history_truncated: bool
    """Whether there are older ones."""


class LeadGroupView(TypedDict):
    """Leads that share a source, or a grade."""

    name: str
    """The source or the grade; `unscored` for leads without a score."""
    leads: int
    """Leads first seen in the range."""
    by_status: dict[str, int]
    """The leads by their present status."""
    hot_leads: int
    """Leads with a hot score."""
    won: int
    """Leads with the present status closed_won."""
    customers: int
    """Leads who had bought by the current run, in any status."""
    won_rate: float
    """Share of the leads that were won, 0 to 1."""
    customer_rate: float
    """Share of the leads who had bought by then, 0 to 1."""


class LeadList(TypedDict):
    """A page of leads, by last submission."""

    leads: list[LeadView]
    next_cursor: str | None


class LeadMatches(TypedDict):
    """The lead who was looked for; nobody where the list is empty."""

    leads: list[LeadView]


class LeadMetrics(TypedDict):
    """Counts of the leads first seen in the range."""

    new_leads: int
    """Leads whose first submission lies in the range."""
    hot_leads: int
    """New leads whose score is hot."""
    customers: int
    """New leads who have bought, whenever that was."""
    average_score: float | None
    """Mean score of the new leads that have one, 0 to 100 points; null without any."""
    by_status: dict[str, int]
    """The new leads by their present status."""


class LeadPatch(TypedDict):
    """A lead's new status."""

    status: LeadStatus


type LeadStatus = Literal[
    "new", "contacted", "qualified", "proposal", "negotiation", "closed_won", "closed_lost"
]


class LeadView(TypedDict):
    """A lead."""

    lead_id: str
    email: str
    first_name: str | None
    last_name: str | None
    company: str | None
    phone: str | None
    answers: dict[str, Json]
    status: str
    source: str
    campaign: str | None
    submission_count: int
    """Accepted submissions of this person."""
    first_submission_at: str
    last_submission_at: str
    score: ScoreView | None


class LifecyclePeriod(TypedDict):
    """Customers present in a period (active), by what came before, and those who stayed away."""

    starts_on: str
    active: int
    """Customers with a purchase or activity in the period: new, returning and resurrecting
    ones.
    """
    new: int
    """Active for the first time ever."""
    returning: int
    """Active in the period before, too."""
    resurrecting: int
    """Active before, but not in the period before."""
    dormant: int
    """Active in the period before, and not in this one."""
    mature: bool
    """Not while the period had not ended when they were counted."""


class LifecycleView(TypedDict):
    """New, retained, returning and lost customers, period by period."""

    period: str
    periods: list[LifecyclePeriod]
    run: RunView | None


class LookView(TypedDict):
    """One look, and what was to be told at it."""

    look: int
    """From 1."""
    at: str
    read_at: str | None
    """When it was first read; what arrives later changes nothing. null where it is ahead."""
    members: int | None
    """The number of members of both groups by then; null where the look is ahead."""
    finding: str | None
    """The finding as it was published when the look was first read, like the revenue."""
    incremental_revenue: MoneyEstimateView | None
    """With the interval for this look, which allows for the others."""


class MembershipView(TypedDict):
    """The person's place in a campaign."""

    campaign_id: str
    group: str
    """`treatment` for who is written to, `holdout` for who is not, to compare with."""
    state: str
    assigned_at: str
    message_id: str
    foreseen_value: str | None
    """Value that was still expected of the person then."""
    currency: str | None


class MessageBody(TypedDict):
    """Texts with fields such as {{ first_name | there }}."""

    subject: str
    text: str
    html: NotRequired[str | None]


class MessageTemplateView(TypedDict):
    """The texts of a campaign's message."""

    subject: str
    text: str
    html: str | None


class MessageView(TypedDict):
    """A message to the rest of the company, kept until it is delivered and a while after."""

    message_id: str
    kind: str
    occurred_at: str
    payload: dict[str, Json]


class ModelReport(TypedDict):
    """The last runs side by side, latest first."""

    runs: list[RunReport]


class MoneyEstimateView(TypedDict):
    """An amount with its 95% interval."""

    value: str
    """The estimate, in the currency of the effect."""
    low: str
    """The lower end of the interval."""
    high: str
    """The upper end of the interval."""


class MonthCostsView(TypedDict):
    """Costs of acquisition in a month, with the tag of this state of them."""

    month: str
    """Such as 2026-10."""
    costs: dict[str, str]
    """Costs by source, in `currency`."""
    total: str
    """The costs of all sources, in `currency`."""
    currency: str
    tag: str | None
    """Names this state of the month, for If-Match; null for a month without any cost."""


class OrderItem(TypedDict):
    """A purchase, or, with `refund_of`, money given back (a negative amount)."""

    customer_id: str
    order_id: str
    ordered_at: str
    amount: str | float
    """A decimal string (preferred) or a number; read exactly."""
    currency: NotRequired[str | None]
    """The deployment's where it is left out."""
    refund_of: NotRequired[str | None]
    email: NotRequired[str | None]
    """Tells who the customer is, whatever id they have elsewhere, and ties them to a lead."""


class OrderView(TypedDict):
    """An order, or money given back."""

    order_id: str
    ordered_at: str
    amount: str
    currency: str
    refund_of: str | None


class OrdersBody(TypedDict):
    """A batch of orders."""

    orders: list[OrderItem]


class OutcomeItem(TypedDict):
    """An outcome of a message."""

    id: NotRequired[str | None]
    """The sender's id of the item; the result shows it."""
    message_id: str
    """The id in the outbox and the mail: its `Message-ID` before the `@`, and its tag
    `message`.
    """
    kind: OutcomeKind
    at: str


type OutcomeKind = Literal[
    "sent", "delivered", "opened", "clicked", "converted", "bounced", "unsubscribed", "complained"
]


class OutcomeReport(TypedDict):
    """Results in the order of the items, and how many there are of each."""

    results: list[OutcomeResult]
    recorded: int
    """Items that are new."""
    unchanged: int
    """Items whose message has an outcome of this kind already; that one stays."""
    rejected: int
    """Items with errors; not recorded."""


class OutcomeResult(TypedDict):
    """The result of one item: recorded, unchanged or rejected."""

    index: int
    """Position of the item in the batch, from 0."""
    id: str | None
    """The id as it was sent."""
    status: str
    errors: NotRequired[list[ViolationView]]


class OutcomesBody(TypedDict):
    """A batch of outcomes."""

    outcomes: list[OutcomeItem]


class OverviewView(TypedDict):
    """Figures of a period, compared with the one before it."""

    start: str
    """First day."""
    end: str
    """Last day."""
    days: int
    """Days in the period, and in the one before it."""
    time_zone: str
    """The zone that days are counted in."""
    submissions: CountFigure
    """Submissions in any state."""
    new_leads: CountFigure
    """Leads whose first submission lies in the period."""
    hot_leads: CountFigure
    """New leads whose score is hot."""
    revenue: RevenueView | None
    """null before the first run."""
    risk: RiskView | None
    """null before the first run."""
    attention: AttentionView


type Parsed = str | int | float | bool | list[Parsed] | dict[str, Parsed] | None


class PersonBody(TypedDict):
    """A person's e-mail address; in a body, because addresses are logged."""

    email: str


class PersonExport(TypedDict):
    """Everything that the database holds about one person."""

    email: str
    lead: LeadView | None
    status_changes: list[StatusChangeView]
    submissions: list[SubmissionView]
    """The submissions, those in quarantine and repetitions included."""
    idempotent_answers: list[AnsweredRequestView]
    outbox_messages: list[MessageView]
    campaigns: list[MembershipView]
    mails_sent_at: list[str]
    """When forms sent mails to the person's mailbox, of the last day: by these they are
    limited.
    """
    consents: ConsentsView
    """The consents of the person, and whether the address is suppressed."""
    customers: list[CustomerRecord]
    erased_at: str | None
    """When data held earlier was erased, where that was asked for."""


class PreviewView(TypedDict):
    """The result that a dispatch would have now."""

    campaign_id: str
    reached: int
    """People who would be written to."""
    held_out: int
    """People who would be held out, to compare with."""
    not_reached: dict[str, int]
    """People of the audience by the first reason that keeps them out."""
    samples: list[SampleView]
    """Messages of up to three of those reached."""


class Problem(TypedDict):
    """A problem (RFC 9457)."""

    type: str
    title: str
    status: int
    """The HTTP status code."""
    instance: str
    detail: NotRequired[str]
    errors: NotRequired[list[ViolationView]]


class ProblemLineView(TypedDict):
    """A line that changed nothing, or was warned of."""

    line: int
    """Counts from 1, a header included."""
    status: str
    """`rejected`, `conflicting`, `skipped`, or `warned`, which was recorded."""
    errors: list[ViolationView]


class QuietHoursBody(TypedDict):
    """Hours of the deployment's zone in which nobody is written to; they may span midnight."""

    starts: str
    ends: str


class QuietHoursView(TypedDict):
    """Hours of the deployment's zone in which nobody is written to."""

    starts: str
    """Such as 21:00."""
    ends: str


class Receipt(TypedDict):
    """A submission is stored; the receipt is the same whether it was accepted or quarantined."""

    submission_id: str
    form_id: str
    submitted_at: str


class ReceiptHorizonView(TypedDict):
    """The prediction of a receipt for some days."""

    days: int
    """Days after the run that the forecast covers."""
    ends_at: str
    graded_as_of: str | None
    """The instant of the run that graded it; null before."""
    purchases: CountForecastView
    """Days with a purchase, of customers who had bought."""
    revenue: RevenueForecastView
    inactivity: CountForecastView
    """Customers without a purchase or activity, of all known."""


class ReceiptList(TypedDict):
    """A page of receipts, the latest month first."""

    receipts: list[ReceiptView]
    next_cursor: str | None


class ReceiptView(TypedDict):
    """The prediction of a month's first run, as it was sealed."""

    month: str
    """Its first day."""
    run_id: str
    as_of: str
    is_backfilled: bool
    """Whether it was made after the fact, from what was known by then."""
    model: str
    """The model of purchases."""
    currency: str
    horizons: list[ReceiptHorizonView]
    weeks: list[ReceiptWeekView]
    """The first 13 weeks one by one; none in a receipt from before weeks were foreseen."""
    weeks_counted_as_of: str | None
    """The time of the run that counted the last of them, as orders and refunds were then; null
    before any is counted.
    """


class ReceiptWeekView(TypedDict):
    """A receipt's forecast for one week of customers who had bought, and the outcome."""

    week: int
    """From 1: the seven days that begin with the day of the run."""
    starts_on: str
    purchases: CountWeekView
    revenue: RevenueWeekView


type Received = Literal["accepted", "ignored", "ping"]


class RefundWarningView(TypedDict):
    """Why a refund that was recorded deserves a second look."""

    code: str
    """`refunds_exceed_order`, `refund_of_refund` or `order_of_another_customer`."""
    message: str


class RescoringBody(TypedDict):
    """The instant to score as of; an earlier answer's `as_of` goes on where that stopped."""

    as_of: NotRequired[str | None]


class RescoringReport(TypedDict):
    """The progress of scoring all leads."""

    as_of: str
    rules_version: int
    """Version of the table by which leads were scored."""
    scored: int
    """Leads scored this time; those that had this score already are none of them."""
    is_finished: bool
    """If not, doing it again with the same `as_of` goes on."""


class RetentionAnalyticsView(TypedDict):
    """The state of all customers."""

    customers: int
    """Customers with a purchase or activity until the run."""
    churn_risk_distribution: dict[str, int]
    """Customers by risk level."""
    segment_distribution: dict[str, int]
    """Customers by engagement segment."""
    high_risk_customers: int
    """Customers at risk level high."""
    average_churn_probability: float | None
    """Mean over customers of P(no purchase and no activity within the churn horizon after the
    run); null without customers.
    """
    average_engagement_score: float | None
    """Mean engagement over customers, 0 to 100 points; null without customers."""
    value_at_risk: str
    """Residual value of the customers at high risk, in `currency`."""
    currency: str
    campaign_metrics: CampaignSummaryView
    change: RetentionChangeView | None
    """null for the first run."""
    run: RunView | None


class RetentionChangeView(TypedDict):
    """The change since the run before; more is above 0."""

    since: str
    """The instant of that run."""
    customers: int
    """Customers now less those then."""
    high_risk_customers: int
    """Customers at risk level high now less those then."""
    value_at_risk: str
    """Value at risk now less that then, in the currency of the analytics."""
    churn_risk_distribution: dict[str, int]
    """Customers by risk level, now less then."""
    segment_distribution: dict[str, int]
    """Customers by engagement segment, now less then."""


class RevenueFigure(TypedDict):
    """Revenue in one currency, in the period and in the one before it."""

    currency: str
    now: str
    """Orders in the period less refunds made in it, in `currency`."""
    before: str
    """The same for as many days of the period before, in `currency`."""
    orders_now: int
    """Orders in the period."""
    orders_before: int
    """Orders in as many days of the period before."""


class RevenueForecastView(TypedDict):
    """Revenue net of refunds, neither discounted nor times the margin: foreseen, and what
    came.
    """

    customers: int
    """Customers whom the forecast is about."""
    foreseen: str
    """Revenue in the receipt's currency, foreseen in total."""
    graded_customers: int | None
    """Customers of whom it is known what came; null before grading."""
    came: str | None
    """Revenue in the receipt's currency, that came in total; null before grading."""
    error_percent: float | None
    """Above 0 where too much was foreseen; null before grading, and where nothing came."""
    by_decile: list[RevenueGroupView]


class RevenueGroupView(TypedDict):
    """A tenth of customers, by rising forecast; those of equal forecasts share one."""

    decile: int
    """1, with the least forecasts, to 10."""
    customers: int
    """Customers in the group."""
    foreseen: str
    """Revenue in the receipt's currency, foreseen in total."""
    graded_customers: int | None
    """Customers of these of whom it is known what came; null before grading."""
    came: str | None
    """The actual value, in the unit of `foreseen`; null before grading."""


class RevenueView(TypedDict):
    """Revenue up to the instant of the current run."""

    as_of: str
    """The instant of the run; later orders are not counted yet."""
    through: str | None
    """The last day that is counted; the period before is counted over as many days. null if
    the run is older than the period.
    """
    by_currency: list[RevenueFigure]
    """A figure for each currency of the ledger, the deployment's first; empty if no day of the
    period is counted.
    """


class RevenueWeekView(TypedDict):
    """Revenue in one week, net of refunds, neither discounted nor times the margin."""

    foreseen: str
    """Revenue in the receipt's currency, foreseen in total."""
    came: str | None
    """Revenue in the receipt's currency, that came in total; null before the week is counted."""


type RiskLevel = Literal["low", "medium", "high", "lost"]


class RiskView(TypedDict):
    """Value at risk by the current run, and by the run nearest to a period earlier."""

    currency: str
    value_now: str
    """Value at risk of all customers at high risk, in `currency`."""
    value_before: str | None
    """Value at risk by the earlier run, in `currency`; null without one."""
    customers_now: int
    """Customers at high risk."""
    customers_before: int | None
    """Customers at high risk by the earlier run; null without one."""
    as_of: str
    before_as_of: str | None
    """The instant of the earlier run."""


class RuleBody(TypedDict):
    """One check of one field."""

    field: str
    kind: RuleKind
    parameters: NotRequired[dict[str, Json]]
    message: NotRequired[str]


type RuleKind = Literal[
    "required", "email", "phone", "regex", "length", "range", "choice", "matches"
]


class RuleView(TypedDict):
    """One check of one field."""

    rule_id: str
    field: str
    kind: str
    parameters: dict[str, Json]
    message: str


class RunBody(TypedDict):
    """The instant to score customers as of; `now` or nothing is the present."""

    as_of: NotRequired[str]


class RunFindings(TypedDict):
    """The state of all customers by a run."""

    high_risk_customers: int
    """Customers at risk level high."""
    value_at_risk: str
    """Residual value of the customers at high risk, in `currency`."""
    average_churn_probability: float | None
    """Mean over customers, 0 to 1; null without customers."""
    currency: str


class RunProgressList(TypedDict):
    """A page of scoring runs, the latest `as_of` first."""

    runs: list[RunProgressView]
    next_cursor: str | None


class RunProgressView(TypedDict):
    """The progress of a scoring run."""

    run_id: str
    as_of: str
    """The instant whose facts it goes by."""
    state: str
    """`planned` until its models are fitted, `scoring`, then `finished`, `withheld` (worse
    than the simple rule, so not published) or `failed`.
    """
    shards: int
    """Parts that customers are scored in."""
    shards_scored: int
    """The number of shards that are scored; all of them once a run has finished."""
    customers: int
    """Customers scored so far; of a run that has finished, all of them."""
    warnings: list[RunWarningView]
    failure: str | None
    """Why it failed; null otherwise."""
    requested_at: str | None
    """null for a run of the schedule."""
    started_at: str | None
    finished_at: str | None
    """When it ended, in whatever state."""


class RunReport(TypedDict):
    """A run with how right it would have been."""

    run_id: str
    as_of: str
    settings: dict[str, Json]
    models: dict[str, Json]
    judged: JudgementView | None
    """null in a run from before models were judged on the horizon of values."""
    state: str
    customers: int
    """Customers that the run scored."""
    warnings: list[RunWarningView]
    found: RunFindings | None
    """null of a run that is not published, or from before it was kept."""
    calibration_error: float | None
    """Mean distance between the predicted and the observed share of inactive customers, over
    tenths of the customers of the backtest, 0 to 1; null where no time could be held out.
    """
    backtest: dict[str, Json]


class RunView(TypedDict):
    """The instant, models and settings that numbers come from."""

    run_id: str
    as_of: str
    settings: dict[str, Json]
    models: dict[str, Json]
    judged: JudgementView | None
    """null in a run from before models were judged on the horizon of values."""


class RunWarningView(TypedDict):
    """A finding about the ledger or the models that a run's numbers do not show."""

    code: str
    """`customers_left_out`, `unmatched_refunds`, `over_refunded_orders`, `backtest_far_off` or
    `imprecise_model`.
    """
    message: str
    count: int
    """Customers left out, refunds, orders, customers of the backtest, or models."""
    customer_ids: NotRequired[list[str]]
    """The first 20 of the customers left out, by id."""
    total: NotRequired[str]
    """The sum of the refunds, or the amount by which they exceed their orders."""
    currency: NotRequired[str]


class SampleView(TypedDict):
    """A message as one of those reached would get it."""

    subject: str
    text: str
    html: str | None


class ScorePointView(TypedDict):
    """Points and why."""

    category: str
    rule: str
    points: int
    """Points that the rule gave."""
    reason: str


class ScoreView(TypedDict):
    """A lead's score with its ledger."""

    total: int
    """Sum of the points, 0 to 100."""
    grade: str
    is_hot: bool
    by_category: dict[str, int]
    """Points by category of rules."""
    points: list[ScorePointView]
    rules_version: int
    """The version of the rules that gave the points; 0 from before there was one."""
    scored_at: str


class ScoringRuleBody(TypedDict):
    """Points for leads that meet a criterion, and why."""

    name: str
    category: Category
    criterion: Criterion
    points: int
    """Points for a lead that meets the criterion."""
    reason: str
    fields: NotRequired[list[str]]
    values: NotRequired[list[str]]
    at_most: NotRequired[int | None]
    """The number of submissions after the first that give points; 1 by default."""
    days: NotRequired[int | None]
    """In how many days after the last submission the points fall to none."""


class ScoringRuleView(TypedDict):
    """A rule of the table."""

    name: str
    category: str
    criterion: str
    points: int
    """Points for a lead that meets the criterion."""
    reason: str
    fields: NotRequired[list[str]]
    values: NotRequired[list[str]]
    at_most: NotRequired[int]
    """The number of submissions after the first that give points; left out without a limit."""
    days: NotRequired[int]
    """In how many days after the last submission the points fall to none; left out otherwise."""


class ScoringRulesBody(TypedDict):
    """The table by which leads are scored, which replaces the one before."""

    rules: list[ScoringRuleBody]
    hot_total: int
    """The least score of a hot lead, in points from 1 to 100."""
    grades: GradesBody
    replaces: NotRequired[int | None]
    """The version that it is meant to replace: another one is then not replaced."""


class ScoringRulesView(TypedDict):
    """The table by which leads are scored."""

    version: int
    """Number of the table; each change makes the next one."""
    rules: list[ScoringRuleView]
    hot_total: int
    """The least score of a hot lead, in points from 1 to 100."""
    grades: dict[str, int]
    """The least total of each grade; below them all stands F."""
    made_at: str


class SegmentBody(TypedDict):
    """A segment's rule: either a quantile of all customers or a bound in money."""

    name: str
    description: NotRequired[str]
    lower_quantile: NotRequired[float | None]
    """Share of all customers who lie below the segment, 0 to below 1."""
    lower_bound: NotRequired[str | float | None]
    """Least predicted lifetime value that belongs here, in `currency`."""
    currency: NotRequired[str | None]
    """The bound's currency; the deployment's by default."""


class SegmentDifferenceView(TypedDict):
    """The effect on one segment."""

    treatment: GroupView
    holdout: GroupView
    incremental_revenue: MoneyEstimateView | None
    """The revenue added by all members of the treatment."""
    incremental_revenue_per_member: MoneyEstimateView | None
    incremental_customers: CountEstimateView | None
    """The number of buyers added among all members of the treatment."""
    narrowed_by: float
    """Share by which what the run before foresaw narrows the interval of revenue."""
    too_small: str | None
    """Why there is no interval of revenue."""
    segment_by: str
    """Such as risk_level, as it was when people were assigned."""
    segment: str


class SegmentList(TypedDict):
    """Every segment."""

    segments: list[SegmentView]
    run: RunView | None


class SegmentView(TypedDict):
    """A segment's rule and what the current run found for it."""

    segment_id: str
    name: str
    description: str
    lower_quantile: float | None
    """Share of all customers who lie below the segment, 0 to below 1; null where a bound is
    set.
    """
    lower_bound: str | None
    """The bound as it was set."""
    resolved_lower_bound: str | None
    """The bound as the current run resolved it; null before one, or for a newer rule."""
    currency: str
    """The currency of the bounds and values here; the deployment's if there are none."""
    customers: int
    """Customers in the segment by the run."""
    total_value: str
    """Sum of its customers' predicted lifetime values, in `currency`."""
    average_value: str | None
    """Mean predicted lifetime value of its customers, in `currency`; null without customers."""


class ShopEventReceipt(TypedDict):
    """The answer to a shop: whether its event was taken, and where it went."""

    result: Received
    """Accepted, or ignored since it is about nothing that is recorded, or only a ping."""


class SourceList(TypedDict):
    """Values and costs of customers by source, the most customers first."""

    start: str | None
    """First month of first purchases, included."""
    end: str | None
    """Last month, included."""
    currency: str
    sources: list[SourceView]
    """Values by source of the last accepted submission before the first purchase, or
    `unknown`.
    """
    run: RunView | None


class SourceView(TypedDict):
    """Customers of one source, with their value and cost."""

    customers: int
    """Customers in the group."""
    revenue: str
    """The spend until the run, net of refunds, times the margin; in the analysis's currency."""
    predicted_clv: str
    """Sum of their predicted lifetime values, in the analysis's currency."""
    residual_value: str
    """Sum of what is expected of them within the value horizon, in the analysis's currency."""
    average_ltv: str | None
    """Mean predicted CLV; null without customers."""
    source: str
    cost: str | None
    """Spent on the source in these months, in `currency`; null where no cost is recorded."""
    customers_acquired: int
    """Customers whose month of first purchase has a cost of the source."""
    cost_per_customer: str | None
    """The cost per customer acquired (CAC), in `currency`; null without either."""
    ltv_to_cac: float | None
    """Predicted lifetime value of the customers acquired per unit of what they cost. null
    without them, or without a cost.
    """
    payback_months: int | None
    """The month of a customer's life, the first one being 0, by whose end an average customer
    of all sources has brought the cost per customer, as the cohorts say. null where that is
    not seen yet, or without a cost.
    """


class SpamBody(TypedDict):
    """A form's protection against spam."""

    honeypot: NotRequired[str]
    minimum_seconds: NotRequired[int]
    """Seconds a person needs at least to fill the form in; 0 switches it off."""
    links_tolerated: NotRequired[int]
    """Links in the answers that are no sign of spam yet."""
    per_address_hourly: NotRequired[int]
    """Submissions of one IP address within an hour that are no sign of spam yet; 0 for no
    limit.
    """
    per_form_hourly: NotRequired[int]
    """Submissions of the form within an hour that are no sign of spam yet; 0 for no limit."""
    blocks_disposable: NotRequired[bool]
    requires_token: NotRequired[bool]
    turnstile_secret_arn: NotRequired[str | None]


class SpamView(TypedDict):
    """A form's protection against spam."""

    honeypot: str
    minimum_seconds: int
    """Seconds a person needs at least to fill the form in; 0 switches it off."""
    links_tolerated: int
    """Links in the answers that are no sign of spam yet."""
    per_address_hourly: int
    """Submissions of one IP address within an hour that are no sign of spam yet; 0 for no
    limit.
    """
    per_form_hourly: int
    """Submissions of the form within an hour that are no sign of spam yet; 0 for no limit."""
    blocks_disposable: bool
    requires_token: bool
    turnstile_secret_arn: str | None


class StatusChangeView(TypedDict):
    """When a lead came to a status."""

    status: str
    changed_at: str


class SubmissionList(TypedDict):
    """A page of submissions, newest first."""

    submissions: list[SubmissionView]
    next_cursor: str | None


class SubmissionMetrics(TypedDict):
    """Counts of submissions."""

    total_submissions: int
    """All submissions in the range."""
    accepted: int
    """Accepted ones."""
    quarantined: int
    """Suspected of spam, waiting for a decision."""
    duplicates: int
    """Repeats of answers that had come before, within the form's window."""
    unconfirmed: int
    """Whose person has not confirmed them; the four add up to the total."""
    by_form: dict[str, int]
    """All submissions in the range by form."""


class SubmissionView(TypedDict):
    """A submission as stored."""

    submission_id: str
    form_id: str
    lead_id: str | None
    state: str
    answers: dict[str, Json]
    attribution: dict[str, str]
    source: str
    is_duplicate: bool
    duplicate_of: str | None
    spam_reasons: list[str]
    consent: str | None
    """The text its person agreed to."""
    ip_address: str | None
    user_agent: str | None
    submitted_at: str
    waited_until: str | None
    """When it was stored, where it waited for the storage."""


class SuppressionView(TypedDict):
    """An address that gets no messages of a purpose, whatever else was said."""

    purpose: str
    reason: str
    since: str


class Token(TypedDict):
    """A form's token, which a page sends as `_token` to show that its visitor took time."""

    token: str
    expires_in: int
    """Seconds."""


class UnfinishedView(TypedDict):
    """A place that was not gone through; doing the erasure again goes through it."""

    place: str
    why: str


type UnsubscribeFrom = Literal["all", "campaign"]


class UploadBody(TypedDict):
    """Options by which the file is read; none is taken from its name."""

    format: NotRequired[Literal["auto", "shopify", "woocommerce", "stripe", "plain"]]
    """`auto` goes by the header."""
    mapping: NotRequired[dict[str, Parsed] | None]
    """The columns of a plain file by their meaning; see the reference of shop files."""
    currency: NotRequired[str | None]
    """The currency of a file without a column for it."""
    dry_run: NotRequired[bool]
    """Whether only to say what would be recorded."""


class UploadFormView(TypedDict):
    """A form (multipart/form-data) that takes the file, without a token."""

    url: str
    """The address to post it to."""
    fields: dict[str, str]
    """Send them first and as they are, and the file last, in the field `file`."""
    max_bytes: int
    """The most bytes of the file."""
    expires_at: str


class UploadView(TypedDict):
    """The address to send a file to, and that of its import."""

    import_id: str
    import_url: str
    """The address of the import, which is there once the file was sent."""
    upload: UploadFormView


class ValueBinView(TypedDict):
    """Customers whose amounts are alike."""

    low: str | None
    """The least amount that belongs here, in `currency`; null for amounts below zero."""
    high: str | None
    """Amounts here are below it, in `currency`; null where there is no upper bound."""
    customers: int
    """Customers in the bin; 0 in one between others."""
    total: str
    """Sum of their amounts, in `currency`."""


class ValueDistributionView(TypedDict):
    """The distribution of customers' values, as of the current run."""

    measure: str
    """`predicted_clv`, `actual_clv` or `residual_value`, as with each customer."""
    currency: str
    """The run's currency; the deployment's before the first one."""
    customers: int
    """Customers with a purchase until the run."""
    total: str
    """Sum of their amounts, in `currency`."""
    average: str | None
    """Mean amount per customer, in `currency`; null without customers."""
    bins: list[ValueBinView]
    """Bins by rising amount without a gap, six to each power of ten."""
    run: RunView | None
    """null before the first run."""


class ValueGroupView(TypedDict):
    """Customers who share something, and what they are worth, in the analysis's currency."""

    customers: int
    """Customers in the group."""
    revenue: str
    """The spend until the run, net of refunds, times the margin; in the analysis's currency."""
    predicted_clv: str
    """Sum of their predicted lifetime values, in the analysis's currency."""
    residual_value: str
    """Sum of what is expected of them within the value horizon, in the analysis's currency."""
    average_ltv: str | None
    """Mean predicted CLV; null without customers."""


class ViolationView(TypedDict):
    """One thing wrong with one field."""

    field: str
    code: str
    message: str


UnsubscribeBody = TypedDict(
    "UnsubscribeBody",
    {
        "from": NotRequired[UnsubscribeFrom | None],
        "List-Unsubscribe": NotRequired[Literal["One-Click"] | None],
    },
)
