"""Dispatches at once, that break off and that are repeated: everybody is assigned once."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import pytest

from succotash.application.campaigns.dispatch import CampaignDispatch
from succotash.application.campaigns.rules import CampaignRules
from succotash.application.people.people_handler import PeopleHandler
from succotash.domain.campaigns.assignment import Arm
from succotash.domain.campaigns.campaigns import CampaignStatus
from succotash.domain.campaigns.definition import CampaignDefinition, FrequencyCap, QuietHours
from succotash.domain.campaigns.members import CampaignMember
from succotash.domain.messages.outbox import MessageKind
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.values import CampaignId, uuid7
from tests.builders import NOON, at, days
from tests.builders.campaigns import (
    CAMPAIGN_KEYS,
    EVERYBODY,
    GREETING,
    a_running_campaign,
    add_people,
    email_of,
    terms,
)
from tests.contract.interruptions import StopError, write_and_stop
from tests.contract.threads import at_once

THREADS = 6
PEOPLE = [f"p{number:02d}" for number in range(60)]
HALF = CampaignDefinition(audience=EVERYBODY, message=GREETING, holdout_share=0.5)
RULES = CampaignRules(tombstones=CAMPAIGN_KEYS)


def dispatcher(storage: Storage, rules: CampaignRules = RULES) -> CampaignDispatch:
    return CampaignDispatch(storage, lambda: NOON, uuid7, rules)


def together(*works: Callable[[], object]) -> None:
    at_once(lambda number: works[number](), len(works))


def members(storage: Storage, campaign_id: str = "campaign") -> Sequence[CampaignMember]:
    found = storage.repositories.retention.get_campaign_members(CampaignId(campaign_id), limit=999)
    assert len({each.canonical_email or each.person_key for each in found}) == len(found)
    return found


def messages(storage: Storage) -> list[str]:
    """Ids of the campaigns' messages, each as often as it waits."""
    later = NOON + days(30)
    taken = storage.repositories.outbox.take(later, later, limit=999)
    return [
        each.message.message_id
        for each in taken
        if each.message.kind == MessageKind.CAMPAIGN_MESSAGE
    ]


def require_told(storage: Storage, campaign_id: str = "campaign") -> None:
    """Fail unless those written to, and nobody else, have one message each."""
    written_to = {
        each.person_key for each in members(storage, campaign_id) if each.arm is Arm.TREATMENT
    }
    assert Counter(messages(storage)) == dict.fromkeys(written_to, 1)
    campaign = storage.repositories.retention.get_retention_campaign(CampaignId(campaign_id))
    assert campaign.metrics.targeted == len(written_to)


def test_dispatches_at_once_assign_everybody_once(shared_storage: Storage) -> None:
    repositories = shared_storage.repositories
    repositories.retention.save_retention_campaign(a_running_campaign(definition=HALF))
    add_people(repositories, PEOPLE)

    reports = at_once(lambda _: dispatcher(shared_storage).dispatch("campaign"), THREADS)

    assert sorted(each["assigned"] for each in reports) == [0] * (THREADS - 1) + [len(PEOPLE)]
    assert {each.customer_id for each in members(shared_storage)} == set(PEOPLE)
    assert {each.arm for each in members(shared_storage)} == set(Arm)
    require_told(shared_storage)


def test_campaigns_dispatched_at_once_keep_to_one_cap(shared_storage: Storage) -> None:
    repositories = shared_storage.repositories
    capped = replace(HALF, frequency_cap=FrequencyCap(1, 7))
    names = [f"c{number}" for number in range(THREADS)]
    for name in names:
        repositories.retention.save_retention_campaign(a_running_campaign(name, definition=capped))
    add_people(repositories, PEOPLE)

    together(*(partial(dispatcher(shared_storage).dispatch, name) for name in names))

    placed = Counter(each.customer_id for name in names for each in members(shared_storage, name))
    assert placed == dict.fromkeys(PEOPLE, 1)


