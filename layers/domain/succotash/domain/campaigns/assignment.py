"""Who of a campaign is written to, and who is held out to compare with."""

import hmac
from enum import StrEnum

_BITS = 53
"""Of the hash: as many as a float holds exactly."""


class Arm(StrEnum):
    """The two groups of a campaign."""

    TREATMENT = "treatment"
    HOLDOUT = "holdout"


def assignment_score(key: str, campaign_id: str, canonical_email: str) -> float:
    """Uniform in [0, 1), the same each time, and independent from one campaign to the next.

    The first 53 bits of HMAC-SHA-256 under the key, over "campaign", the campaign's id and the
    canonical address, with a NUL between them.
    """
    content = f"campaign\0{campaign_id}\0{canonical_email}".encode()
    digest = hmac.digest(key.encode(), content, "sha256")
    return (int.from_bytes(digest[:8]) >> (64 - _BITS)) / (1 << _BITS)


def assigned_arm(score: float, holdout_share: float) -> Arm:
    """Held out below the share, else written to."""
    return Arm.HOLDOUT if score < holdout_share else Arm.TREATMENT
