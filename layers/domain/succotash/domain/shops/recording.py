"""What a storage is asked, and what it is told, where a shop's orders are recorded."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from succotash.domain.consents.consents import Consent
from succotash.domain.people.identities import CustomerQuery, KnownCustomers
from succotash.domain.shops.orders import ShopOrderChange, ShopOrderKey, ShopOrderState
from succotash.domain.values import CustomerId


@dataclass(frozen=True, slots=True)
class ShopOrderQuery:
    """What has to be known before what is told of orders can be merged."""

    keys: Sequence[ShopOrderKey]
    """Of the orders."""
    customers: CustomerQuery = field(default_factory=CustomerQuery)
    tombstones: Collection[str] = ()
    """All that could be about whom the orders are about."""


@dataclass(frozen=True, slots=True)
class ShopOrderContext:
    """What is known of orders and of their customers."""

    states: Sequence[ShopOrderState]
    """By id."""
    known: KnownCustomers


@dataclass(frozen=True, slots=True)
class ShopOrderOutcome:
    """What is otherwise, or new, after orders were told of."""

    changes: Sequence[ShopOrderChange]
    emails: Mapping[CustomerId, str]
    """Of customers of new entries, for those who have none."""
    aliases: Mapping[CustomerId, CustomerId] = field(default_factory=dict)
    consents: Sequence[Consent] = ()
    """Imported ones, with the keys of their addresses: they leave suppressions as they are."""

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to keep."""
        return not (self.changes or self.aliases or self.consents)
