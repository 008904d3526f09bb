"""Members of campaigns in memory."""

import dataclasses
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import override
from zoneinfo import ZoneInfo

from succotash.domain.campaigns.alternatives import AudienceField
from succotash.domain.campaigns.assignment import Arm
from succotash.domain.campaigns.campaigns import RetentionCampaign
from succotash.domain.campaigns.consent_rules import ConsentRule
from succotash.domain.campaigns.members import (
    MARKED_FROM,
    Assigned,
    CampaignMember,
    DispatchTerms,
    MemberMark,
    MemberState,
    Reach,
    Recipient,
    Release,
    ReleaseTerms,
    Unreached,
)
from succotash.domain.consents.consents import (
    MARKETING,
    ConsentState,
    SuppressionReason,
    campaign_purpose,
)
from succotash.domain.messages.outbox import MessageKind, OutboxMessage
from succotash.domain.people.erasures import DigestBlocks
from succotash.domain.repositories.campaign_members import CampaignMemberRepository
from succotash.domain.value.ledgers import Customer
from succotash.domain.values import CampaignId, Currency, CustomerId, MessageId, Money, RunId
from succotash.infrastructure.in_memory.consents import InMemoryConsentRepository
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import OutboxRow, atomic, stored

type FieldValues = dict[AudienceField, str | float | Decimal | None]


@dataclasses.dataclass(frozen=True, slots=True)
class _Account:
    """An account, as the current run and the leads know it."""

    customer: Customer
    facts: FieldValues
    value_at_risk: Decimal
    foreseen_value: Decimal
    currency: Currency | None
    has_bought: bool

    @property
    def place(self) -> tuple[Decimal, CustomerId]:
        """Greatest value at risk first, then by id."""
        return -self.value_at_risk, self.customer.customer_id


@dataclasses.dataclass(frozen=True, slots=True)
class _Person:
    """The person at an address."""

    canonical_email: str
    account: _Account
    foreseen_value: Decimal
    has_bought: bool


