"""Why a submission looks like spam: reasons a person can check, and never a refusal."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from succotash.domain.forms.canonical_text import canonical_text
from succotash.domain.forms.forms import SpamSettings
from succotash.domain.forms.submissions import AWAITING_CHALLENGE
from succotash.domain.intake.signing import ExpiredTokenError, InvalidTokenError, Signer
from succotash.domain.values import FormId, Json

TOKEN_PURPOSE = "form"  # noqa: S105 - a name
TOKEN_LIFETIME = timedelta(hours=24)
"""The time for which a page may stay open before it is sent."""
RATE_WINDOW = timedelta(hours=1)
REPETITION_WINDOW = timedelta(hours=24)
REPETITIONS_TOLERATED = 2
"""The number of other people who may have sent the same long text in that time."""
LONG_TEXT = 120
"""Characters from which on a text is no phrase that two people hit upon."""


class TokenState(StrEnum):
    """The validity of a submission's form token."""

    ABSENT = "absent"
    FORGED = "forged"
    EXPIRED = "expired"
    UNCHECKED = "unchecked"
    """The keys are out of reach."""
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class FormToken:
    """The state and age of the token that a submission came with."""

    state: TokenState
    issued_at: datetime | None = None
    """Only of a good one."""


NO_TOKEN = FormToken(TokenState.ABSENT)


class ChallengeState(StrEnum):
    """The state of a challenge in the page, such as Cloudflare Turnstile."""

    ABSENT = "absent"
    ANSWERED = "answered"
    """The answer was not verified yet."""
    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """The service that judges it did not answer."""


CHALLENGE_REASONS = {
    ChallengeState.ABSENT: "came without an answer to the challenge",
    ChallengeState.ANSWERED: AWAITING_CHALLENGE,
    ChallengeState.FAILED: "failed the challenge",
    ChallengeState.UNKNOWN: "answered a challenge that could not be checked",
}
"""Why a submission to a form with a challenge is in quarantine."""


class ChallengeVerifier(Protocol):
    """The service that set a challenge, and knows how it went."""

    def verify(
        self, secret_arn: str, response: str, ip_address: str | None, request_id: UUID
    ) -> ChallengeState:
        """Ask how the challenge went, within seconds; UNKNOWN where that cannot be found out.

        Asked again under the same request id, it answers the same.
        """


@dataclass(frozen=True, slots=True)
class RecentTraffic:
    """Counts of recent submissions, each up to the limit of the form's settings."""

    from_address: int = 0
    """From the same address, to any form."""
    to_form: int = 0
    same_text: int = 0
    """With the same long text, by other people, to any form."""


NO_TRAFFIC = RecentTraffic()


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence about a submission besides its answers."""

    controls: Mapping[str, Json]
    token: FormToken = NO_TOKEN
    challenge: ChallengeState = ChallengeState.ABSENT
    traffic: RecentTraffic = NO_TRAFFIC


def read_token(signer: Signer, token: Json, form_id: FormId, at: datetime) -> FormToken:
    """The validity of the token for this form at this instant."""
    if not isinstance(token, str) or not token:
        return NO_TOKEN
    try:
        signed = signer.read(token, at, TOKEN_LIFETIME)
    except ExpiredTokenError:
        return FormToken(TokenState.EXPIRED)
    except InvalidTokenError:
        return FormToken(TokenState.FORGED)
    if signed.subject != form_id:
        return FormToken(TokenState.FORGED)
    return FormToken(TokenState.GOOD, signed.issued_at)


def text_digest(answers: Mapping[str, Json]) -> str | None:
    """SHA-256 of the longest text, case and spacing aside; None where none is long."""
    longest = max(map(canonical_text, _texts(answers)), key=len, default="")
    return hashlib.sha256(longest.encode()).hexdigest() if len(longest) >= LONG_TEXT else None


def suspicions(
    settings: SpamSettings,
    answers: Mapping[str, Json],
    email: str | None,
    evidence: Evidence,
    at: datetime,
) -> tuple[str, ...]:
    """Why a submission looks like spam, in a fixed order; empty where it does not."""
    return (
        *_of_controls(settings, evidence),
        *_of_token(settings, evidence.token, at),
        *_of_challenge(settings, evidence.challenge),
        *_of_answers(settings, answers, email),
        *_of_traffic(settings, evidence.traffic),
    )


def is_disposable(email: str) -> bool:
    """Whether the address is of a domain, or below one, that gives out mailboxes to throw away."""
    from disposable_email_domains import blocklist  # 200 KB, needed by few processes

    labels = email.rpartition("@")[2].split(".")
    return any(".".join(labels[start:]) in blocklist for start in range(len(labels) - 1))


def _of_controls(settings: SpamSettings, evidence: Evidence) -> Iterator[str]:
    if settings.honeypot and evidence.controls.get(settings.honeypot):
        yield "filled in a field that people do not see"


def _of_token(settings: SpamSettings, token: FormToken, at: datetime) -> Iterator[str]:
    match token.state:
        case TokenState.ABSENT:
            if settings.requires_token:
                yield "came without a form token"
        case TokenState.FORGED:
            yield "came with a form token that is not of this form"
        case TokenState.EXPIRED:
            yield "came with a form token that has expired"
        case TokenState.UNCHECKED:
            yield "came with a form token that could not be checked"
        case TokenState.GOOD:
            if token.issued_at is not None:
                seconds = max((at - token.issued_at).total_seconds(), 0)
                if seconds < settings.minimum_seconds:
                    yield (
                        f"was sent {seconds:.0f} s after its page was shown; "
                        f"people take {settings.minimum_seconds} s or more"
                    )


def _of_challenge(settings: SpamSettings, challenge: ChallengeState) -> Iterator[str]:
    if settings.turnstile_secret_arn is None:
        return
    if challenge in CHALLENGE_REASONS:
        yield CHALLENGE_REASONS[challenge]


def _of_answers(
    settings: SpamSettings, answers: Mapping[str, Json], email: str | None
) -> Iterator[str]:
    text = " ".join(_texts(answers)).lower()
    links = text.count("http://") + text.count("https://")
    if links > settings.links_tolerated:
        yield f"contains {links} links; {settings.links_tolerated} are tolerated"
    if settings.blocks_disposable and email is not None and is_disposable(email):
        yield "gives an e-mail address to throw away"


def _of_traffic(settings: SpamSettings, traffic: RecentTraffic) -> Iterator[str]:
    if 0 < settings.per_address_hourly <= traffic.from_address:
        yield f"is one of more than {settings.per_address_hourly} from its address within an hour"
    if 0 < settings.per_form_hourly <= traffic.to_form:
        yield f"is one of more than {settings.per_form_hourly} to this form within an hour"
    if traffic.same_text > REPETITIONS_TOLERATED:
        yield "repeats a text that others sent within a day"


def _texts(answers: Mapping[str, Json]) -> Iterator[str]:
    for value in answers.values():
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from (each for each in value if isinstance(each, str))
