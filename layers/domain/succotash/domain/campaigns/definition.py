"""The definition of a campaign: audience, message, dates, frequency, and how it is judged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from succotash.domain.campaigns.audiences import Audience
from succotash.domain.campaigns.looks import MOST_LOOKS, LookPlan
from succotash.domain.campaigns.templates import MessageTemplate
from succotash.domain.values import Currency, Json, Money, amount_violation
from succotash.errors import InvalidInputError, Violation

HOLDOUT_SHARE = 0.1
LARGEST_HOLDOUT = 0.5
ATTRIBUTION_DAYS = 30
LONGEST_ATTRIBUTION = 365
USUAL_LOOKS = 4
LONGEST_CAP_DAYS = 365


class CampaignChannel(StrEnum):
    """The channels by which messages leave."""

    EMAIL = "email"
    WEBHOOK = "webhook"
    BUS = "bus"


@dataclass(frozen=True, slots=True)
class Budget:
    """The cost of a message, and the most that all may cost."""

    cost_per_message: Money
    total: Money

    @property
    def messages(self) -> int:
        """The number of messages that it pays for."""
        return self.total.units() // self.cost_per_message.units()


@dataclass(frozen=True, slots=True)
class FrequencyCap:
    """The most messages of all campaigns that a person gets within so many days."""

    messages: int
    days: int

    def since(self, at: datetime) -> datetime:
        """Since when messages count."""
        return at - timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours of the deployment's zone in which nobody is written to; they may span midnight."""

    starts: time
    ends: time

    def release(self, at: datetime, zone: ZoneInfo) -> datetime:
        """The instant itself, or where it is quiet then, the first that is not."""
        local = at.astimezone(zone)
        now = local.time()
        if self.starts < self.ends:
            is_quiet = self.starts <= now < self.ends
        else:
            is_quiet = now >= self.starts or now < self.ends
        if not is_quiet:
            return at
        day = local.date()
        if now >= self.ends:
            day += timedelta(days=1)
        # An hour that the clock skips ends later, never sooner.
        return max(at, datetime.combine(day, self.ends, zone).astimezone(UTC))


@dataclass(frozen=True, slots=True)
class CampaignDefinition:
    """All that people decide about a campaign but its name and its dates."""

    audience: Audience | None = None
    message: MessageTemplate | None = None
    channel: CampaignChannel = CampaignChannel.EMAIL
    webhook_url: str | None = None
    budget: Budget | None = None
    frequency_cap: FrequencyCap | None = None
    quiet_hours: QuietHours | None = None
    holdout_share: float = HOLDOUT_SHARE
    attribution_days: int = ATTRIBUTION_DAYS
    looks: tuple[datetime, ...] = ()
    """When the effect is read; fixed when the campaign is activated."""
    activated_at: datetime | None = None
    ended_at: datetime | None = None
    """When somebody completed or cancelled it."""
    boundaries: Mapping[str, Json] = field(default_factory=dict)
    """The boundaries that looks' statistics are compared with; calculated at activation."""
    webhook_gone_at: datetime | None = None
    """When its webhook answered that it wants no more calls; none once it is active again."""

    @property
    def look_plan(self) -> LookPlan | None:
        """The looks as they were fixed; None before it is activated."""
        return LookPlan.of_document(self.boundaries, self.looks) if self.boundaries else None

    def violations(self, currency: Currency) -> list[Violation]:
        """All violations, by field."""
        found = [] if self.message is None else self.message.violations()
        found += self._channel_violations()
        if self.budget is not None:
            found += _budget_violations(self.budget, currency)
        if (cap := self.frequency_cap) is not None:
            if cap.messages < 1:
                found.append(_too_low("frequency_cap.messages", 1))
            if not 1 <= cap.days <= LONGEST_CAP_DAYS:
                found.append(_out_of_range("frequency_cap.days", 1, LONGEST_CAP_DAYS))
        if self.quiet_hours is not None and self.quiet_hours.starts == self.quiet_hours.ends:
            found.append(Violation("quiet_hours", "empty_range", "Must end at another time"))
        if not 0 <= self.holdout_share <= LARGEST_HOLDOUT:
            found.append(_out_of_range("holdout_share", 0, LARGEST_HOLDOUT))
        if not 1 <= self.attribution_days <= LONGEST_ATTRIBUTION:
            found.append(_out_of_range("attribution_days", 1, LONGEST_ATTRIBUTION))
        return found + self._look_violations()

    def check(self, currency: Currency) -> None:
        """InvalidInputError with everything wrong with it."""
        if violations := self.violations(currency):
            raise InvalidInputError(violations)

    @property
    def attribution(self) -> timedelta:
        """The time after the assignment within which orders count."""
        return timedelta(days=self.attribution_days)

    def usual_looks(self, starts_at: datetime, ends_at: datetime) -> tuple[datetime, ...]:
        """Looks evenly spaced, the last of them when the last orders that count are in."""
        first, last = starts_at + self.attribution, ends_at + self.attribution
        return tuple(
            first + (last - first) * number / USUAL_LOOKS for number in range(1, USUAL_LOOKS + 1)
        )

    def _channel_violations(self) -> list[Violation]:
        if self.webhook_url is None or self.channel is CampaignChannel.WEBHOOK:
            return []
        return [Violation("webhook_url", "not_for_channel", "Requires channel webhook")]

    def _look_violations(self) -> list[Violation]:
        if len(self.looks) > MOST_LOOKS:
            return [Violation("looks", "too_many", f"Must be at most {MOST_LOOKS}")]
        if any(one >= other for one, other in zip(self.looks, self.looks[1:], strict=False)):
            return [Violation("looks", "not_ascending", "Must be in order of time")]
        return []


def _budget_violations(budget: Budget, currency: Currency) -> list[Violation]:
    found = []
    for name, money in (("cost_per_message", budget.cost_per_message), ("total", budget.total)):
        path = f"budget.{name}"
        if money.currency != currency:
            found.append(Violation(path, "currency_mismatch", f"Must be {currency}"))
        elif violation := amount_violation(path, money.amount):
            found.append(violation)
        elif money.amount < 0 or (money.amount == 0 and name == "cost_per_message"):
            found.append(Violation(path, "not_positive", "Must be greater than 0"))
    return found


def _too_low(path: str, least: int) -> Violation:
    return Violation(path, "out_of_range", f"Must be at least {least}")


def _out_of_range(path: str, least: float, most: float) -> Violation:
    return Violation(path, "out_of_range", f"Must lie between {least:g} and {most:g}")
