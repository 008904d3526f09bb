"""Members of campaigns in PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import override

from succotash.domain.campaigns.alternatives import hull
from succotash.domain.campaigns.campaigns import RetentionCampaign
from succotash.domain.campaigns.consent_rules import ConsentRule
from succotash.domain.campaigns.members import (
    Assigned,
    CampaignMember,
    DispatchTerms,
    MemberMark,
    MemberState,
    Reach,
    Recipient,
    Release,
    ReleaseTerms,
)
from succotash.domain.consents.consents import CAMPAIGN_PREFIX, MARKETING
from succotash.domain.messages.outbox import MessageKind
from succotash.domain.repositories.campaign_members import CampaignMemberRepository
from succotash.domain.values import CampaignId, MessageId
from succotash.infrastructure.postgres.campaigns import PostgresCampaignRepository
from succotash.infrastructure.postgres.erasure_locks import ALL_STRIPES
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.session import Jsonb, Session
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.rows.campaigns import (
    mark_documents,
    member_of,
    reach_of,
    recipient_of,
    release_of,
    states_of,
)
from succotash.infrastructure.rows.row import only

_SQL = statements("campaign_members")
_ELIGIBILITY = statements("campaign_eligibility")


class PostgresCampaignMemberRepository(PostgresRepository, CampaignMemberRepository):
    """Members of campaigns."""

    @override
    def lock_dispatch(self, campaign_id: CampaignId) -> RetentionCampaign:
        def lock(session: Session) -> RetentionCampaign:
            session.run(_SQL["lock_dispatch"], stripes=[*ALL_STRIPES])
            return PostgresCampaignRepository.within(session).lock_retention_campaign(campaign_id)

        return self._in_transaction(lock)

    @override
    def assign_members(self, terms: DispatchTerms, dispatch_id: str) -> Assigned:
        [row] = self._run(
            _ELIGIBILITY["assign_members"],
            **_parameters(terms),
            at=terms.at,
            dispatch_id=dispatch_id,
        )
        return Assigned(row["treatment"], row["holdout"])

    @override
    def queue_messages(self, campaign_id: CampaignId, dispatch_id: str, due_at: datetime) -> int:
        [row] = self._run(
            _SQL["queue_messages"],
            campaign_id=campaign_id,
            dispatch_id=dispatch_id,
            kind=MessageKind.CAMPAIGN_MESSAGE,
            due_at=due_at,
        )
        return int(row["messages"])

    @override
    def count_reach(self, terms: DispatchTerms) -> Reach:
        return reach_of(self._run(_ELIGIBILITY["count_reach"], **_parameters(terms)))

    @override
    def find_recipients(self, terms: DispatchTerms, *, limit: int) -> list[Recipient]:
        rows = self._run(_ELIGIBILITY["find_recipients"], **_parameters(terms), limit=limit)
        return [recipient_of(row) for row in rows]

    @override
    def find_releases(
        self, messages: Mapping[MessageId, CampaignId], terms: ReleaseTerms
    ) -> list[Release]:
        rows = self._run(
            _SQL["find_releases"],
            message_ids=[*messages],
            campaign_ids=[*messages.values()],
            general_purpose=MARKETING,
            campaign_prefix=CAMPAIGN_PREFIX,
            reaches_customers=terms.consent is ConsentRule.EXISTING_CUSTOMERS,
            suppression_inners=[each.inner for each in terms.suppression_keys],
            suppression_outers=[each.outer for each in terms.suppression_keys],
        )
        return [release_of(row) for row in rows]

    @override
    def mark_members(self, marks: Sequence[MemberMark]) -> int:
        [row] = self._run(_SQL["mark_members"], marks=Jsonb(mark_documents(marks)))
        return int(row["changed"])

    @override
    def count_member_states(self, campaign_id: CampaignId) -> Mapping[MemberState, int]:
        return states_of(self._run(_SQL["count_member_states"], campaign_id=campaign_id))

    @override
    def get_campaign_member(self, campaign_id: CampaignId, message_id: MessageId) -> CampaignMember:
        rows = self._run(_SQL["get_member"], campaign_id=campaign_id, person_key=message_id)
        return member_of(only("member", rows))

    @override
    def get_campaign_members(
        self, campaign_id: CampaignId, *, limit: int, after: str = ""
    ) -> list[CampaignMember]:
        rows = self._run(_SQL["find_members"], campaign_id=campaign_id, after=after, limit=limit)
        return [member_of(row) for row in rows]

    @override
    def get_memberships(self, canonical_email: str) -> list[CampaignMember]:
        rows = self._run(_SQL["find_memberships"], canonical_email=canonical_email)
        return [member_of(row) for row in rows]

    @override
    def forget_members(self, canonical_email: str) -> list[MessageId]:
        rows = self._run(_SQL["forget_members"], canonical_email=canonical_email)
        return [row["person_key"] for row in rows]


def _parameters(terms: DispatchTerms) -> dict[str, object]:
    given, alternatives = terms.customer_ids, terms.alternatives
    general_purpose, own_purpose = terms.purposes
    several = [each.document() for each in alternatives] if len(alternatives) != 1 else None
    return {
        **hull(alternatives).document(),
        "campaign_id": terms.campaign_id,
        "alternatives": None if several is None else Jsonb([*several]),
        "customer_ids": None if given is None else list(given),
        "time_zone": terms.time_zone,
        "general_purpose": general_purpose,
        "own_purpose": own_purpose,
        "reaches_customers": terms.consent is ConsentRule.EXISTING_CUSTOMERS,
        "suppression_inners": [each.inner for each in terms.suppression_keys],
        "suppression_outers": [each.outer for each in terms.suppression_keys],
        "person_inner": terms.person_key.inner,
        "person_outer": terms.person_key.outer,
        "holdout_below": terms.holdout_below,
        "cap": terms.cap,
        "cap_since": terms.cap_since,
        "messages": terms.messages,
    }
