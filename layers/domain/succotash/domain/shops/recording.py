"""Queries and results of recording a shop's orders."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from succotash.domain.consents.consents import Consent
from succotash.domain.people.identities import CustomerQuery, KnownCustomers
from succotash.domain.shops.orders import ShopOrderChange, ShopOrderKey, ShopOrderState
from succotash.domain.values import CustomerId


@dataclass(frozen=True, slots=True)
class ShopOrderQuery:
    """A query for the state that orders are merged with."""

    keys: Sequence[ShopOrderKey]
    """The keys of the orders."""
    customers: CustomerQuery = field(default_factory=CustomerQuery)
    tombstones: Collection[str] = ()
    """All that could be about whom the orders are about."""


@dataclass(frozen=True, slots=True)
class ShopOrderContext:
    """The stored state of orders and of their customers."""

    states: Sequence[ShopOrderState]
    """The stored orders, by id."""
    known: KnownCustomers


@dataclass(frozen=True, slots=True)
class ShopOrderOutcome:
    """The changes that recording orders makes."""

    changes: Sequence[ShopOrderChange]
    emails: Mapping[CustomerId, str]
    """E-mails of customers of new entries, for those who have none."""
    aliases: Mapping[CustomerId, CustomerId] = field(default_factory=dict)
    consents: Sequence[Consent] = ()
    """Imported ones, with the keys of their addresses: they leave suppressions as they are."""

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to keep."""
        return not (self.changes or self.aliases or self.consents)
