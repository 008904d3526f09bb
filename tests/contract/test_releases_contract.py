"""What every storage knows of campaigns' messages when they leave, and what became of them."""

from dataclasses import replace

import pytest

from succotash.domain.campaigns.consent_rules import ConsentRule
from succotash.domain.campaigns.members import (
    MARKED_FROM,
    MemberMark,
    MemberState,
    Recipient,
    Release,
    ReleaseTerms,
    Unreached,
)
from succotash.domain.consents.consents import (
    MARKETING,
    ConsentState,
    Suppression,
    SuppressionReason,
    campaign_purpose,
)
from succotash.domain.people.erasures import SUPPRESSION
from succotash.domain.repositories.storage import Repositories
from succotash.domain.values import CampaignId, CustomerId, MessageId
from tests.builders import NOON, a_consent, a_lead, minutes
from tests.builders.campaigns import (
    CAMPAIGN_KEYS,
    a_running_campaign,
    add_people,
    email_of,
    terms,
)

CAMPAIGN = CampaignId("campaign")
TERMS = ReleaseTerms(CAMPAIGN_KEYS.blocks(SUPPRESSION), ConsentRule.OPT_IN)


@pytest.fixture(autouse=True)
def _campaign(repositories: Repositories) -> None:
    repositories.retention.save_retention_campaign(a_running_campaign())


def key_of(customer_id: str) -> MessageId:
    return MessageId(terms().person_key.digest(email_of(customer_id)))


def assign(repositories: Repositories, *ids: str, holdout: float = 0) -> None:
    add_people(repositories, ids)
    repositories.retention.assign_members(terms(holdout=holdout), "dispatch")


def releases(
    repositories: Repositories, *ids: str, release_terms: ReleaseTerms = TERMS
) -> dict[MessageId, Release]:
    asked = {key_of(each): CAMPAIGN for each in ids}
    found = repositories.retention.find_releases(asked, release_terms)
    assert [each.recipient.message_id for each in found] == sorted(
        each.recipient.message_id for each in found
    )
    return {each.recipient.message_id: each for each in found}


class TestReleases:
    def test_a_message_may_leave_with_what_its_lead_is_called(
        self, repositories: Repositories
    ) -> None:
        repositories.forms.save_lead(
            replace(a_lead("lead", email=email_of("ada")), first_name="Ada", company="Acme")
        )
        assign(repositories, "ada", "ben")
        lead = repositories.forms.get_lead_by_email(email_of("ada"))
        assert releases(repositories, "ada", "ben", "nobody") == {
            key_of("ada"): Release(
                CAMPAIGN,
                Recipient(key_of("ada"), "Ada", lead.last_name, "Acme"),
                email_of("ada"),
                CustomerId("ada"),
            ),
            key_of("ben"): Release(
                CAMPAIGN,
                Recipient(key_of("ben"), None, None, None),
                email_of("ben"),
                CustomerId("ben"),
            ),
        }

    def test_it_is_asked_again_who_agrees_and_who_is_suppressed(
        self, repositories: Repositories
    ) -> None:
        assign(repositories, "yes", "no", "unsubscribed", "bounced", "gone", "other")
        later = NOON + minutes(1)
        repositories.consents.record_consents(
            [
                replace(
                    a_consent("n1", email=email_of("no"), state=ConsentState.DENIED),
                    occurred_at=later,
                ),
                a_consent(
                    "n2",
                    email=email_of("unsubscribed"),
                    purpose=campaign_purpose(CAMPAIGN),
                    state=ConsentState.DENIED,
                ),
            ]
        )
        [_, former] = CAMPAIGN_KEYS.of_suppression(email_of("bounced"))
        [erased, _] = CAMPAIGN_KEYS.of_suppression(email_of("gone"))
        [other, _] = CAMPAIGN_KEYS.of_suppression(email_of("other"))
        another = campaign_purpose(CampaignId("another"))
        repositories.consents.suppress(
            [
                Suppression(former, MARKETING, SuppressionReason.BOUNCE, later),
                Suppression(erased, MARKETING, SuppressionReason.ERASED, later),
                Suppression(other, another, SuppressionReason.DENIED, later),
            ]
        )
        found = releases(repositories, "yes", "no", "unsubscribed", "bounced", "gone", "other")
        assert {name: found[key_of(name)].reason for name in ("yes", "other")} == {
            "yes": None,
            "other": None,
        }
        assert found[key_of("no")].reason is Unreached.NO_CONSENT
        assert found[key_of("unsubscribed")].reason is Unreached.NO_CONSENT
        assert found[key_of("bounced")].reason is Unreached.SUPPRESSED
        assert found[key_of("gone")].reason is Unreached.ERASED

    def test_silence_suffices_where_existing_customers_are_reached(
        self, repositories: Repositories
    ) -> None:
        rule = ConsentRule.EXISTING_CUSTOMERS
        add_people(repositories, ["silent"], with_consent=False)
        repositories.retention.assign_members(terms(holdout=0, consent=rule), "dispatch")
        assert releases(repositories, "silent")[key_of("silent")].reason is Unreached.NO_CONSENT
        found = releases(repositories, "silent", release_terms=replace(TERMS, consent=rule))
        assert found[key_of("silent")].reason is None

    def test_of_who_was_erased_there_is_nothing_to_release(
        self, repositories: Repositories
    ) -> None:
        assign(repositories, "ada")
        repositories.retention.forget_members(email_of("ada"))
        assert releases(repositories, "ada") == {}


