"""Rules of a deployment for all campaigns, and the terms that follow for one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from succotash.domain.campaigns.assignment import holdout_below, person_hash
from succotash.domain.campaigns.campaigns import ChannelNotConfiguredError, RetentionCampaign
from succotash.domain.campaigns.consent_rules import ConsentRule
from succotash.domain.campaigns.definition import CampaignChannel
from succotash.domain.campaigns.members import DispatchTerms
from succotash.domain.people.erasures import NO_TOMBSTONES, SUPPRESSION, Tombstones
from succotash.domain.values import Currency
from succotash.errors import InvalidInputError, SettingsError

USUAL_CURRENCY = Currency("USD")


@dataclass(frozen=True, slots=True)
class CampaignRules:
    """Whose consent counts, in which zone days and quiet hours are, and the keys of hashes."""

    consent: ConsentRule = ConsentRule.OPT_IN
    time_zone: str = "UTC"
    tombstones: Tombstones = NO_TOMBSTONES
    currency: Currency = USUAL_CURRENCY
    """In which orders count."""
    lacking: Mapping[CampaignChannel, str] = field(default_factory=dict)
    """Settings without which a channel sends nothing, and which are not there."""

    def terms(self, campaign: RetentionCampaign, at: datetime) -> DispatchTerms:
        """The terms by which a dispatch at this instant decides whom it reaches.

        InvalidInputError where it has no audience. StorageUnavailableError where the keys cannot
        be had, SettingsError where there are none.
        """
        if (audience := campaign.audience) is None:
            raise InvalidInputError.of("audience", "missing", "Required")
        definition = campaign.definition
        cap, budget = definition.frequency_cap, definition.budget
        keys = self.tombstones.keys()
        if not keys:
            raise SettingsError("ERASURE_KEYS: campaigns need a key")
        return DispatchTerms(
            campaign_id=campaign.campaign_id,
            alternatives=audience.alternatives(),
            customer_ids=audience.customer_ids,
            person_key=person_hash(keys[0], campaign.campaign_id),
            suppression_keys=self.tombstones.blocks(SUPPRESSION),
            holdout_below=holdout_below(definition.holdout_share),
            consent=self.consent,
            time_zone=self.time_zone,
            at=at,
            cap=None if cap is None else cap.messages,
            cap_since=None if cap is None else cap.since(at),
            messages=None if budget is None else budget.messages,
        )

    def require_channel(self, campaign: RetentionCampaign) -> None:
        """ChannelNotConfiguredError where nothing would send the campaign's messages."""
        channel = campaign.definition.channel
        if (setting := self.lacking.get(channel)) is not None:
            raise ChannelNotConfiguredError(channel, setting)

    def release(self, campaign: RetentionCampaign, at: datetime) -> datetime:
        """When messages handed over at an instant may leave, by the campaign's quiet hours."""
        quiet = campaign.definition.quiet_hours
        return at if quiet is None else quiet.release(at, ZoneInfo(self.time_zone))
