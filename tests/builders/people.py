"""What is held about people."""

from datetime import datetime

from succotash.domain.consents.consents import MARKETING, Consent, ConsentOrigin, ConsentState
from tests.builders.values import NOON


def a_consent(
    consent_id: str = "consent",
    *,
    email: str = "ada@example.com",
    purpose: str = MARKETING,
    state: ConsentState = ConsentState.GRANTED,
    occurred_at: datetime = NOON,
    recorded_at: datetime | None = None,
    origin: ConsentOrigin = ConsentOrigin.FORM,
    text: str | None = None,
    source_id: str | None = None,
    address_key: str | None = None,
) -> Consent:
    return Consent(
        consent_id,
        email,
        purpose,
        state,
        occurred_at,
        recorded_at or occurred_at,
        origin,
        text,
        source_id,
        address_key,
    )
