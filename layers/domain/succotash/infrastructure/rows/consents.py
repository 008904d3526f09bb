"""Consent and suppressions, of rows."""

from succotash.domain.consents.consents import (
    Consent,
    ConsentOrigin,
    ConsentState,
    CurrentConsent,
    Suppression,
    SuppressionReason,
)
from succotash.infrastructure.rows.row import Row


def consent_of(row: Row) -> Consent:
    """An entry of a person's history."""
    return Consent(
        consent_id=row["consent_id"],
        canonical_email=row["canonical_email"],
        purpose=row["purpose"],
        state=ConsentState(row["state"]),
        occurred_at=row.instant("occurred_at"),
        recorded_at=row.instant("recorded_at"),
        origin=ConsentOrigin(row["origin"]),
        text=row["text_shown"],
        source_id=row["source_id"],
    )


def current_consent_of(row: Row) -> CurrentConsent:
    """The current answer to a purpose."""
    return CurrentConsent(
        canonical_email=row["canonical_email"],
        purpose=row["purpose"],
        state=ConsentState(row["state"]),
        occurred_at=row.instant("occurred_at"),
    )


def suppression_of(row: Row) -> Suppression:
    """An address that is not written to."""
    return Suppression(
        address_key=row["address_key"],
        purpose=row["purpose"],
        reason=SuppressionReason(row["reason"]),
        since=row.instant("since"),
    )
