"""Adds the customers whom the ledgers record for the first time."""

from collections.abc import Iterable
from dataclasses import dataclass

from succotash.domain.values import CustomerId
from succotash.infrastructure.sqlite.connection import Session
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("sightings")


@dataclass(frozen=True, slots=True)
class Sighting:
    """A customer did something at an instant (microseconds), maybe under an e-mail."""

    customer_id: CustomerId
    seen_at: int
    canonical_email: str | None = None


def see_customers(session: Session, sightings: Iterable[Sighting]) -> None:
    """Add the customers that are new; of the others note what was not known or is earlier."""
    session.run_for_each(
        _SQL["see_customer"],
        [
            {
                "customer_id": each.customer_id,
                "seen_at": each.seen_at,
                "canonical_email": each.canonical_email,
            }
            for each in sightings
        ],
    )