def test_people_who_are_erased_meanwhile_are_in_no_campaign(shared_storage: Storage) -> None:
    repositories = shared_storage.repositories
    repositories.retention.save_retention_campaign(a_running_campaign(definition=HALF))
    add_people(repositories, PEOPLE)
    erased = PEOPLE[:THREADS]
    people = PeopleHandler(shared_storage, lambda: NOON, CAMPAIGN_KEYS)

    together(
        *(partial(people.erase_person, email_of(each)) for each in erased),
        lambda: dispatcher(shared_storage).dispatch("campaign"),
    )
    dispatcher(shared_storage).dispatch("campaign")

    known = {each.canonical_email for each in members(shared_storage)} - {None}
    assert known == {email_of(each) for each in PEOPLE[THREADS:]}
    own = {each.person_key for each in members(shared_storage) if each.canonical_email}
    assert set(messages(shared_storage)) <= own


def test_who_comes_while_a_dispatch_is_under_way_is_not_left_out(shared_storage: Storage) -> None:
    repositories = shared_storage.repositories
    repositories.retention.save_retention_campaign(a_running_campaign(definition=HALF))
    add_people(repositories, PEOPLE[:30])

    together(
        lambda: dispatcher(shared_storage).dispatch("campaign"),
        lambda: add_people(repositories, PEOPLE[30:]),
    )
    dispatcher(shared_storage).dispatch_all()

    assert {each.customer_id for each in members(shared_storage)} == set(PEOPLE)
    require_told(shared_storage)


@pytest.mark.parametrize("is_queued", [False, True], ids=["assigned", "queued"])
def test_a_dispatch_that_breaks_off_leaves_nothing_and_is_made_up_for(
    is_queued: bool,  # noqa: FBT001 - a parameter of the test
    shared_storage: Storage,
) -> None:
    repositories = shared_storage.repositories
    campaign = a_running_campaign(definition=HALF)
    repositories.retention.save_retention_campaign(campaign)
    add_people(repositories, PEOPLE)

    def break_off(within: Repositories) -> None:
        within.retention.lock_dispatch(campaign.campaign_id)
        assert within.retention.assign_members(terms(holdout=0.5), "broken").treatment
        if is_queued:
            assert within.retention.queue_messages(campaign.campaign_id, "broken", NOON)

    with pytest.raises(StopError):
        write_and_stop(shared_storage, break_off)
    assert members(shared_storage) == []
    assert messages(shared_storage) == []
    dispatcher(shared_storage).dispatch("campaign")
    assert len(members(shared_storage)) == len(PEOPLE)
    require_told(shared_storage)


def test_a_repeated_event_assigns_nobody_again(storage: Storage) -> None:
    add_people(storage.repositories, PEOPLE)
    storage.repositories.retention.save_retention_campaign(a_running_campaign(definition=HALF))
    paused = replace(a_running_campaign("paused", definition=HALF), status=CampaignStatus.PAUSED)
    storage.repositories.retention.save_retention_campaign(paused)
    first, second = (dispatcher(storage).dispatch_all() for _ in range(2))
    assert [each["assigned"] for each in first["campaigns"]] == [len(PEOPLE)]
    assert [each["assigned"] for each in second["campaigns"]] == [0]
    assert members(storage, "paused") == []
    require_told(storage)


def test_messages_wait_until_the_quiet_hours_are_over(storage: Storage) -> None:
    quiet = replace(
        HALF,
        holdout_share=0,
        quiet_hours=QuietHours(at("2024-05-01T13:30:00").time(), at("2024-05-01T18:00:00").time()),
    )
    add_people(storage.repositories, PEOPLE[:3])
    storage.repositories.retention.save_retention_campaign(a_running_campaign(definition=quiet))
    # Noon in UTC is 14:00 in Berlin, in summer.
    dispatcher(storage, replace(RULES, time_zone="Europe/Berlin")).dispatch("campaign")
    until = NOON.replace(hour=16)
    assert storage.repositories.outbox.take(until.replace(hour=15, minute=59), until, limit=9) == []
    assert len(storage.repositories.outbox.take(until, until, limit=9)) == 3
