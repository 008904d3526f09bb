"""Whom a dispatch does not write to: not at first, and not after the same files come again."""

from datetime import datetime

from succotash.application.campaigns.dispatch import CampaignDispatch
from succotash.application.campaigns.rules import CampaignRules
from succotash.application.consents.consent_records import ConsentRecords
from succotash.application.people.people_handler import PeopleHandler
from succotash.domain.campaigns.definition import CampaignDefinition
from succotash.domain.consents.consents import Consent, ConsentOrigin, ConsentState, FailedAddress
from succotash.domain.repositories.storage import Storage
from succotash.domain.values import CampaignId, uuid7
from tests.builders import NOON, a_consent, days, minutes
from tests.builders.campaigns import (
    CAMPAIGN_KEYS,
    EVERYBODY,
    GREETING,
    a_running_campaign,
    add_people,
    email_of,
)

PEOPLE = ["reached", "erased", "denied", "bounced", "complained"]
DEFINITION = CampaignDefinition(audience=EVERYBODY, message=GREETING, holdout_share=0)
RULES = CampaignRules(tombstones=CAMPAIGN_KEYS)


def import_yes(storage: Storage, at: datetime) -> None:
    """The same list of people who agreed, as a file brings it."""
    records = ConsentRecords(storage, lambda: NOON, uuid7, CAMPAIGN_KEYS)
    records.record_consents(
        [
            a_consent(
                f"{each}-{at:%H%M}",
                email=email_of(each),
                occurred_at=at,
                origin=ConsentOrigin.IMPORT,
            )
            for each in PEOPLE
        ]
    )


def reached(storage: Storage, campaign_id: str) -> set[str | None]:
    """Who is a member after a dispatch of a campaign of its own."""
    retention = storage.repositories.retention
    retention.save_retention_campaign(a_running_campaign(campaign_id, definition=DEFINITION))
    dispatch = CampaignDispatch(storage, lambda: NOON + days(2), uuid7, RULES)
    done = dispatch.dispatch(campaign_id)
    members = retention.get_campaign_members(CampaignId(campaign_id), limit=99)
    assert done["assigned"] == done["queued"] == len(members)
    return {each.canonical_email for each in members}


def test_erasures_and_suppressions_hold_through_dispatch_and_imports(storage: Storage) -> None:
    add_people(storage.repositories, PEOPLE, with_consent=False)
    import_yes(storage, NOON - days(1))
    assert reached(storage, "before") == {email_of(each) for each in PEOPLE}

    records = ConsentRecords(storage, lambda: NOON, uuid7, CAMPAIGN_KEYS)
    PeopleHandler(storage, lambda: NOON, CAMPAIGN_KEYS).erase_person(email_of("erased"))
    no: Consent = a_consent("no", email=email_of("denied"), state=ConsentState.DENIED)
    records.record_consents([no])
    for name, origin in (
        ("bounced", ConsentOrigin.BOUNCE),
        ("complained", ConsentOrigin.COMPLAINT),
    ):
        records.record_suppression(FailedAddress(email_of(name), origin, NOON))
    assert reached(storage, "after") == {email_of("reached")}

    # The same file again, one that is newer, and the same orders: nobody's no is undone.
    import_yes(storage, NOON - days(1))
    import_yes(storage, NOON + minutes(30))
    add_people(storage.repositories, PEOPLE, with_consent=False)
    assert reached(storage, "again") == {email_of("reached")}
    states = storage.repositories.retention.get_campaign_members(CampaignId("before"), limit=99)
    assert sum(each.canonical_email is None for each in states) == 1
