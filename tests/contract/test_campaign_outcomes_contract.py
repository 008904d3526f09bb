"""What every storage does with outcomes of campaigns' messages."""

import pytest

from succotash.application.batches import Rejected
from succotash.application.campaigns.outcomes import (
    NOT_SENT,
    CampaignOutcomes,
    OutcomeReport,
    ReportedOutcome,
)
from succotash.domain.campaigns.assignment import Arm
from succotash.domain.campaigns.members import CampaignMember, MemberMark, MemberState
from succotash.domain.campaigns.outcomes import MemberOutcome, OutcomeKind
from succotash.domain.consents.consents import (
    MARKETING,
    ConsentOrigin,
    ConsentState,
    SuppressionReason,
)
from succotash.domain.repositories.storage import Storage
from succotash.domain.value.ledgers import CLOCK_TOLERANCE
from succotash.domain.values import CampaignId, MessageId
from succotash.errors import NotFoundError, Violation
from tests.builders import NOON, days, minutes, usd
from tests.builders.campaigns import CAMPAIGN_KEYS, a_running_campaign, add_people, terms
from tests.contract.threads import at_once

CAMPAIGN = CampaignId("campaign")
PEOPLE = [f"p{number:02d}" for number in range(20)]


@pytest.fixture
def members(storage: Storage) -> dict[MemberState, CampaignMember]:
    """One in each state but for bounced, which follows on sent."""
    retention = storage.repositories.retention
    for campaign_id in ("campaign", "other"):
        retention.save_retention_campaign(a_running_campaign(campaign_id))
    add_people(storage.repositories, PEOPLE)
    retention.assign_members(terms(holdout=0.5), "dispatch")
    found = retention.get_campaign_members(CAMPAIGN, limit=len(PEOPLE))
    treated = [each for each in found if each.arm is Arm.TREATMENT]
    others = {MemberState.HELD_OUT, MemberState.BOUNCED}
    states = [each for each in MemberState if each not in others]
    by_state: dict[MemberState, CampaignMember] = dict(zip(states, treated, strict=False))
    retention.mark_members(
        [
            MemberMark(CAMPAIGN, MessageId(member.person_key), state)
            for state, member in by_state.items()
            if state is not MemberState.QUEUED
        ]
    )
    return {
        **by_state,
        MemberState.HELD_OUT: next(each for each in found if each.arm is Arm.HOLDOUT),
    }


def reported(member: CampaignMember, kind: OutcomeKind, minute: int = 0) -> ReportedOutcome:
    return ReportedOutcome(MessageId(member.person_key), kind, NOON + minutes(minute))


def record(
    storage: Storage, *items: ReportedOutcome | Rejected, campaign_id: str = CAMPAIGN
) -> OutcomeReport:
    outcomes = CampaignOutcomes(storage, lambda: NOON + days(1), CAMPAIGN_KEYS)
    return outcomes.record_outcomes(campaign_id, items)


def statuses(report: OutcomeReport) -> list[str]:
    return [each["status"] for each in report["results"]]


