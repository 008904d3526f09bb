"""Assigns members to the treatment or the holdout of a campaign."""

import math
from enum import StrEnum

from succotash.domain.people.erasures import DigestBlocks

_BITS = 53
"""The bits of the hash that are used: as many as a float holds exactly."""
_DIGITS = 16
"""Hexadecimal digits that hold 64 bits, the last eleven of which do not count."""


class Arm(StrEnum):
    """The two groups of a campaign."""

    TREATMENT = "treatment"
    HOLDOUT = "holdout"


def person_hash(key: str, campaign_id: str) -> DigestBlocks:
    """The hash of canonical addresses by which a campaign knows people and assigns them.

    HMAC-SHA-256 under the key, over "campaign", the campaign's id and the address, with a NUL
    between them.
    """
    return DigestBlocks.of(key.encode(), f"campaign\0{campaign_id}")


def assignment_score(key: str, campaign_id: str, canonical_email: str) -> float:
    """Uniform in [0, 1), the same each time, and independent from one campaign to the next.

    The first 53 bits of the person's hash.
    """
    digits = person_hash(key, campaign_id).digest(canonical_email)[:_DIGITS]
    return (int(digits, 16) >> (64 - _BITS)) / (1 << _BITS)


def assigned_arm(score: float, holdout_share: float) -> Arm:
    """Held out below the share, else written to."""
    return Arm.HOLDOUT if score < holdout_share else Arm.TREATMENT


def holdout_below(holdout_share: float) -> str:
    """The hexadecimal digits below which a person's hash sorts exactly where they are held out."""
    return f"{math.ceil(holdout_share * (1 << _BITS)) << (64 - _BITS):0{_DIGITS}x}"
