"""Bodies about campaigns, and the definitions that they stand for."""

from datetime import time
from typing import Annotated, Any, TypedDict

from pydantic import BeforeValidator, Field, with_config
from pydantic_core import PydanticCustomError

from succotash.domain.campaigns.audience_documents import audience_of
from succotash.domain.campaigns.campaigns import CampaignChange, CampaignStatus
from succotash.domain.campaigns.definition import (
    ATTRIBUTION_DAYS,
    HOLDOUT_SHARE,
    Budget,
    CampaignChannel,
    CampaignDefinition,
    FrequencyCap,
    QuietHours,
)
from succotash.domain.campaigns.looks import MOST_LOOKS
from succotash.domain.campaigns.templates import LONGEST_BODY, LONGEST_SUBJECT, MessageTemplate
from succotash.domain.retention.retention import EngagementSegment, RiskLevel
from succotash.domain.values import Currency, Money
from succotash.http.fields import (
    CLOSED,
    LAX,
    Amount,
    Closed,
    Count,
    CurrencyCode,
    Instant,
    Line,
    Prose,
    Real,
)

_CLOCK_TIME = r"^([01]\d|2[0-3]):[0-5]\d$"

ClockTime = Annotated[str, Field(pattern=_CLOCK_TIME)]
Body = Annotated[str, Field(min_length=1, max_length=LONGEST_BODY)]


def _no_figures(_: object) -> object:
    raise PydanticCustomError("figures_not_taken", "Figures are read-only; report outcomes instead")


class MessageBody(Closed):
    """Texts with fields such as {{ first_name | there }}."""

    subject: Annotated[str, Field(min_length=1, max_length=LONGEST_SUBJECT)]
    text: Body
    html: Body | None = None


class BudgetBody(Closed):
    """The cost of a message, and the most that all may cost."""

    cost_per_message: Amount
    """The cost of sending one message, in `currency`."""
    total: Amount
    """The most that all messages of the campaign may cost, in `currency`."""
    currency: CurrencyCode | None = None
    """The deployment's where it is left out."""


class FrequencyCapBody(Closed):
    """The most messages of all campaigns within so many days."""

    messages: Count
    """The most messages of all campaigns that a person gets."""
    days: Count
    """Within so many days."""


class QuietHoursBody(Closed):
    """Hours of the deployment's zone in which nobody is written to; they may span midnight."""

    starts: ClockTime
    ends: ClockTime


Audience = Annotated[
    dict[str, Any],
    Field(
        description='{"all": [...]} or {"any": [...]} of such groups and of conditions '
        '{"field", "operator", "value"}, or {"customer_ids": [...]}'
    ),
]
Looks = Annotated[tuple[Instant, ...], LAX, Field(max_length=MOST_LOOKS)]


class CampaignBody(Closed):
    """A new campaign; it starts as a draft."""

    name: Line
    description: Prose = ""
    target_risk_level: Annotated[RiskLevel, LAX] | None = None
    target_segment: Annotated[EngagementSegment, LAX] | None = None
    audience: Audience | None = None
    """Besides the targets, whom it is for."""
    message: MessageBody | None = None
    channel: Annotated[CampaignChannel, LAX] = CampaignChannel.EMAIL
    webhook_url: Line | None = None
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    budget: BudgetBody | None = None
    frequency_cap: FrequencyCapBody | None = None
    quiet_hours: QuietHoursBody | None = None
    holdout_share: Real = HOLDOUT_SHARE
    """Share of the people reached who are not written to, to compare with; at most 0.5."""
    attribution_days: Count = ATTRIBUTION_DAYS
    """For so long after they were assigned people's orders count."""
    looks: Looks = ()
    """When the effect is read; evenly spaced where it is left out."""

    def definition(self, own: Currency) -> CampaignDefinition:
        """The definition of a campaign, without its name and dates."""
        parts = {
            name: value
            for name in type(self).model_fields
            if name in _PARTS and (value := getattr(self, name)) is not None
        }
        return CampaignDefinition(**{name: _part(name, parts[name], own) for name in parts})


@with_config(CLOSED)
class CampaignPatch(TypedDict, total=False):
    """Changes to a campaign; what is left out stays, and null removes what is optional."""

    name: Line
    description: Prose
    status: Annotated[CampaignStatus, LAX]
    target_risk_level: Annotated[RiskLevel, LAX] | None
    target_segment: Annotated[EngagementSegment, LAX] | None
    audience: Audience | None
    message: MessageBody | None
    channel: Annotated[CampaignChannel, LAX]
    webhook_url: Line | None
    starts_at: Instant | None
    ends_at: Instant | None
    budget: BudgetBody | None
    frequency_cap: FrequencyCapBody | None
    quiet_hours: QuietHoursBody | None
    holdout_share: Real
    """Share of the people reached who are not written to, to compare with; at most 0.5."""
    attribution_days: Count
    """For so long after they were assigned people's orders count."""
    looks: Looks
    metrics: Annotated[None, BeforeValidator(_no_figures)]
    """Always refused: figures are counted."""


def change_of(patch: CampaignPatch, own: Currency) -> CampaignChange:
    """The change that a patch stands for."""
    return CampaignChange({name: _part(name, value, own) for name, value in patch.items()})


_PARTS = frozenset(CampaignDefinition.__dataclass_fields__)


def _part(name: str, value: Any, own: Currency) -> Any:  # noqa: ANN401 - a part of any type
    """A field of a body as campaigns hold it."""
    if value is None:
        return None
    match name:
        case "audience":
            return audience_of(value)
        case "message":
            return MessageTemplate(value.subject, value.text, value.html)
        case "budget":
            currency = Currency(value.currency or own)
            return Budget(Money(value.cost_per_message, currency), Money(value.total, currency))
        case "frequency_cap":
            return FrequencyCap(value.messages, value.days)
        case "quiet_hours":
            return QuietHours(time.fromisoformat(value.starts), time.fromisoformat(value.ends))
        case _:
            return value
