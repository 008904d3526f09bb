"""What every storage does with the members of campaigns."""

from dataclasses import replace
from datetime import timedelta

import pytest

from succotash.domain.campaigns.assignment import Arm, assigned_arm, assignment_score
from succotash.domain.campaigns.consent_rules import ConsentRule
from succotash.domain.campaigns.members import Assigned, MemberState, Unreached
from succotash.domain.consents.consents import (
    MARKETING,
    ConsentState,
    Suppression,
    SuppressionReason,
    campaign_purpose,
)
from succotash.domain.messages.outbox import MessageKind
from succotash.domain.people.identities import Join
from succotash.domain.repositories.storage import Repositories
from succotash.domain.values import CampaignId, CustomerId, MessageId
from succotash.errors import NotFoundError
from tests.builders import (
    NOON,
    a_consent,
    a_lead,
    a_prediction,
    a_value,
    an_order,
    days,
    minutes,
    usd,
)
from tests.builders.campaigns import (
    CAMPAIGN_KEYS,
    a_running_campaign,
    add_people,
    email_of,
    listed,
    terms,
)

CAMPAIGN = CampaignId("campaign")
PEOPLE = [f"p{number:02d}" for number in range(40)]


@pytest.fixture(autouse=True)
def _campaign(repositories: Repositories) -> None:
    for campaign_id in ("campaign", "other"):
        repositories.retention.save_retention_campaign(a_running_campaign(campaign_id))


def assigned(repositories: Repositories, campaign_id: str = "campaign") -> dict[str | None, Arm]:
    members = repositories.retention.get_campaign_members(CampaignId(campaign_id), limit=1000)
    return {each.customer_id: each.arm for each in members}


class TestEligibility:
    def test_each_person_is_left_out_for_the_first_reason_that_holds(
        self, repositories: Repositories
    ) -> None:
        add_people(repositories, ["yes", "suppressed", "erased", "member", "capped", "refused"])
        add_people(repositories, ["silent"], with_consent=False)
        add_people(repositories, ["denied", "unsubscribed"], with_consent=False)
        repositories.ltv.record_orders([an_order("x", customer_id="nowhere")])
        repositories.retention.save_churn_prediction(a_prediction("nowhere"))
        repositories.consents.record_consents(
            [
                a_consent("n1", email=email_of("denied"), state=ConsentState.DENIED),
                a_consent("n2", email=email_of("unsubscribed")),
                a_consent(
                    "n3",
                    email=email_of("unsubscribed"),
                    purpose=campaign_purpose(CAMPAIGN),
                    state=ConsentState.DENIED,
                ),
                a_consent(
                    "n4",
                    email=email_of("refused"),
                    purpose=campaign_purpose(CampaignId("another")),
                    state=ConsentState.DENIED,
                ),
            ]
        )
        # The key before the present one is recognised.
        [_, former] = CAMPAIGN_KEYS.of_suppression(email_of("suppressed"))
        [key, _] = CAMPAIGN_KEYS.of_suppression(email_of("erased"))
        repositories.consents.suppress(
            [
                Suppression(former, MARKETING, SuppressionReason.BOUNCE, NOON),
                Suppression(key, MARKETING, SuppressionReason.ERASED, NOON),
            ]
        )
        retention = repositories.retention
        retention.assign_members(terms(audience=listed("member")), "before")
        retention.assign_members(terms("other", audience=listed("capped")), "before")
        reach = retention.count_reach(terms(cap=1, cap_since=NOON - days(7), holdout=0))
        assert reach.unreached == {
            Unreached.NO_ADDRESS: 1,
            Unreached.ERASED: 1,
            Unreached.SUPPRESSED: 1,
            Unreached.NO_CONSENT: 3,
            Unreached.ALREADY_ASSIGNED: 1,
            Unreached.CAP: 1,
            Unreached.BUDGET: 0,
        }
        assert (reach.treatment, reach.holdout) == (2, 0)

    def test_existing_customers_are_reached_where_the_deployment_says_so(
        self, repositories: Repositories
    ) -> None:
        add_people(repositories, ["bought", "denied"], with_consent=False)
        repositories.retention.save_churn_prediction(a_prediction("visited"))
        repositories.ltv.record_orders(
            [an_order("v", customer_id="visited", email="v@example.com")]
        )
        repositories.consents.record_consents(
            [a_consent("n", email=email_of("denied"), state=ConsentState.DENIED)]
        )
        asked = terms(consent=ConsentRule.EXISTING_CUSTOMERS, holdout=0)
        repositories.retention.assign_members(asked, "dispatch")
        assert assigned(repositories) == {"bought": Arm.TREATMENT}

    def test_a_cap_counts_who_was_held_out_as_if_they_were_written_to(
        self, repositories: Repositories
    ) -> None:
        add_people(repositories, PEOPLE)
        retention = repositories.retention
        retention.assign_members(terms("other", holdout=0.5), "before")
        arms = set(assigned(repositories, "other").values())
        assert arms == {Arm.TREATMENT, Arm.HOLDOUT}
        capped = terms(cap=1, cap_since=NOON - timedelta(microseconds=1))
        assert retention.count_reach(capped).unreached[Unreached.CAP] == len(PEOPLE)
        # One that is as old as the cap reaches does not count.
        assert retention.count_reach(replace(capped, cap_since=NOON)).unreached[Unreached.CAP] == 0


