"""Campaigns that reach somebody: customers with consent, and whom terms mean."""

from collections.abc import Sequence
from datetime import datetime

from succotash.domain.campaigns.alternatives import AudienceField
from succotash.domain.campaigns.assignment import holdout_below, person_hash
from succotash.domain.campaigns.audiences import Audience, Condition, Operator
from succotash.domain.campaigns.campaigns import CampaignStatus, RetentionCampaign
from succotash.domain.campaigns.consent_rules import ConsentRule
from succotash.domain.campaigns.definition import CampaignDefinition
from succotash.domain.campaigns.members import DispatchTerms
from succotash.domain.campaigns.templates import MessageTemplate
from succotash.domain.people.erasures import SUPPRESSION, Tombstones
from succotash.domain.repositories.storage import Repositories
from succotash.domain.values import CampaignId, CustomerId
from tests.builders.people import a_consent
from tests.builders.retention import a_campaign, a_prediction
from tests.builders.value import a_value, an_order
from tests.builders.values import NOON, days

CAMPAIGN_KEYS = Tombstones(lambda: ("a key known to these tests", "the key before it"))
EVERYBODY = Audience(Condition(AudienceField.CHURN_PROBABILITY, Operator.AT_LEAST, (0.0,)))
GREETING = MessageTemplate("Hello {{ first_name | there }}", "Come back, {{ first_name | you }}.")


def a_running_campaign(
    campaign_id: str = "campaign",
    *,
    definition: CampaignDefinition | None = None,
    created_at: datetime = NOON,
) -> RetentionCampaign:
    """One that is active, for everybody who has a prediction."""
    campaign = a_campaign(
        campaign_id,
        status=CampaignStatus.ACTIVE,
        target_risk_level=None,
        created_at=created_at,
        ends_at=NOON + days(90),
    )
    usual = CampaignDefinition(audience=EVERYBODY, message=GREETING)
    return RetentionCampaign(
        campaign.campaign_id,
        campaign.name,
        campaign.created_at,
        campaign.updated_at,
        status=campaign.status,
        ends_at=campaign.ends_at,
        definition=definition or usual,
    )


def terms(
    campaign_id: str = "campaign",
    *,
    audience: Audience = EVERYBODY,
    holdout: float = 0.1,
    consent: ConsentRule = ConsentRule.OPT_IN,
    at: datetime = NOON,
    time_zone: str = "UTC",
    cap: int | None = None,
    cap_since: datetime | None = None,
    messages: int | None = None,
) -> DispatchTerms:
    return DispatchTerms(
        CampaignId(campaign_id),
        audience.alternatives(),
        audience.customer_ids,
        person_hash(CAMPAIGN_KEYS.keys()[0], campaign_id),
        CAMPAIGN_KEYS.blocks(SUPPRESSION),
        holdout_below(holdout),
        consent,
        time_zone,
        at,
        cap,
        cap_since,
        messages,
    )


def add_people(
    repositories: Repositories,
    ids: Sequence[str],
    *,
    with_consent: bool = True,
    at_risk: str = "12.5",
) -> None:
    """Customers of the current run, each with an address of their own and one order."""
    repositories.ltv.record_orders(
        [an_order(f"o-{each}", customer_id=each, email=email_of(each)) for each in ids]
    )
    for each in ids:
        repositories.retention.save_churn_prediction(a_prediction(each, at_risk=at_risk))
        repositories.ltv.save_customer_ltv(a_value(each))
    if with_consent:
        repositories.consents.record_consents(
            [a_consent(f"c-{each}", email=email_of(each)) for each in ids]
        )


def email_of(customer_id: str) -> str:
    return f"{customer_id}@example.com"


def listed(*ids: str) -> Audience:
    return Audience(customer_ids=tuple(CustomerId(each) for each in ids))
