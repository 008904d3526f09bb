"""Taking the outcomes of campaigns' messages, one batch at a time."""

import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NotRequired, TypedDict

from succotash.application.batches import Rejected, ViolationView, violation_views
from succotash.application.consents.recording import keep_consents, without_erased
from succotash.domain.campaigns.consent_rules import ConsentRule
from succotash.domain.campaigns.members import MemberMark, MemberState, ReleaseTerms
from succotash.domain.campaigns.outcomes import LEFT, MemberOutcome, OutcomeKind
from succotash.domain.consents.consents import MARKETING, Consent, ConsentOrigin, ConsentState
from succotash.domain.people.erasures import NO_TOMBSTONES, SUPPRESSION, Tombstones
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.value.ledgers import CLOCK_TOLERANCE
from succotash.domain.values import CampaignId, Clock, MessageId
from succotash.errors import NotFoundError, Violation


@dataclass(frozen=True, slots=True)
class ReportedOutcome:
    """A report of the outcome of a message."""

    message_id: MessageId
    kind: OutcomeKind
    at: datetime
    item_id: str | None = None
    """The sender's id of the item."""


class OutcomeResult(TypedDict):
    """The result of one item: recorded, unchanged or rejected."""

    index: int
    """Position of the item in the batch, from 0."""
    id: str | None
    """The id as it was sent."""
    status: str
    errors: NotRequired[list[ViolationView]]


class OutcomeReport(TypedDict):
    """Results in the order of the items, and how many there are of each."""

    results: list[OutcomeResult]
    recorded: int
    """Items that are new."""
    unchanged: int
    """Items whose message has an outcome of this kind already; that one stays."""
    rejected: int
    """Items with errors; not recorded."""


FUTURE = Violation("at", "in_the_future", "Must be in the past")
NOT_SENT = Violation("message_id", "not_sent", "Not a message that this campaign sent")
"""Also of holdouts, so that nobody learns who they are."""

SAID_NO: Mapping[OutcomeKind, tuple[str, ConsentOrigin]] = {
    OutcomeKind.UNSUBSCRIBED: ("", ConsentOrigin.API),
    OutcomeKind.COMPLAINED: ("complaint:", ConsentOrigin.COMPLAINT),
}
"""Outcomes by which people refuse more messages: the prefix of the consent's id, and its origin."""

type Key = tuple[MessageId, OutcomeKind]