class TestAssignment:
    def test_arms_are_those_of_the_keyed_hash(self, repositories: Repositories) -> None:
        add_people(repositories, PEOPLE)
        counts = repositories.retention.assign_members(terms(holdout=0.3), "dispatch")
        key = CAMPAIGN_KEYS.keys()[0]
        expected = {
            each: assigned_arm(assignment_score(key, CAMPAIGN, email_of(each)), 0.3)
            for each in PEOPLE
        }
        assert assigned(repositories) == expected
        held_out = sum(1 for each in expected.values() if each is Arm.HOLDOUT)
        assert counts == Assigned(len(PEOPLE) - held_out, held_out)
        assert 0 < held_out < len(PEOPLE)

    def test_nobody_is_assigned_twice(self, repositories: Repositories) -> None:
        add_people(repositories, PEOPLE[:20])
        retention = repositories.retention
        retention.assign_members(terms(), "first")
        before = assigned(repositories)
        add_people(repositories, PEOPLE[20:])
        second = retention.assign_members(terms(at=NOON + days(1)), "second")
        assert second.treatment + second.holdout == 20
        assert before.items() <= assigned(repositories).items()
        assert retention.assign_members(terms(), "third") == Assigned(0, 0)

    def test_one_address_is_one_person(self, repositories: Repositories) -> None:
        add_people(repositories, ["a", "b"])
        repositories.ltv.record_orders([an_order("z", customer_id="z")])
        for customer, at_risk in (("x1", "5"), ("x3", "9"), ("x2", "9")):
            repositories.ltv.record_orders(
                [an_order(customer, customer_id=customer, email="same@example.com")]
            )
            repositories.retention.save_churn_prediction(a_prediction(customer, at_risk=at_risk))
            repositories.ltv.save_customer_ltv(a_value(customer, residual="10"))
        repositories.consents.record_consents([a_consent("s", email="same@example.com")])
        repositories.retention.assign_members(terms(), "dispatch")
        assert set(assigned(repositories)) == {"a", "b", "x2"}
        [member] = repositories.retention.get_memberships("same@example.com")
        assert (member.foreseen_value, member.value_at_risk) == (usd(30), usd(9))

    def test_a_member_keeps_what_the_run_foresaw(self, repositories: Repositories) -> None:
        add_people(repositories, ["ada"])
        repositories.retention.assign_members(terms(holdout=0), "dispatch")
        [member] = repositories.retention.get_memberships(email_of("ada"))
        found = repositories.retention.get_campaign_member(CAMPAIGN, MessageId(member.person_key))
        assert found == member
        assert (member.arm, member.state) == (Arm.TREATMENT, MemberState.QUEUED)
        assert (member.customer_id, member.run_id) == ("ada", "initial")
        assert (member.foreseen_value, member.value_at_risk) == (usd("12.5"), usd("12.5"))
        assert (member.risk_level, member.value_segment) == ("medium", "low_value")
        assert (member.assigned_at, member.engagement_segment) == (NOON, None)
        with pytest.raises(NotFoundError):
            repositories.retention.get_campaign_member(CAMPAIGN, MessageId("nobody"))

    def test_the_budget_pays_for_the_greatest_values_at_risk(
        self, repositories: Repositories
    ) -> None:
        for place, each in enumerate(PEOPLE):
            add_people(repositories, [each], at_risk=str(100 - place))
        retention, asked = repositories.retention, terms(holdout=0.4, messages=10)
        reach = retention.count_reach(asked)
        counts = retention.assign_members(asked, "dispatch")
        arms = assigned(repositories)
        # In order, up to the last message that is paid for: both arms alike end there.
        assert sorted(str(each) for each in arms) == PEOPLE[: len(arms)]
        assert arms[PEOPLE[len(arms) - 1]] is Arm.TREATMENT
        assert (counts.treatment, counts.holdout) == (10, len(arms) - 10)
        assert (reach.treatment, reach.holdout) == (counts.treatment, counts.holdout)
        assert reach.unreached[Unreached.BUDGET] == len(PEOPLE) - len(arms)
        assert retention.assign_members(asked, "again") == Assigned(0, 0)
        more = retention.assign_members(replace(asked, messages=13), "more")
        assert more.treatment == 3

    def test_recipients_come_in_the_order_in_which_they_are_taken(
        self, repositories: Repositories
    ) -> None:
        repositories.forms.save_lead(
            a_lead("l", email=email_of("b"), first_name="Bea", last_name="Ng", company="Acme")
        )
        add_people(repositories, ["a"], at_risk="1")
        add_people(repositories, ["b", "c"], at_risk="2")
        found = repositories.retention.find_recipients(terms(holdout=0), limit=2)
        assert [each.first_name for each in found] == ["Bea", None]
        assert (found[0].last_name, found[0].company) == ("Ng", "Acme")
        assert repositories.retention.get_campaign_members(CAMPAIGN, limit=9) == []


