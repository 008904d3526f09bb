"""A round trip through the port to members of campaigns, of one customer who agreed."""

from dataclasses import replace
from datetime import timedelta

from local.expectations import LONG_AGO, expect
from succotash.domain.campaigns.alternatives import ANYBODY
from succotash.domain.campaigns.assignment import Arm, holdout_below, person_hash
from succotash.domain.campaigns.consent_rules import ConsentRule
from succotash.domain.campaigns.effect import Finding
from succotash.domain.campaigns.members import (
    Assigned,
    DispatchTerms,
    MemberMark,
    MemberState,
    Reach,
    ReleaseTerms,
)
from succotash.domain.campaigns.outcomes import MemberOutcome, OutcomeKind
from succotash.domain.campaigns.readings import LookReading, LookTerms, LookTold
from succotash.domain.people.erasures import SUPPRESSION, Tombstones
from succotash.domain.repositories.storage import Repositories
from succotash.domain.values import CampaignId, Currency, CustomerId, MessageId


def check_members(
    repositories: Repositories,
    campaign_id: CampaignId,
    customer_id: CustomerId,
    email: str,
) -> None:
    """Assign the one customer, who is known by this e-mail, and forget them; RoundTripError."""
    at = LONG_AGO
    to, key, dispatch_id = repositories.retention, f"{campaign_id} key", f"{campaign_id} dispatch"
    terms = DispatchTerms(
        campaign_id,
        [ANYBODY],
        [customer_id],
        person_hash(key, campaign_id),
        Tombstones(lambda: (key,)).blocks(SUPPRESSION),
        holdout_below(0),
        ConsentRule.OPT_IN,
        "Europe/Berlin",
        at,
    )
    draft = replace(to.get_retention_campaign(campaign_id), campaign_id=CampaignId(dispatch_id))
    to.save_retention_campaign(draft)
    to.delete_retention_campaign(draft.campaign_id)
    expect(that=draft not in to.get_all_retention_campaigns())
    message_id = MessageId(terms.person_key.digest(email))
    expect(that=to.lock_dispatch(campaign_id).campaign_id == campaign_id)
    reach = to.count_reach(terms)
    expect(that=reach == Reach(1, 0, dict.fromkeys(reach.unreached, 0)))
    expect(that=[each.message_id for each in to.find_recipients(terms, limit=2)] == [message_id])
    expect(that=to.assign_members(terms, dispatch_id) == Assigned(1, 0))
    expect(that=to.queue_messages(campaign_id, dispatch_id, at + timedelta(days=1)) == 1)
    member = to.get_campaign_member(campaign_id, message_id)
    expect(that=(member.arm, member.customer_id) == (Arm.TREATMENT, customer_id))
    expect(that=to.get_campaign_members(campaign_id, limit=2) == [member])
    expect(that=to.get_memberships(email) == [member])
    closes_at = at + timedelta(days=1)
    [totals] = to.total_looks(
        LookTerms(campaign_id, [closes_at], None, timedelta(days=1), Currency("USD"))
    )
    expect(that=totals.everybody.treatment.members == 1)
    told = LookTold(Finding.NOT_ENOUGH_EVIDENCE, None)
    reading = LookReading(0, closes_at, totals, told)
    to.save_look_readings(campaign_id, [reading])
    expect(that=to.get_look_readings(campaign_id) == [reading])
    release_terms = ReleaseTerms(terms.suppression_keys, ConsentRule.OPT_IN)
    [release] = to.find_releases({message_id: campaign_id}, release_terms)
    expect(that=(release.canonical_email, release.reason) == (email, None))
    sent = MemberMark(campaign_id, message_id, MemberState.SENT)
    expect(that=to.mark_members([sent]) == 1)
    expect(that=to.count_member_states(campaign_id)[MemberState.SENT] == 1)
    opened = MemberOutcome(campaign_id, message_id, OutcomeKind.OPENED, closes_at)
    states = to.find_message_states(campaign_id, [message_id])
    expect(that=states == {message_id: MemberState.SENT})
    expect(that=to.add_outcomes([opened]) == {(message_id, OutcomeKind.OPENED)})
    expect(that=to.get_outcomes({message_id: campaign_id}) == [opened])
    expect(that=to.forget_members(email) == [message_id])
    expect(that=repositories.outbox.forget_subjects([message_id]) == 1)
    expect(that=to.pause_for_gone_webhook(campaign_id, at, at))
