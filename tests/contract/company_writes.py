"""What campaigns and shops write, and what is seen of it."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from succotash.domain.campaigns.campaigns import CampaignStatus
from succotash.domain.campaigns.members import MemberMark, MemberState
from succotash.domain.campaigns.outcomes import MemberOutcome, OutcomeKind
from succotash.domain.campaigns.readings import LookReading, LookTotals
from succotash.domain.repositories.storage import Repositories
from succotash.domain.shops.orders import (
    KnownRefund,
    ShopOrderChange,
    ShopOrderKey,
    ShopOrderState,
)
from succotash.domain.shops.recording import ShopOrderOutcome, ShopOrderQuery
from succotash.domain.values import CampaignId, CustomerId, MessageId, OrderId, RunId
from tests.builders import NOON, a_campaign, days, usd
from tests.builders.campaigns import add_people, email_of, listed, terms
from tests.builders.shops import a_shop_order, columns_of

MEMBER, OTHER, BUYER, READER = map(CustomerId, ("member", "other", "buyer", "reader"))
CAMPAIGN, DRAFT, RUNNING = map(CampaignId, ("campaign", "draft", "running"))
TERMS = terms(CAMPAIGN, audience=listed(MEMBER, OTHER), holdout=0)
MESSAGE = MessageId(TERMS.person_key.digest(email_of(MEMBER)))
SENT_MESSAGE = MessageId(TERMS.person_key.digest(email_of(READER)))
KNOWN, NEW = (
    ShopOrderKey("shop", number, OrderId(f"shop:#{number}")) for number in ("1001", "1002")
)


def state_of(key: ShopOrderKey) -> ShopOrderState:
    """A paid order of the buyer."""
    return ShopOrderState(key.order_id, "shop", key.number, NOON, BUYER, NOON, usd(10))


def furnish_company(repositories: Repositories) -> None:
    """Three campaigns, one with two members, and an order of a shop; needs a current run."""
    add_people(repositories, [MEMBER, OTHER, READER])
    retention = repositories.retention
    retention.save_retention_campaign(a_campaign(DRAFT, status=CampaignStatus.DRAFT))
    retention.save_retention_campaign(a_campaign(RUNNING, status=CampaignStatus.ACTIVE))
    only = replace(TERMS, customer_ids=[MEMBER])
    assert retention.assign_members(only, "first").treatment == 1
    assert retention.assign_members(replace(TERMS, customer_ids=[READER]), "sent").treatment == 1
    sent = MemberMark(CAMPAIGN, SENT_MESSAGE, MemberState.SENT)
    assert retention.mark_members([sent]) == 1
    assert repositories.ltv.add_shop_orders([state_of(KNOWN)], {}) == [True]


COMPANY_WRITES: Mapping[str, Callable[[Repositories], object]] = {
    "delete_retention_campaign": lambda all_: all_.retention.delete_retention_campaign(DRAFT),
    "assign_members": lambda all_: all_.retention.assign_members(TERMS, "second"),
    "queue_messages": lambda all_: all_.retention.queue_messages(CAMPAIGN, "first", NOON),
    "mark_members": lambda all_: all_.retention.mark_members(
        [MemberMark(CAMPAIGN, MESSAGE, MemberState.SENT)]
    ),
    "add_outcomes": lambda all_: all_.retention.add_outcomes(
        [MemberOutcome(CAMPAIGN, SENT_MESSAGE, OutcomeKind.OPENED, NOON)]
    ),
    "pause_for_gone_webhook": lambda all_: all_.retention.pause_for_gone_webhook(
        RUNNING, NOON + days(9), NOON + days(9)
    ),
    "request_scoring_run": lambda all_: all_.retention.request_scoring_run(
        RunId("asked for"), NOON + days(9), NOON
    ),
    "note_run_started": lambda all_: all_.retention.note_run_started(
        RunId("begun"), NOON + days(9), NOON
    ),
    "note_run_ended": lambda all_: all_.retention.note_run_ended(
        RunId("ended"), NOON + days(9), NOON, None
    ),
    "forget_members": lambda all_: all_.retention.forget_members(email_of(MEMBER)),
    "save_look_readings": lambda all_: all_.retention.save_look_readings(
        CAMPAIGN, [LookReading(0, NOON, LookTotals())]
    ),
    "add_shop_orders": lambda all_: all_.ltv.add_shop_orders([state_of(NEW)], {}),
    "enter_shop_orders": lambda all_: all_.ltv.enter_shop_orders(
        columns_of(
            [a_shop_order(NEW.number, "#1002", system=NEW.system, email="buyer@example.org")],
            system=NEW.system,
        )
    ),
    "save_shop_outcome": lambda all_: all_.ltv.save_shop_outcome(
        ShopOrderOutcome(
            [
                ShopOrderChange(
                    (state_of(KNOWN),),
                    replace(state_of(KNOWN), refunds={"r": KnownRefund(NOON + days(1), 10_000)}),
                )
            ],
            {},
            {CustomerId("shop:77"): BUYER},
        )
    ),
}


def everything_of_company(repositories: Repositories) -> list[object]:
    """All that can be seen of campaigns' members and readings, and of shops' orders."""
    retention = repositories.retention
    return [
        retention.get_campaign_members(CAMPAIGN, limit=9),
        retention.count_member_states(CAMPAIGN),
        retention.get_look_readings(CAMPAIGN),
        retention.get_run_progress(limit=9),
        retention.get_outcomes({SENT_MESSAGE: CAMPAIGN}),
        repositories.ltv.load_shop_context(ShopOrderQuery([KNOWN, NEW])),
        repositories.customers.get_aliases([BUYER]),
        repositories.ltv.get_orders(BUYER),
    ]
