"""Consent: what people said may be sent to them, and which addresses are never written to."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from succotash.domain.values import CampaignId

MARKETING = "marketing"
"""The purpose that every campaign needs."""
TERMS = "terms"
"""The consent that a form requires, which permits no campaign."""
CAMPAIGN_PREFIX = "campaign:"
PURPOSE = re.compile(r"[a-z][a-z0-9_-]{0,49}")
"""The names that a team may give a purpose; campaigns have their own, which nobody can give."""


class ConsentState(StrEnum):
    """A person's answer."""

    GRANTED = "granted"
    DENIED = "denied"


class ConsentOrigin(StrEnum):
    """The way in which an answer became known."""

    FORM = "form"
    IMPORT = "import"
    LINK = "link"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    API = "api"


class SuppressionReason(StrEnum):
    """Why an address is not written to, the gravest last."""

    DENIED = "denied"
    ERASED = "erased"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"


LIFTED_BY: Mapping[ConsentOrigin, tuple[SuppressionReason, ...]] = {
    # Anybody can type an address into a form: its yes brings no mail to a mailbox that complained.
    ConsentOrigin.FORM: (SuppressionReason.DENIED, SuppressionReason.ERASED),
    ConsentOrigin.API: (*SuppressionReason,),
}
"""The suppressions that a later yes ends, by its origin; others end none."""


def campaign_purpose(campaign_id: CampaignId) -> str:
    """The purpose of one campaign, which only a no is said to."""
    return f"{CAMPAIGN_PREFIX}{campaign_id}"


@dataclass(frozen=True, slots=True)
class Consent:
    """A person's yes or no to a purpose."""

    consent_id: str
    canonical_email: str
    purpose: str
    state: ConsentState
    occurred_at: datetime
    recorded_at: datetime
    origin: ConsentOrigin
    text: str | None = None
    """The text that the person was shown or told, where that is known."""
    source_id: str | None = None
    """The submission, import or campaign it came with."""
    address_key: str | None = None
    """The address as suppressions know it, by which a link finds the person."""


@dataclass(frozen=True, slots=True)
class ImportedConsents:
    """Consents of an import, by the ten thousand: each person once, for one purpose.

    The columns are equally long, a row for each person. Instants are ISO 8601 with an offset.
    """

    purpose: str
    recorded_at: datetime
    consent_ids: Sequence[str]
    canonical_emails: Sequence[str]
    are_granted: Sequence[bool]
    occurred_at: Sequence[str]
    source_ids: Sequence[str]
    address_keys: Sequence[str | None]

    def consents(self) -> Iterator[Consent]:
        """Every row's consent."""
        for consent_id, email, is_granted, occurred_at, source_id, address_key in zip(
            self.consent_ids,
            self.canonical_emails,
            self.are_granted,
            self.occurred_at,
            self.source_ids,
            self.address_keys,
            strict=True,
        ):
            yield Consent(
                consent_id,
                email,
                self.purpose,
                ConsentState.GRANTED if is_granted else ConsentState.DENIED,
                datetime.fromisoformat(occurred_at).astimezone(UTC),
                self.recorded_at,
                ConsentOrigin.IMPORT,
                source_id=source_id,
                address_key=address_key,
            )


@dataclass(frozen=True, slots=True)
class FailedAddress:
    """A mail service's notice about an address: it fails for good, or its person complained."""

    address: str
    origin: ConsentOrigin
    at: datetime


@dataclass(frozen=True, slots=True)
class CurrentConsent:
    """The current answer of a person to a purpose."""

    canonical_email: str
    purpose: str
    state: ConsentState
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address that is not written to, named by a keyed digest alone."""

    address_key: str
    purpose: str
    reason: SuppressionReason
    since: datetime


def in_order(batch: Iterable[Consent]) -> list[Consent]:
    """Each id once, as first given; of what is said about one thing, what holds comes last."""
    first: dict[str, Consent] = {}
    for each in batch:
        first.setdefault(each.consent_id, each)
    return sorted(
        first.values(),
        key=lambda each: (each.occurred_at, each.recorded_at, each.state is ConsentState.DENIED),
    )


def merged(batch: Iterable[Suppression]) -> list[Suppression]:
    """One for each address and purpose, with the gravest reason and the latest instant."""
    gravity = [*SuppressionReason].index
    found: dict[tuple[str, str], Suppression] = {}
    for each in batch:
        key = (each.address_key, each.purpose)
        known = found.get(key, each)
        found[key] = replace(
            each,
            reason=max(known.reason, each.reason, key=gravity),
            since=max(known.since, each.since),
        )
    return [*found.values()]
