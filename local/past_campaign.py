"""A campaign of the summer of 1998 that is over, and whose effect is known.

Its customers are invented. They bought for the first time after the demo's last run, which
therefore knows nothing of them, and after the campaign as often as `CHANCES` says. It ran in the
past, so it comes about by the functions' own use cases with their clock set back.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from local.past_container import PastClock, past_container
from succotash.container import Container
from succotash.domain.campaigns.assignment import Arm, assigned_arm, assignment_score
from succotash.domain.campaigns.audiences import Audience
from succotash.domain.campaigns.campaigns import CampaignChange, CampaignStatus
from succotash.domain.campaigns.definition import Budget, CampaignDefinition
from succotash.domain.campaigns.members import MemberState
from succotash.domain.campaigns.outcomes import MemberOutcome, OutcomeKind
from succotash.domain.campaigns.templates import MessageTemplate
from succotash.domain.consents.consents import MARKETING, Consent, ConsentOrigin, ConsentState
from succotash.domain.value.ledgers import Order
from succotash.domain.values import CampaignId, Currency, CustomerId, MessageId, Money, OrderId
from succotash.errors import NotFoundError

CAMPAIGN_ID = CampaignId("00bf8c1c-0000-7000-8000-000000001998")
NAME = "Summer catalogue 1998"
DESCRIPTION = "Simulated: it adds 6.00 to the revenue of each member, on average."
CUSTOMERS = 1_000
HOLDOUT_SHARE = 0.3
CHANCES = {Arm.TREATMENT: 0.4, Arm.HOLDOUT: 0.2}
"""The chances of an order within the attribution window."""
CHEAPEST, DEAREST = 1_000, 5_000
"""Cents of such an order, and everything between alike."""
EFFECT = Decimal(6)
"""USD that the campaign adds to a member's revenue on average: 30.00 for a fifth of them."""
WINDOW = timedelta(days=30)
FIRST_BOUGHT_AT = datetime(1998, 7, 2, 12, tzinfo=UTC)
SENT_AT = datetime(1998, 7, 6, 12, tzinfo=UTC)
READ_AT = datetime(1998, 8, 10, tzinfo=UTC)
REPORTED: Mapping[OutcomeKind, tuple[float, timedelta]] = {
    OutcomeKind.DELIVERED: (0.97, timedelta(minutes=1)),
    OutcomeKind.OPENED: (0.38, timedelta(hours=5)),
    OutcomeKind.CLICKED: (0.09, timedelta(hours=6)),
}
"""The chances of what the mail service reports of a message, and how long after it left."""
USD = Currency("USD")


def run_past_campaign(present: Container) -> bool:
    """Let the campaign run where it has not; whether it had to. What was begun is finished."""
    try:
        known = present.get_retention_repository().get_retention_campaign(CAMPAIGN_ID)
    except NotFoundError:
        known = None
    if known is not None and known.status is CampaignStatus.COMPLETED:
        return False
    clock = PastClock(SENT_AT)
    with past_container(present, clock, lambda: CAMPAIGN_ID) as past:
        past.get_ltv_handler().record_orders([*_first_orders()])
        past.storage.repositories.consents.record_consents([*_consents()])
        if known is None:
            _create(past)
        past.get_campaign_dispatch().dispatch(CAMPAIGN_ID)
        past.get_outbox_relay().run()
        clock.now = READ_AT
        key = past.keys.tombstones.keys()[0]
        past.get_ltv_handler().record_orders([*later_orders(key)])
        campaigns = past.get_retention_handler()
        campaigns.record_reports([*_reports(past)])
        campaigns.get_campaign_performance(CAMPAIGN_ID)  # reads the look
        done = CampaignChange({"status": CampaignStatus.COMPLETED})
        campaigns.update_retention_campaign(CAMPAIGN_ID, done)
    return True


def later_orders(key: str) -> Iterator[Order]:
    """The orders within the window, by the group that their customers are in under a key."""
    for customer_id in customer_ids():
        random = Random(customer_id)  # noqa: S311 - the same each time
        chance, cents, hours = random.random(), random.randint(CHEAPEST, DEAREST), random.random()
        score = assignment_score(key, CAMPAIGN_ID, _address_of(customer_id))
        if chance < CHANCES[assigned_arm(score, HOLDOUT_SHARE)]:
            bought_at = SENT_AT + (WINDOW - timedelta(days=1)) * hours
            yield _order(customer_id, 2, bought_at.replace(microsecond=0), cents)


def _reports(past: Container) -> Iterator[MemberOutcome]:
    """Reports of the mail service; only what came is opened, and only what is opened is clicked."""
    members = past.storage.repositories.retention.get_campaign_members(CAMPAIGN_ID, limit=CUSTOMERS)
    for member in members:
        chance = Random(f"reports on {member.customer_id}").random()  # noqa: S311 - the same each time
        for kind, (share, later) in REPORTED.items():
            if chance < share and member.state is MemberState.SENT:
                message_id = MessageId(member.person_key)
                yield MemberOutcome(CAMPAIGN_ID, message_id, kind, SENT_AT + later)


def customer_ids() -> Iterator[CustomerId]:
    """The invented customers."""
    return (CustomerId(f"summer-{number:04d}") for number in range(1, CUSTOMERS + 1))


def _create(past: Container) -> None:
    campaigns = past.get_retention_handler()
    campaigns.create_retention_campaign(
        NAME,
        description=DESCRIPTION,
        ends_at=READ_AT,
        definition=CampaignDefinition(
            audience=Audience(customer_ids=tuple(customer_ids())),
            message=MessageTemplate(
                "Our summer catalogue", "The summer catalogue is here. {{ unsubscribe_url }}"
            ),
            budget=Budget(Money(Decimal("0.02"), USD), Money(Decimal("25.00"), USD)),
            holdout_share=HOLDOUT_SHARE,
            attribution_days=WINDOW.days,
            looks=(READ_AT,),
        ),
    )
    active = CampaignChange({"status": CampaignStatus.ACTIVE})
    campaigns.update_retention_campaign(CAMPAIGN_ID, active)


def _first_orders() -> Iterator[Order]:
    for customer_id in customer_ids():
        yield _order(customer_id, 1, FIRST_BOUGHT_AT, 1_500)


def _order(customer_id: CustomerId, number: int, at: datetime, cents: int) -> Order:
    return Order(
        customer_id,
        OrderId(f"{customer_id}-{number}"),
        at,
        Money(Decimal(cents) / 100, USD),
        canonical_email=_address_of(customer_id),
    )


def _consents() -> Iterator[Consent]:
    for customer_id in customer_ids():
        yield Consent(
            f"{customer_id}-consent",
            _address_of(customer_id),
            MARKETING,
            ConsentState.GRANTED,
            FIRST_BOUGHT_AT,
            FIRST_BOUGHT_AT,
            ConsentOrigin.IMPORT,
        )


def _address_of(customer_id: CustomerId) -> str:
    return f"{customer_id}@example.com"
