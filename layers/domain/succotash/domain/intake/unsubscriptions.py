"""Links by which people unsubscribe, and what they ask for by them."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from succotash.domain.consents.consents import MARKETING, campaign_purpose
from succotash.domain.intake.signing import InvalidTokenError, Signer
from succotash.domain.values import CampaignId, instant_text, require_aware
from succotash.errors import MalformedRequestError, SuccotashError

UNSUBSCRIBE_PURPOSE = "unsubscribe"
UNSUBSCRIBE_LIFETIME = timedelta(days=365)
"""The time for which a link works; a key that signs links is to be kept as long."""
ONE_CLICK = "One-Click"
"""The body that a mail program posts as `List-Unsubscribe` (RFC 8058)."""


class UnsubscribeFrom(StrEnum):
    """The scope of an unsubscription."""

    ALL = "all"
    CAMPAIGN = "campaign"


@dataclass(frozen=True, slots=True)
class UnsubscribeLink:
    """A link's recipient, by a digest that names nobody, and its campaign."""

    address_key: str
    campaign_id: CampaignId

    def token(self, signer: Signer, at: datetime) -> str:
        """A token for the link's address, shorter than any id of a path may be."""
        key = base64.urlsafe_b64encode(bytes.fromhex(self.address_key)).decode().rstrip("=")
        return signer.sign(f"{key}:{self.campaign_id}", at)

    @classmethod
    def read(cls, signer: Signer, token: str, now: datetime) -> Self:
        """The link that a token was made for; InvalidTokenError, ExpiredTokenError."""
        key, _, campaign_id = signer.read(token, now, UNSUBSCRIBE_LIFETIME).subject.partition(":")
        try:
            address_key = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)).hex()
        except (binascii.Error, ValueError):
            raise InvalidTokenError from None
        return cls(address_key, CampaignId(campaign_id))

    def purpose(self, scope: UnsubscribeFrom) -> str:
        """The purpose that the person denies."""
        return MARKETING if scope is UnsubscribeFrom.ALL else campaign_purpose(self.campaign_id)


@dataclass(frozen=True, slots=True)
class Unsubscription:
    """An unsubscription by a link. It names nobody, and may wait in a queue."""

    unsubscription_id: str
    link: UnsubscribeLink
    scope: UnsubscribeFrom
    received_at: datetime
    text: str
    """The text that the person was shown, or that their mail program asked for it."""

    @property
    def group(self) -> str:
        """The same for all of one address, which are taken in the order they came in."""
        return self.link.address_key

    @property
    def deduplication_id(self) -> str:
        """The same for what is surely the same."""
        return self.unsubscription_id

    def as_text(self) -> str:
        """JSON in ASCII, for queues."""
        return json.dumps(
            {
                "version": 1,
                "kind": "unsubscription",
                "unsubscription_id": self.unsubscription_id,
                "address_key": self.link.address_key,
                "campaign_id": self.link.campaign_id,
                "scope": self.scope,
                "received_at": instant_text(self.received_at),
                "text": self.text,
            }
        )

    @classmethod
    def of_text(cls, text: str) -> Self:
        """Read an unsubscription that `as_text` wrote; MalformedRequestError for anything else."""
        try:
            document = json.loads(text)
        except ValueError:
            document = None
        match document:
            case {
                "version": 1,
                "kind": "unsubscription",
                "unsubscription_id": str(unsubscription_id),
                "address_key": str(address_key),
                "campaign_id": str(campaign_id),
                "scope": str(scope),
                "received_at": str(received_at),
                "text": str(shown),
            }:
                try:
                    return cls(
                        unsubscription_id,
                        UnsubscribeLink(address_key, CampaignId(campaign_id)),
                        UnsubscribeFrom(scope),
                        require_aware("received_at", datetime.fromisoformat(received_at)),
                        shown,
                    )
                except (ValueError, SuccotashError):
                    raise MalformedRequestError("a queued unsubscription is malformed") from None
            case _:
                raise MalformedRequestError("not a queued unsubscription")