class TestMessages:
    def test_each_of_those_written_to_gets_one_message(self, repositories: Repositories) -> None:
        add_people(repositories, PEOPLE)
        retention, due_at = repositories.retention, NOON + minutes(90)
        retention.assign_members(terms(holdout=0.3), "dispatch")
        written_to = {
            each.person_key
            for each in retention.get_campaign_members(CAMPAIGN, limit=100)
            if each.arm is Arm.TREATMENT
        }
        assert retention.queue_messages(CAMPAIGN, "dispatch", due_at) == len(written_to)
        assert retention.get_retention_campaign(CAMPAIGN).metrics.targeted == len(written_to)
        assert repositories.outbox.take(due_at - minutes(1), due_at, limit=100) == []
        taken = repositories.outbox.take(due_at, due_at + days(1), limit=100)
        assert {each.message.message_id for each in taken} == written_to
        message = taken[0].message
        assert (message.kind, message.occurred_at) == (MessageKind.CAMPAIGN_MESSAGE, NOON)
        assert message.payload == {"campaign_id": "campaign"}

    def test_messages_are_those_of_their_own_dispatch(self, repositories: Repositories) -> None:
        add_people(repositories, ["a"])
        repositories.retention.assign_members(terms(holdout=0), "one")
        assert repositories.retention.queue_messages(CAMPAIGN, "two", NOON) == 0


class TestPeople:
    def test_a_member_who_is_forgotten_is_nobody_and_stays_counted(
        self, repositories: Repositories
    ) -> None:
        add_people(repositories, ["a", "b"])
        retention = repositories.retention
        for campaign_id in ("campaign", "other"):
            retention.assign_members(terms(campaign_id, holdout=0), campaign_id)
        places = retention.get_memberships(email_of("a"))
        assert [each.campaign_id for each in places] == ["campaign", "other"]
        gone = retention.forget_members(email_of("a"))
        assert gone == sorted(each.person_key for each in places)
        assert retention.get_memberships(email_of("a")) == []
        [nobody] = [
            each
            for each in retention.get_campaign_members(CAMPAIGN, limit=9)
            if each.canonical_email is None
        ]
        assert nobody.person_key not in gone
        known = (nobody.customer_id, nobody.foreseen_value, nobody.risk_level, nobody.run_id)
        assert known == (None, None, None, None)
        assert nobody.arm is Arm.TREATMENT
        # The budget stays spent.
        assert retention.count_reach(terms(messages=2, holdout=0)).treatment == 0
        assert retention.forget_members(email_of("a")) == []

    def test_a_member_follows_their_account_into_another(self, repositories: Repositories) -> None:
        add_people(repositories, ["a"])
        repositories.retention.assign_members(terms(), "dispatch")
        repositories.customers.join_customers([Join(CustomerId("a"), CustomerId("b"))])
        assert set(assigned(repositories)) == {"b"}


def test_only_a_campaign_that_is_there_is_locked_or_deleted(repositories: Repositories) -> None:
    retention = repositories.retention
    assert retention.lock_dispatch(CAMPAIGN) == a_running_campaign()
    retention.delete_retention_campaign(CAMPAIGN)
    for ask in (retention.lock_dispatch, retention.delete_retention_campaign):
        with pytest.raises(NotFoundError):
            ask(CAMPAIGN)
