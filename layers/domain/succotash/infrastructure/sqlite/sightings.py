"""How customers come to be known: by what the ledgers record of them."""

from collections.abc import Iterable
from dataclasses import dataclass

from succotash.domain.values import CustomerId
from succotash.infrastructure.sqlite.connection import Session

_SEE_CUSTOMER = """
INSERT INTO customers (customer_id, first_seen_at, canonical_email, lead_id)
VALUES (:customer_id, :seen_at, :canonical_email,
        (SELECT lead_id FROM leads WHERE canonical_email = :canonical_email))
ON CONFLICT (customer_id) DO UPDATE SET
    first_seen_at = min(first_seen_at, excluded.first_seen_at),
    canonical_email = coalesce(canonical_email, excluded.canonical_email),
    lead_id = CASE
        WHEN canonical_email IS NULL THEN coalesce(excluded.lead_id, lead_id)
        ELSE lead_id
    END
"""
# Whom a shop means by an id: the customer of whom it is an alias, or else the one whose id it is.
MEANT = """coalesce(
    (
        SELECT named.customer_id
        FROM customer_aliases AS named
        WHERE named.system = 'shop' AND named.alias = :customer_id
    ),
    :customer_id
)"""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A customer did something at an instant (microseconds), maybe under an e-mail."""

    customer_id: CustomerId
    seen_at: int
    canonical_email: str | None = None


def see_customers(session: Session, sightings: Iterable[Sighting]) -> None:
    """Add the customers that are new; of the others note what was not known or is earlier."""
    session.run_for_each(
        _SEE_CUSTOMER,
        [
            {
                "customer_id": each.customer_id,
                "seen_at": each.seen_at,
                "canonical_email": each.canonical_email,
            }
            for each in sightings
        ],
    )