def kept(storage: Storage, person_key: str) -> list[tuple[OutcomeKind, int]]:
    found = storage.repositories.retention.get_outcomes({MessageId(person_key): CAMPAIGN})
    return [(each.kind, (each.occurred_at - NOON) // minutes(1)) for each in found]


def test_each_kind_is_kept_and_counted_once(
    storage: Storage, members: dict[MemberState, CampaignMember]
) -> None:
    member = members[MemberState.SENT]
    every = [reported(member, kind, place) for place, kind in enumerate(OutcomeKind)]
    report = record(storage, *every, reported(member, OutcomeKind.OPENED, 50))
    assert statuses(report) == ["recorded"] * 8 + ["unchanged"]
    again = record(storage, *[reported(member, kind, 99) for kind in OutcomeKind])
    assert statuses(again) == ["unchanged"] * 8
    assert (again["recorded"], again["unchanged"], again["rejected"]) == (0, 8, 0)
    assert kept(storage, member.person_key) == [*zip(OutcomeKind, range(8), strict=True)]
    retention = storage.repositories.retention
    states = retention.count_member_states(CAMPAIGN)
    assert (states[MemberState.SENT], states[MemberState.BOUNCED]) == (0, 1)
    metrics = retention.get_retention_campaign(CAMPAIGN).metrics
    assert (metrics.sent, metrics.delivered, metrics.opened, metrics.clicked) == (1, 1, 1, 1)
    assert (metrics.converted, metrics.bounced) == (1, 1)
    assert (metrics.unsubscribed, metrics.complained) == (1, 1)
    summary = retention.get_campaign_performance_summary(currency=usd(1).currency).metrics
    assert (summary.sent, summary.delivered, summary.complained) == (1, 1, 1)


def test_nothing_is_kept_of_messages_that_were_not_sent(
    storage: Storage, members: dict[MemberState, CampaignMember]
) -> None:
    unsent = MemberState.HELD_OUT, MemberState.QUEUED, MemberState.REFUSED, MemberState.WITHHELD
    unknown = ReportedOutcome(MessageId("unknown"), OutcomeKind.SENT, NOON)
    items = [reported(members[state], OutcomeKind.SENT) for state in unsent]
    report = record(storage, *items, unknown)
    assert [(each["status"], each["errors"]) for each in report["results"]] == [
        (
            "rejected",
            [{"field": NOT_SENT.field, "code": NOT_SENT.code, "message": NOT_SENT.message}],
        )
    ] * 5
    assert all(kept(storage, members[state].person_key) == [] for state in unsent)
    states = storage.repositories.retention.count_member_states(CAMPAIGN)
    assert [states[state] for state in unsent[2:]] == [1, 1]
    # Of another campaign the message is unknown, sent or not.
    sent = reported(members[MemberState.SENT], OutcomeKind.OPENED)
    assert statuses(record(storage, sent, campaign_id="other")) == ["rejected"]


def test_the_storage_itself_keeps_none_of_what_was_not_sent(
    storage: Storage, members: dict[MemberState, CampaignMember]
) -> None:
    outcomes = [
        MemberOutcome(CAMPAIGN, MessageId(each.person_key), OutcomeKind.CLICKED, NOON)
        for each in members.values()
    ]
    sent = members[MemberState.SENT].person_key
    added = storage.repositories.retention.add_outcomes(outcomes)
    assert added == {(MessageId(sent), OutcomeKind.CLICKED)}


def test_a_message_that_may_have_been_sent_was_once_something_is_reported(
    storage: Storage, members: dict[MemberState, CampaignMember]
) -> None:
    member = members[MemberState.UNCERTAIN]
    assert statuses(record(storage, reported(member, OutcomeKind.DELIVERED))) == ["recorded"]
    retention = storage.repositories.retention
    marked = retention.get_campaign_member(CAMPAIGN, MessageId(member.person_key))
    assert marked.state is MemberState.SENT
    metrics = retention.get_retention_campaign(CAMPAIGN).metrics
    assert (metrics.sent, metrics.delivered) == (2, 1)


def test_a_bounce_that_the_sender_tells_of_says_that_the_message_was_sent(
    storage: Storage, members: dict[MemberState, CampaignMember]
) -> None:
    """The service's answer to the sending may still be under way."""
    outcomes = CampaignOutcomes(storage, lambda: NOON + days(1))
    bounces = [
        MemberOutcome(campaign_id, MessageId(member.person_key), OutcomeKind.BOUNCED, NOON)
        for member in members.values()
        for campaign_id in (CAMPAIGN, CampaignId("nowhere"))
    ]
    written_to = len(members) - 1
    assert outcomes.record_reports([*bounces, *bounces]) == written_to
    assert outcomes.record_reports(bounces) == 0
    retention = storage.repositories.retention
    states = {state: n for state, n in retention.count_member_states(CAMPAIGN).items() if n}
    assert states[MemberState.BOUNCED] == written_to
    assert MemberState.SENT not in states
    # What comes after it counts no message twice.
    late = [
        MemberMark(CAMPAIGN, MessageId(each.person_key), MemberState.SENT)
        for each in members.values()
    ]
    assert retention.mark_members(late) == 0
    metrics = retention.get_retention_campaign(CAMPAIGN).metrics
    assert (metrics.sent, metrics.bounced) == (written_to, written_to)
    opened = reported(members[MemberState.SENT], OutcomeKind.OPENED)
    assert statuses(record(storage, opened)) == ["recorded"]


def test_one_bad_item_loses_no_good_one(
    storage: Storage, members: dict[MemberState, CampaignMember]
) -> None:
    message_id = MessageId(members[MemberState.SENT].person_key)
    latest = NOON + days(1) + CLOCK_TOLERANCE
    unreadable = Rejected("x", None, (Violation("kind", "enum", "Unknown"),))
    report = record(
        storage,
        ReportedOutcome(message_id, OutcomeKind.OPENED, latest + minutes(1), "a"),
        unreadable,
        ReportedOutcome(message_id, OutcomeKind.OPENED, latest, "b"),
    )
    assert [(each["id"], each["status"]) for each in report["results"]] == [
        ("a", "rejected"),
        ("x", "rejected"),
        ("b", "recorded"),
    ]
    assert report["results"][0]["errors"][0]["code"] == "in_the_future"


def test_outcomes_of_an_unknown_campaign_are_not_found(storage: Storage) -> None:
    unknown = ReportedOutcome(MessageId("unknown"), OutcomeKind.SENT, NOON)
    with pytest.raises(NotFoundError) as caught:
        record(storage, unknown, campaign_id="nowhere")
    assert caught.value.kind == "campaign"


def test_outcomes_of_who_was_erased_stay_with_nobody(
    storage: Storage, members: dict[MemberState, CampaignMember]
) -> None:
    member = members[MemberState.SENT]
    record(storage, reported(member, OutcomeKind.OPENED), reported(member, OutcomeKind.CLICKED, 1))
    retention = storage.repositories.retention
    retention.forget_members(str(member.canonical_email))
    assert kept(storage, member.person_key) == []
    found = retention.get_campaign_members(CAMPAIGN, limit=len(PEOPLE))
    [nobody] = [each for each in found if each.canonical_email is None]
    assert kept(storage, nobody.person_key) == [(OutcomeKind.OPENED, 0), (OutcomeKind.CLICKED, 1)]
    assert statuses(record(storage, reported(member, OutcomeKind.OPENED))) == ["rejected"]
    assert retention.get_retention_campaign(CAMPAIGN).metrics.opened == 1


def test_who_unsubscribed_elsewhere_is_not_written_to_by_any_campaign(
    storage: Storage, members: dict[MemberState, CampaignMember]
) -> None:
    member, other = members[MemberState.SENT], members[MemberState.QUEUED]
    items = [reported(each, OutcomeKind.UNSUBSCRIBED) for each in (member, other)]
    assert statuses(record(storage, *items, items[0])) == ["recorded", "rejected", "unchanged"]
    repositories = storage.repositories
    email = str(member.canonical_email)
    [current] = repositories.consents.get_current_consents(email)
    assert (current.purpose, current.state) == (MARKETING, ConsentState.DENIED)
    [suppressed] = repositories.consents.find_suppressions(CAMPAIGN_KEYS.of_suppression(email))
    assert (suppressed.purpose, suppressed.since) == (MARKETING, NOON)
    reach = repositories.retention.count_reach(terms("other", holdout=0))
    assert reach.treatment == len(PEOPLE) - 1


def test_who_complained_elsewhere_is_suppressed_for_it(
    storage: Storage, members: dict[MemberState, CampaignMember]
) -> None:
    member = members[MemberState.SENT]
    kinds = OutcomeKind.UNSUBSCRIBED, OutcomeKind.COMPLAINED
    items = [reported(member, kind, minute) for minute, kind in enumerate(kinds)]
    assert statuses(record(storage, *items)) == ["recorded", "recorded"]
    consents, email = storage.repositories.consents, str(member.canonical_email)
    origins = [each.origin for each in consents.get_consents(email)]
    assert origins[-2:] == [ConsentOrigin.API, ConsentOrigin.COMPLAINT]
    [suppressed] = consents.find_suppressions(CAMPAIGN_KEYS.of_suppression(email))
    assert (suppressed.purpose, suppressed.reason) == (MARKETING, SuppressionReason.COMPLAINT)
    states = storage.repositories.retention.count_member_states(CAMPAIGN)
    assert states[MemberState.SENT] == 1


def test_a_complaint_that_the_sender_tells_of_counts_and_says_nothing_of_the_address(
    storage: Storage, members: dict[MemberState, CampaignMember]
) -> None:
    member = members[MemberState.QUEUED]
    outcomes = CampaignOutcomes(storage, lambda: NOON + days(1), CAMPAIGN_KEYS)
    reports = [
        MemberOutcome(CAMPAIGN, MessageId(member.person_key), kind, NOON)
        for kind in (OutcomeKind.COMPLAINED, OutcomeKind.BOUNCED)
    ]
    assert outcomes.record_reports([*reports, *reports]) == 2
    metrics = storage.repositories.retention.get_retention_campaign(CAMPAIGN).metrics
    assert (metrics.sent, metrics.complained, metrics.bounced) == (2, 1, 1)
    keys = CAMPAIGN_KEYS.of_suppression(str(member.canonical_email))
    assert storage.repositories.consents.find_suppressions(keys) == []


def test_outcomes_reported_at_once_count_once(
    shared_storage: Storage,
) -> None:
    retention = shared_storage.repositories.retention
    retention.save_retention_campaign(a_running_campaign())
    add_people(shared_storage.repositories, PEOPLE)
    retention.assign_members(terms(holdout=0), "dispatch")
    found = retention.get_campaign_members(CAMPAIGN, limit=len(PEOPLE))
    retention.mark_members(
        [MemberMark(CAMPAIGN, MessageId(each.person_key), MemberState.SENT) for each in found]
    )
    kinds = OutcomeKind.OPENED, OutcomeKind.UNSUBSCRIBED
    items = [reported(member, kind) for member in found for kind in kinds]

    def report(number: int) -> OutcomeReport:
        return record(shared_storage, *(items if number % 2 else reversed(items)))

    reports = at_once(report, 4)

    assert sum(each["recorded"] for each in reports) == len(items)
    metrics = retention.get_retention_campaign(CAMPAIGN).metrics
    assert (metrics.opened, metrics.unsubscribed) == (len(PEOPLE), len(PEOPLE))