class InMemoryCampaignMemberRepository(InMemoryRepository, CampaignMemberRepository):
    """Members of campaigns."""

    @override
    @atomic
    def lock_dispatch(self, campaign_id: CampaignId) -> RetentionCampaign:
        # A transaction holds all of the tables.
        return self.tables.campaigns[campaign_id]

    @override
    @atomic
    def assign_members(self, terms: DispatchTerms, dispatch_id: str) -> Assigned:
        run_id, counts = self.tables.current_run(), Counter[Arm]()
        for person, person_key, arm in list(self._assignable(terms)):
            account = person.account
            self.tables.members[terms.campaign_id, person_key] = stored(
                CampaignMember(
                    terms.campaign_id,
                    person_key,
                    arm,
                    MemberState.HELD_OUT if arm is Arm.HOLDOUT else MemberState.QUEUED,
                    terms.at,
                    dispatch_id,
                    account.customer.customer_id,
                    person.canonical_email,
                    run_id,
                    _money(person.foreseen_value, account.currency),
                    _money(account.value_at_risk, account.currency),
                    *(
                        _text(account.facts[name])
                        for name in (
                            AudienceField.RISK_LEVEL,
                            AudienceField.VALUE_SEGMENT,
                            AudienceField.ENGAGEMENT_SEGMENT,
                        )
                    ),
                )
            )
            counts[arm] += 1
        return Assigned(counts[Arm.TREATMENT], counts[Arm.HOLDOUT])

    @override
    @atomic
    def queue_messages(self, campaign_id: CampaignId, dispatch_id: str, due_at: datetime) -> int:
        written_to = [
            member
            for member in self.tables.members_by_campaign[campaign_id]
            if member.arm is Arm.TREATMENT and member.dispatch_id == dispatch_id
        ]
        for member in written_to:
            message = OutboxMessage(
                MessageId(member.person_key),
                MessageKind.CAMPAIGN_MESSAGE,
                member.assigned_at,
                member.person_key,
                payload={"campaign_id": campaign_id},
            )
            self.tables.outbox[message.message_id] = stored(OutboxRow(stored(message), due_at))
        campaign = self.tables.campaigns[campaign_id]
        targeted = campaign.metrics.targeted + len(written_to)
        self.tables.campaigns[campaign_id] = dataclasses.replace(
            campaign, metrics=dataclasses.replace(campaign.metrics, targeted=targeted)
        )
        return len(written_to)

    @override
    @atomic
    def count_reach(self, terms: DispatchTerms) -> Reach:
        accounts = list(self._accounts(terms))
        unreached = Counter[Unreached](
            Unreached.NO_ADDRESS for each in accounts if each.customer.canonical_email is None
        )
        people = [(each, self._reason(each, terms)) for each in _people(accounts)]
        unreached.update(reason for _, reason in people if reason is not None)
        arms = Counter(arm for _, _, arm in self._assignable(terms))
        reachable = sum(1 for _, reason in people if reason is None)
        unreached[Unreached.BUDGET] += reachable - arms.total()
        return Reach(
            arms[Arm.TREATMENT], arms[Arm.HOLDOUT], {each: unreached[each] for each in Unreached}
        )

    @override
    @atomic
    def find_recipients(self, terms: DispatchTerms, *, limit: int) -> list[Recipient]:
        return [
            self._recipient(person.canonical_email, person_key)
            for person, person_key, arm in islice(
                (each for each in self._assignable(terms) if each[2] is Arm.TREATMENT), limit
            )
        ]

    @override
    @atomic
    def find_releases(
        self, messages: Mapping[MessageId, CampaignId], terms: ReleaseTerms
    ) -> list[Release]:
        found = []
        for message_id, campaign_id in sorted(messages.items()):
            member = self.tables.members.get((campaign_id, message_id))
            if member is None or (email := member.canonical_email) is None:
                continue
            purposes = (MARKETING, campaign_purpose(campaign_id))
            # Who had bought something when they were assigned still has.
            reason = self._suppressed(email, purposes, terms.suppression_keys)
            if reason is None and not self._agrees(email, purposes, terms.consent, has_bought=True):
                reason = Unreached.NO_CONSENT
            recipient = self._recipient(email, message_id)
            found.append(Release(campaign_id, recipient, email, member.customer_id, reason))
        return found

    @override
    @atomic
    def mark_members(self, marks: Sequence[MemberMark]) -> int:
        changed = 0
        for each in marks:
            member = self.tables.members.get((each.campaign_id, each.message_id))
            if member is None or member.state not in MARKED_FROM[each.state]:
                continue
            marked = dataclasses.replace(member, state=each.state)
            self.tables.members[each.campaign_id, each.message_id] = marked
            changed += 1
            if each.state is MemberState.SENT:
                campaign = self.tables.campaigns[each.campaign_id]
                metrics = dataclasses.replace(campaign.metrics, sent=campaign.metrics.sent + 1)
                counted = dataclasses.replace(campaign, metrics=metrics)
                self.tables.campaigns[each.campaign_id] = counted
        return changed

    @override
    @atomic
    def count_member_states(self, campaign_id: CampaignId) -> Mapping[MemberState, int]:
        counts = Counter(each.state for each in self.tables.members_by_campaign[campaign_id])
        return {each: counts[each] for each in MemberState}

    @override
    @atomic
    def get_campaign_member(self, campaign_id: CampaignId, message_id: MessageId) -> CampaignMember:
        return self.tables.members[campaign_id, message_id]

    @override
    @atomic
    def get_campaign_members(
        self, campaign_id: CampaignId, *, limit: int, after: str = ""
    ) -> list[CampaignMember]:
        members = (
            each for each in self.tables.members_by_campaign[campaign_id] if each.person_key > after
        )
        return sorted(members, key=lambda each: each.person_key)[:limit]

    @override
    @atomic
    def get_memberships(self, canonical_email: str) -> list[CampaignMember]:
        return sorted(
            self.tables.members_by_email[canonical_email],
            key=lambda each: (each.assigned_at, each.campaign_id),
        )

    @override
    @atomic
    def forget_members(self, canonical_email: str) -> list[MessageId]:
        known = self.get_memberships(canonical_email)
        for each in known:
            nobody = CampaignMember(
                each.campaign_id,
                f"erased_{secrets.token_hex(16)}",
                each.arm,
                each.state,
                each.assigned_at,
                each.dispatch_id,
            )
            self.tables.members.discard([(each.campaign_id, each.person_key)])
            self.tables.members[each.campaign_id, nobody.person_key] = nobody
            self._rename_outcomes(each.campaign_id, each.person_key, nobody.person_key)
        return sorted(MessageId(each.person_key) for each in known)

    def _rename_outcomes(self, campaign_id: CampaignId, former: str, person_key: str) -> None:
        outcomes = self.tables.member_outcomes
        for each in [*self.tables.member_outcomes_by_message[campaign_id, MessageId(former)]]:
            outcomes.discard([(campaign_id, former, each.kind)])
            renamed = dataclasses.replace(each, message_id=MessageId(person_key))
            outcomes[campaign_id, person_key, each.kind] = renamed

    def _recipient(self, canonical_email: str, person_key: str) -> Recipient:
        lead = self.tables.lead_with(canonical_email)
        message_id = MessageId(person_key)
        if lead is None:
            return Recipient(message_id, None, None, None)
        return Recipient(message_id, lead.first_name, lead.last_name, lead.company)

    def _assignable(self, terms: DispatchTerms) -> Iterator[tuple[_Person, str, Arm]]:
        """The people who would be assigned, in order, until the budget ends."""
        sent = sum(
            1
            for each in self.tables.members_by_campaign[terms.campaign_id]
            if each.arm is Arm.TREATMENT
        )
        people = _people(list(self._accounts(terms)))
        for person in sorted(people, key=lambda each: each.account.place):
            if self._reason(person, terms) is not None:
                continue
            if terms.messages is not None and sent >= terms.messages:
                return
            person_key = terms.person_key.digest(person.canonical_email)
            arm = Arm.HOLDOUT if person_key < terms.holdout_below else Arm.TREATMENT
            sent += arm is Arm.TREATMENT
            yield person, person_key, arm

    def _reason(self, person: _Person, terms: DispatchTerms) -> Unreached | None:
        email = person.canonical_email
        reason = self._suppressed(email, terms.purposes, terms.suppression_keys)
        if reason is not None:
            return reason
        if not self._agrees(email, terms.purposes, terms.consent, has_bought=person.has_bought):
            return Unreached.NO_CONSENT
        places = self.tables.members_by_email[email]
        if any(each.campaign_id == terms.campaign_id for each in places):
            return Unreached.ALREADY_ASSIGNED
        since = terms.cap_since
        lately = sum(1 for each in places if since is not None and each.assigned_at > since)
        return Unreached.CAP if terms.cap is not None and lately >= terms.cap else None

    def _suppressed(
        self, email: str, purposes: Sequence[str], keys: Sequence[DigestBlocks]
    ) -> Unreached | None:
        suppressions = [
            found
            for key in keys
            for purpose in purposes
            if (found := self.tables.suppressions.get((key.digest(email), purpose)))
        ]
        if any(each.reason is SuppressionReason.ERASED for each in suppressions):
            return Unreached.ERASED
        return Unreached.SUPPRESSED if suppressions else None

    def _agrees(
        self, email: str, purposes: Sequence[str], rule: ConsentRule, *, has_bought: bool
    ) -> bool:
        consents = InMemoryConsentRepository(self.tables)
        said = {
            each.purpose: each.state
            for each in consents.get_current_consents(email)
            if each.purpose in purposes
        }
        if ConsentState.DENIED in said.values():
            return False
        if said.get(MARKETING) is ConsentState.GRANTED:
            return True
        return rule is ConsentRule.EXISTING_CUSTOMERS and has_bought

    def _accounts(self, terms: DispatchTerms) -> Iterator[_Account]:
        run = self.tables.runs[self.tables.current_run()]
        today = run.as_of.astimezone(ZoneInfo(terms.time_zone)).date()
        listed = terms.customer_ids
        meant = None if listed is None else {self.tables.meant(each) for each in listed}
        for customer in self.tables.customers.values():
            if meant is None or customer.customer_id in meant:
                account = self._account(customer, run.run_id, today.toordinal())
                if any(each.includes(account.facts) for each in terms.alternatives):
                    yield account

    def _account(self, customer: Customer, run_id: RunId, today: int) -> _Account:
        key = (run_id, customer.customer_id)
        prediction, value = self.tables.predictions.get(key), self.tables.values.get(key)
        profile = self.tables.profiles.get(key)
        lead = None if customer.lead_id is None else self.tables.leads.get(customer.lead_id)
        at_risk = None if prediction is None else prediction.value_at_risk
        value_at_risk = Decimal(0) if at_risk is None else at_risk.amount
        facts: FieldValues = {
            AudienceField.ENGAGEMENT_SEGMENT: None if profile is None else profile.segment,
            AudienceField.LEAD_SOURCE: None if lead is None else lead.source,
            AudienceField.RISK_LEVEL: None,
            AudienceField.VALUE_SEGMENT: None,
        }
        if prediction is not None:
            facts |= {
                AudienceField.RISK_LEVEL: prediction.risk_level,
                AudienceField.CHURN_PROBABILITY: prediction.churn_probability,
                AudienceField.VALUE_AT_RISK: value_at_risk,
                AudienceField.DAYS_INACTIVE: today - prediction.last_seen_on.toordinal(),
            }
        if value is not None:
            facts |= {
                AudienceField.VALUE_SEGMENT: value.segment_id,
                AudienceField.COHORT: value.cohort_id,
                AudienceField.PREDICTED_VALUE: (value.actual_clv + value.residual_value).amount,
                AudienceField.PURCHASES: value.order_count,
            }
        own = at_risk.currency if at_risk is not None else None
        return _Account(
            customer,
            facts,
            value_at_risk,
            Decimal(0) if value is None else value.residual_value.amount,
            own if value is None else value.residual_value.currency,
            value is not None and value.order_count > 0,
        )


def _people(accounts: list[_Account]) -> list[_Person]:
    by_email: dict[str, list[_Account]] = {}
    for each in accounts:
        if each.customer.canonical_email is not None:
            by_email.setdefault(each.customer.canonical_email, []).append(each)
    return [
        _Person(
            email,
            min(own, key=lambda each: each.place),
            sum((each.foreseen_value for each in own), Decimal(0)),
            any(each.has_bought for each in own),
        )
        for email, own in by_email.items()
    ]


def _money(amount: Decimal, currency: Currency | None) -> Money | None:
    return None if currency is None else Money(amount, currency)


def _text(value: str | float | Decimal | None) -> str | None:
    return None if value is None else str(value)
