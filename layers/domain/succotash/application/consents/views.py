"""A person's consent as the API shows it."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from succotash.domain.consents.consents import Consent, CurrentConsent, Suppression
from succotash.domain.people.erasures import Tombstones
from succotash.domain.repositories.storage import Repositories


class ConsentView(TypedDict):
    """One time that a person said yes or no."""

    purpose: str
    state: str
    occurred_at: datetime
    recorded_at: datetime
    origin: str
    """The way it became known: form, import, link, bounce, complaint or api."""
    text: str | None
    """The text that the person was shown or told, where that is known."""
    source_id: str | None
    """The submission, import or campaign it came with."""


class CurrentConsentView(TypedDict):
    """The current consent to a purpose."""

    purpose: str
    state: str
    occurred_at: datetime


class SuppressionView(TypedDict):
    """An address that gets no messages of a purpose, whatever else was said."""

    purpose: str
    reason: str
    since: datetime


class ConsentsView(TypedDict):
    """A person's consent."""

    current: list[CurrentConsentView]
    """The current answers, by purpose."""
    suppressed: list[SuppressionView]
    history: list[ConsentView]
    """Oldest first."""


def consents_view(
    current: Sequence[CurrentConsent],
    suppressed: Sequence[Suppression],
    history: Sequence[Consent],
) -> ConsentsView:
    """Serialised for the API."""
    return {
        "current": [
            {"purpose": each.purpose, "state": each.state, "occurred_at": each.occurred_at}
            for each in current
        ],
        "suppressed": [
            {"purpose": each.purpose, "reason": each.reason, "since": each.since}
            for each in suppressed
        ],
        "history": [
            {
                "purpose": each.purpose,
                "state": each.state,
                "occurred_at": each.occurred_at,
                "recorded_at": each.recorded_at,
                "origin": each.origin,
                "text": each.text,
                "source_id": each.source_id,
            }
            for each in history
        ],
    }


def view_of_person(repositories: Repositories, tombstones: Tombstones, email: str) -> ConsentsView:
    """The consent of the person with this canonical e-mail."""
    consents = repositories.consents
    return consents_view(
        consents.get_current_consents(email),
        consents.find_suppressions(tombstones.of_suppression(email)),
        consents.get_consents(email),
    )