class TestMarks:
    @pytest.mark.parametrize("state", MARKED_FROM)
    @pytest.mark.parametrize("former", MARKED_FROM)
    def test_a_mark_leads_from_some_states_and_from_others_not(
        self, repositories: Repositories, former: MemberState, state: MemberState
    ) -> None:
        assign(repositories, "ada")
        retention, message_id = repositories.retention, key_of("ada")
        if MemberState.QUEUED not in MARKED_FROM[former]:
            sent = MemberMark(CAMPAIGN, message_id, MemberState.SENT)
            assert retention.mark_members([sent]) == 1
        assert retention.mark_members([MemberMark(CAMPAIGN, message_id, former)]) == 1
        expected = former in MARKED_FROM[state]
        assert retention.mark_members([MemberMark(CAMPAIGN, message_id, state)]) == expected
        member = retention.get_campaign_member(CAMPAIGN, message_id)
        assert member.state is (state if expected else former)

    def test_what_is_sent_counts_once_and_states_are_counted(
        self, repositories: Repositories
    ) -> None:
        assign(repositories, "ada", "ben", "eve")
        retention = repositories.retention
        marks = [
            MemberMark(CAMPAIGN, key_of("ada"), MemberState.SENT),
            MemberMark(CAMPAIGN, key_of("ben"), MemberState.SENT),
            MemberMark(CAMPAIGN, key_of("eve"), MemberState.UNCERTAIN),
            MemberMark(CAMPAIGN, key_of("nobody"), MemberState.SENT),
        ]
        assert retention.mark_members(marks) == 3
        assert retention.mark_members(marks) == 0
        assert retention.get_retention_campaign(CAMPAIGN).metrics.sent == 2
        counts = retention.count_member_states(CAMPAIGN)
        assert counts == {
            **dict.fromkeys(MemberState, 0),
            MemberState.SENT: 2,
            MemberState.UNCERTAIN: 1,
        }

    def test_who_is_held_out_is_never_marked(self, repositories: Repositories) -> None:
        people = [f"p{number}" for number in range(20)]
        assign(repositories, *people, holdout=0.5)
        retention = repositories.retention
        held_out = retention.count_member_states(CAMPAIGN)[MemberState.HELD_OUT]
        marks = [MemberMark(CAMPAIGN, key_of(each), MemberState.SENT) for each in people]
        assert 0 < held_out < len(people)
        assert retention.mark_members(marks) == len(people) - held_out
        assert retention.count_member_states(CAMPAIGN)[MemberState.HELD_OUT] == held_out
