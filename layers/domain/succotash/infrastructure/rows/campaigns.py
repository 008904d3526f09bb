"""Campaigns, their definitions and their members, of rows."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from succotash.domain.campaigns.assignment import Arm
from succotash.domain.campaigns.audience_documents import audience_document, audience_of
from succotash.domain.campaigns.campaigns import (
    CampaignMetrics,
    CampaignStatus,
    CampaignSummary,
    RetentionCampaign,
)
from succotash.domain.campaigns.definition import (
    Budget,
    CampaignChannel,
    CampaignDefinition,
    FrequencyCap,
    QuietHours,
)
from succotash.domain.campaigns.members import (
    MARKED_FROM,
    CampaignMember,
    MemberMark,
    MemberState,
    Reach,
    Recipient,
    Release,
    Unreached,
)
from succotash.domain.campaigns.templates import MessageTemplate
from succotash.domain.retention.retention import EngagementSegment, RiskLevel
from succotash.domain.values import Currency, Json, Money
from succotash.infrastructure.rows.row import Row


def campaign_of(row: Row) -> RetentionCampaign:
    """A retention campaign."""
    risk, segment = row["target_risk_level"], row["target_segment"]
    return RetentionCampaign(
        campaign_id=row["campaign_id"],
        name=row["name"],
        created_at=row.instant("created_at"),
        updated_at=row.instant("updated_at"),
        description=row["description"],
        status=CampaignStatus(row["status"]),
        target_risk_level=None if risk is None else RiskLevel(risk),
        target_segment=None if segment is None else EngagementSegment(segment),
        starts_at=row.optional_instant("starts_at"),
        ends_at=row.optional_instant("ends_at"),
        metrics=_metrics_of(row),
        definition=_definition_of(row.json("definition")),
    )


def campaign_summary_of(row: Row) -> CampaignSummary:
    """All campaigns together."""
    return CampaignSummary(row.json("campaigns_by_status"), _metrics_of(row))


def _metrics_of(row: Row) -> CampaignMetrics:
    return CampaignMetrics(
        targeted=row["targeted"],
        sent=row["sent"],
        delivered=row["delivered"],
        opened=row["opened"],
        clicked=row["clicked"],
        converted=row["converted"],
        bounced=row["bounced"],
        unsubscribed=row["unsubscribed"],
        complained=row["complained"],
        revenue=row.optional_money("revenue"),
    )


def definition_document(definition: CampaignDefinition) -> dict[str, Json]:
    """A definition as its column holds it; what is not there is left out."""
    message, budget = definition.message, definition.budget
    cap, quiet = definition.frequency_cap, definition.quiet_hours
    parts: dict[str, Json] = {
        "audience": _optional(audience_document, definition.audience),
        "message": None
        if message is None
        else {"subject": message.subject, "text": message.text, "html": message.html},
        "channel": definition.channel,
        "webhook_url": definition.webhook_url,
        "budget": None
        if budget is None
        else {
            "cost_per_message": str(budget.cost_per_message.amount),
            "total": str(budget.total.amount),
            "currency": budget.total.currency,
        },
        "frequency_cap": None if cap is None else {"messages": cap.messages, "days": cap.days},
        "quiet_hours": None
        if quiet is None
        else {"starts": quiet.starts.isoformat(), "ends": quiet.ends.isoformat()},
        "holdout_share": definition.holdout_share,
        "attribution_days": definition.attribution_days,
        "looks": [each.isoformat() for each in definition.looks],
        "activated_at": _optional(datetime.isoformat, definition.activated_at),
        "ended_at": _optional(datetime.isoformat, definition.ended_at),
        "boundaries": dict(definition.boundaries),
        "webhook_gone_at": _optional(datetime.isoformat, definition.webhook_gone_at),
    }
    return {name: value for name, value in parts.items() if value is not None}


def _definition_of(document: Mapping[str, Any]) -> CampaignDefinition:
    """A definition; that of a campaign from before there were any has nothing but defaults."""
    usual = CampaignDefinition()
    read = document.get
    return CampaignDefinition(
        audience=_optional(audience_of, read("audience")),
        message=_optional(lambda found: MessageTemplate(**found), read("message")),
        channel=CampaignChannel(read("channel", usual.channel)),
        webhook_url=read("webhook_url"),
        budget=_optional(_budget_of, read("budget")),
        frequency_cap=_optional(lambda found: FrequencyCap(**found), read("frequency_cap")),
        quiet_hours=_optional(_quiet_hours_of, read("quiet_hours")),
        holdout_share=float(read("holdout_share", usual.holdout_share)),
        attribution_days=read("attribution_days", usual.attribution_days),
        looks=tuple(map(datetime.fromisoformat, read("looks", []))),
        activated_at=_optional(datetime.fromisoformat, read("activated_at")),
        ended_at=_optional(datetime.fromisoformat, read("ended_at")),
        boundaries=read("boundaries", {}),
        webhook_gone_at=_optional(datetime.fromisoformat, read("webhook_gone_at")),
    )


def _budget_of(document: Mapping[str, str]) -> Budget:
    currency = Currency(document["currency"])
    return Budget(
        Money(Decimal(document["cost_per_message"]), currency),
        Money(Decimal(document["total"]), currency),
    )


def _quiet_hours_of(document: Mapping[str, str]) -> QuietHours:
    return QuietHours(time.fromisoformat(document["starts"]), time.fromisoformat(document["ends"]))


def _optional[T, R](read: Callable[[T], R], value: T | None) -> R | None:
    return None if value is None else read(value)


def member_of(row: Row) -> CampaignMember:
    """A member of a campaign."""
    return CampaignMember(
        campaign_id=row["campaign_id"],
        person_key=row["person_key"],
        arm=Arm(row["arm"]),
        state=MemberState(row["state"]),
        assigned_at=row.instant("assigned_at"),
        dispatch_id=row["dispatch_id"],
        customer_id=row["customer_id"],
        canonical_email=row["canonical_email"],
        run_id=row["run_id"],
        foreseen_value=row.optional_money("foreseen_value"),
        value_at_risk=row.optional_money("value_at_risk"),
        risk_level=row["risk_level"],
        value_segment=row["value_segment"],
        engagement_segment=row["engagement_segment"],
    )


def reach_of(rows: Sequence[Row]) -> Reach:
    """The number of people who would be assigned, and of others by reason."""
    people = {row["outcome"]: row["people"] for row in rows}
    return Reach(
        treatment=people.pop(Arm.TREATMENT, 0),
        holdout=people.pop(Arm.HOLDOUT, 0),
        unreached={each: people.get(each, 0) for each in Unreached},
    )


def recipient_of(row: Row) -> Recipient:
    """The recipient's details for a message."""
    return Recipient(row["message_id"], row["first_name"], row["last_name"], row["company"])


def release_of(row: Row) -> Release:
    """The recipient of a message that is about to leave."""
    reason = row["reason"]
    return Release(
        row["campaign_id"],
        recipient_of(row),
        row["canonical_email"],
        row["customer_id"],
        None if reason is None else Unreached(reason),
    )


def mark_documents(marks: Sequence[MemberMark]) -> list[Json]:
    """Marks as statements take them, with the states from which they lead."""
    return [
        {
            "campaign_id": each.campaign_id,
            "person_key": each.message_id,
            "state": each.state,
            "marked_from": [*sorted(MARKED_FROM[each.state])],
        }
        for each in marks
    ]


def states_of(rows: Sequence[Row]) -> dict[MemberState, int]:
    """The number of members by state."""
    counts = {row["state"]: row["members"] for row in rows}
    return {each: counts.get(each, 0) for each in MemberState}
