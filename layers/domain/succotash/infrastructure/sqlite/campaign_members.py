"""Members of campaigns in SQLite."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import override

from succotash.domain.campaigns.alternatives import Alternative, AudienceField, Kind
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
from succotash.domain.people.erasures import DigestBlocks
from succotash.domain.repositories.campaign_members import CampaignMemberRepository
from succotash.domain.values import MONEY_PLACES, CampaignId, Json, MessageId
from succotash.errors import NotFoundError
from succotash.infrastructure.rows.campaigns import (
    campaign_of,
    mark_documents,
    member_of,
    reach_of,
    recipient_of,
    release_of,
    states_of,
)
from succotash.infrastructure.sqlite.columns import json_text, micros, optional_micros
from succotash.infrastructure.sqlite.functions import require_zone
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.sql import statements

_CAMPAIGNS = statements("campaigns")
_SQL = statements("campaign_members")
_ELIGIBILITY = statements("campaign_eligibility")


class SQLiteCampaignMemberRepository(SQLiteRepository, CampaignMemberRepository):
    """Members of campaigns."""

    @override
    def lock_dispatch(self, campaign_id: CampaignId) -> RetentionCampaign:
        # Who writes holds off everybody else that writes.
        with self._unit.writing() as session:
            for row in session.run(_CAMPAIGNS["get_campaign"], campaign_id=campaign_id):
                return campaign_of(row)
        raise NotFoundError("campaign")

    @override
    def assign_members(self, terms: DispatchTerms, dispatch_id: str) -> Assigned:
        own = {"campaign_id": terms.campaign_id, "dispatch_id": dispatch_id}
        with self._unit.writing() as session:
            session.change(
                _ELIGIBILITY["assign_members"],
                **_parameters(terms),
                at=micros(terms.at),
                dispatch_id=dispatch_id,
            )
            [row] = session.run(_SQL["count_assigned"], **own)
        return Assigned(row["treatment"], row["holdout"])

    @override
    def queue_messages(self, campaign_id: CampaignId, dispatch_id: str, due_at: datetime) -> int:
        with self._unit.writing() as session:
            messages = session.change(
                _SQL["queue_messages"],
                campaign_id=campaign_id,
                dispatch_id=dispatch_id,
                kind=MessageKind.CAMPAIGN_MESSAGE,
                due_at=micros(due_at),
            )
            session.change(_SQL["count_targeted"], campaign_id=campaign_id, messages=messages)
        return messages

    @override
    def count_reach(self, terms: DispatchTerms) -> Reach:
        with self._unit.reading() as session:
            return reach_of(session.run(_ELIGIBILITY["count_reach"], **_parameters(terms)))

    @override
    def find_recipients(self, terms: DispatchTerms, *, limit: int) -> list[Recipient]:
        with self._unit.reading() as session:
            rows = session.run(_ELIGIBILITY["find_recipients"], **_parameters(terms), limit=limit)
        return [recipient_of(row) for row in rows]

    @override
    def find_releases(
        self, messages: Mapping[MessageId, CampaignId], terms: ReleaseTerms
    ) -> list[Release]:
        with self._unit.reading() as session:
            rows = session.run(
                _SQL["find_releases"],
                messages=json_text(dict(messages)),
                general_purpose=MARKETING,
                campaign_prefix=CAMPAIGN_PREFIX,
                reaches_customers=terms.consent is ConsentRule.EXISTING_CUSTOMERS,
                suppression_keys=_blocks(terms.suppression_keys),
            )
        return [release_of(row) for row in rows]

    @override
    def mark_members(self, marks: Sequence[MemberMark]) -> int:
        given = json_text(mark_documents(marks))
        with self._unit.writing() as session:
            # Counted before: what is marked already is not sent again.
            session.change(_SQL["count_sent"], marks=given)
            return session.change(_SQL["mark_members"], marks=given)

    @override
    def count_member_states(self, campaign_id: CampaignId) -> Mapping[MemberState, int]:
        with self._unit.reading() as session:
            return states_of(session.run(_SQL["count_member_states"], campaign_id=campaign_id))

    @override
    def get_campaign_member(self, campaign_id: CampaignId, message_id: MessageId) -> CampaignMember:
        with self._unit.reading() as session:
            for row in session.run(
                _SQL["get_member"], campaign_id=campaign_id, person_key=message_id
            ):
                return member_of(row)
        raise NotFoundError("member")

    @override
    def get_campaign_members(
        self, campaign_id: CampaignId, *, limit: int, after: str = ""
    ) -> list[CampaignMember]:
        with self._unit.reading() as session:
            rows = session.run(
                _SQL["find_members"], campaign_id=campaign_id, after=after, limit=limit
            )
        return [member_of(row) for row in rows]

    @override
    def get_memberships(self, canonical_email: str) -> list[CampaignMember]:
        with self._unit.reading() as session:
            rows = session.run(_SQL["find_memberships"], canonical_email=canonical_email)
        return [member_of(row) for row in rows]

    @override
    def forget_members(self, canonical_email: str) -> list[MessageId]:
        with self._unit.writing() as session:
            rows = session.run(_SQL["find_memberships"], canonical_email=canonical_email)
            session.change(_SQL["forget_members"], canonical_email=canonical_email)
        return sorted(MessageId(row["person_key"]) for row in rows)


def _parameters(terms: DispatchTerms) -> dict[str, object]:
    require_zone(terms.time_zone)
    given = terms.customer_ids
    general_purpose, own_purpose = terms.purposes
    return {
        "campaign_id": terms.campaign_id,
        "alternatives": json_text([dict(_bounds(each)) for each in terms.alternatives]),
        "customer_ids": None if given is None else json_text([*given]),
        "time_zone": terms.time_zone,
        "general_purpose": general_purpose,
        "own_purpose": own_purpose,
        "reaches_customers": terms.consent is ConsentRule.EXISTING_CUSTOMERS,
        "suppression_keys": _blocks(terms.suppression_keys),
        "person_inner": terms.person_key.inner,
        "person_outer": terms.person_key.outer,
        "holdout_below": terms.holdout_below,
        "cap": terms.cap,
        "cap_since": optional_micros(terms.cap_since),
        "messages": terms.messages,
    }


def _blocks(keys: Sequence[DigestBlocks]) -> str:
    return json_text([{"inner": each.inner.hex(), "outer": each.outer.hex()} for each in keys])


def _bounds(alternative: Alternative) -> Iterator[tuple[str, Json]]:
    """An alternative as statements here take it: amounts in ten-thousandths."""
    amounts = {
        f"{name}_{end}"
        for name in AudienceField
        if name.kind is Kind.AMOUNT
        for end in ("from", "to")
    }
    for name, value in alternative.document().items():
        is_amount = name in amounts and isinstance(value, str)
        yield name, int(Decimal(str(value)).scaleb(MONEY_PLACES)) if is_amount else value