class CampaignOutcomes:
    """Adds outcomes to campaigns' messages, and counts them."""

    def __init__(
        self, storage: Storage, clock: Clock, tombstones: Tombstones = NO_TOMBSTONES
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._consent_keys = tombstones

    def record_outcomes(
        self, campaign_id: str, items: Sequence[ReportedOutcome | Rejected]
    ) -> OutcomeReport:
        """Add a batch, in one transaction; the outcome of each item, in order.

        Of each kind a message has one outcome, the first that is reported. One from the future, or
        of no message that was sent, is rejected alone. A message that may have been sent was, once
        something is reported of it. Who unsubscribed or complained is not written to any more, by
        any campaign.
        NotFoundError where there is no such campaign.
        """
        own, latest = CampaignId(campaign_id), self._clock() + CLOCK_TOLERANCE
        firsts: dict[Key, MemberOutcome] = {}
        for each in items:
            if isinstance(each, ReportedOutcome) and each.at <= latest:
                outcome = MemberOutcome(own, each.message_id, each.kind, each.at)
                firsts.setdefault((each.message_id, each.kind), outcome)

        sent, added = self._storage.in_transaction(
            lambda repositories: self._record_outcomes(repositories, own, [*firsts.values()])
        )
        results = []
        for index, each in enumerate(items):
            violations: tuple[Violation, ...] = ()
            status = "unchanged"
            if isinstance(each, Rejected):
                violations = each.violations
            elif each.at > latest:
                violations = (FUTURE,)
            elif each.message_id not in sent:
                violations = (NOT_SENT,)
            elif (each.message_id, each.kind) in added:
                added.remove((each.message_id, each.kind))
                status = "recorded"
            results.append(_result(index, each.item_id, status, violations))
        statuses = [each["status"] for each in results]
        return {
            "results": results,
            "recorded": statuses.count("recorded"),
            "unchanged": statuses.count("unchanged"),
            "rejected": statuses.count("rejected"),
        }

    def record_reports(self, reports: Sequence[MemberOutcome]) -> int:
        """Record outcomes reported by the service that sent the messages; the number of new ones.

        What is about no campaign, or about no message that was sent, is passed over. Addresses are
        left as they are: `ConsentRecords.record_suppression` takes what the service says of them.
        """
        by_campaign: dict[CampaignId, list[MemberOutcome]] = {}
        for each in reports:
            by_campaign.setdefault(each.campaign_id, []).append(each)
        new = 0
        for campaign_id, own in sorted(by_campaign.items()):
            firsts = {(each.message_id, each.kind): each for each in reversed(own)}
            work = partial(
                self._record_reports, campaign_id=campaign_id, reports=[*firsts.values()]
            )
            with contextlib.suppress(NotFoundError):
                new += len(self._storage.in_transaction(work))
        return new

    def _record_reports(
        self,
        repositories: Repositories,
        campaign_id: CampaignId,
        reports: Sequence[MemberOutcome],
    ) -> set[Key]:
        """Record such outcomes of one campaign: the new ones. NotFoundError.

        Who says so is the service that sent them, so they were sent even where its answer is still
        under way.
        """
        retention = repositories.retention
        states = retention.find_message_states(campaign_id, {each.message_id for each in reports})
        marks = [
            MemberMark(campaign_id, each, MemberState.SENT)
            for each, state in sorted(states.items())
            if state is not MemberState.HELD_OUT
        ]
        if marks:
            retention.mark_members(marks)
        return self._record_outcomes(repositories, campaign_id, reports, with_consents=False)[1]

    def _record_outcomes(
        self,
        repositories: Repositories,
        campaign_id: CampaignId,
        outcomes: Sequence[MemberOutcome],
        *,
        with_consents: bool = True,
    ) -> tuple[set[MessageId], set[Key]]:
        """Keep outcomes of one campaign, and count them: whose messages were sent, and what is new.

        Members are marked before the campaign is locked, as by who sends messages, and after the
        locks against erasures. NotFoundError.
        """
        retention = repositories.retention
        retention.get_retention_campaign(campaign_id)
        states = retention.find_message_states(campaign_id, {each.message_id for each in outcomes})
        sent = {each for each, state in states.items() if state in LEFT}
        known = [each for each in outcomes if each.message_id in sent]
        if not known:
            return sent, set()
        refusals = self._refusals(repositories, known) if with_consents else []
        marks = [
            MemberMark(campaign_id, each, MemberState.SENT)
            for each in sorted(sent)
            if states[each] is MemberState.UNCERTAIN
        ]
        if marks:
            retention.mark_members(marks)
        bounced = {each.message_id for each in known if each.kind is OutcomeKind.BOUNCED}
        if bounced:
            retention.mark_members(
                [MemberMark(campaign_id, each, MemberState.BOUNCED) for each in sorted(bounced)]
            )
        campaign = retention.lock_retention_campaign(campaign_id)
        added = retention.add_outcomes(known)
        counts = Counter(kind for _, kind in added)
        if counts:
            metrics = campaign.metrics.with_outcomes(counts)
            retention.update_campaign_metrics(campaign_id, metrics)
        said = [no for key, no in refusals if key in added]
        if said:
            keep_consents(repositories, self._consent_keys, said)
        return sent, added

    def _refusals(
        self, repositories: Repositories, outcomes: Sequence[MemberOutcome]
    ) -> list[tuple[Key, Consent]]:
        """Refusals by those who unsubscribed or complained; none of them is erased meanwhile."""
        gone = [each for each in outcomes if each.kind in SAID_NO]
        if not gone:
            return []
        terms = ReleaseTerms(self._consent_keys.blocks(SUPPRESSION), ConsentRule.OPT_IN)
        campaigns = {each.message_id: each.campaign_id for each in gone}
        emails = {
            each.recipient.message_id: each.canonical_email
            for each in repositories.retention.find_releases(campaigns, terms)
        }
        found = {
            (each.message_id, each.kind): self._refusal(each, emails[each.message_id])
            for each in gone
            if each.message_id in emails
        }
        kept = {*without_erased(repositories, self._consent_keys, [*found.values()])}
        return [(key, no) for key, no in found.items() if no in kept]

    def _refusal(self, outcome: MemberOutcome, email: str) -> Consent:
        prefix, origin = SAID_NO[outcome.kind]
        return Consent(
            f"{prefix}{outcome.campaign_id}:{outcome.message_id}",
            email,
            MARKETING,
            ConsentState.DENIED,
            outcome.occurred_at,
            self._clock(),
            origin,
            source_id=outcome.campaign_id,
        )


def _result(
    index: int, item_id: str | None, status: str, violations: Sequence[Violation]
) -> OutcomeResult:
    result: OutcomeResult = {"index": index, "id": item_id, "status": status}
    if violations:
        result["status"] = "rejected"
        result["errors"] = violation_views(violations)
    return result
