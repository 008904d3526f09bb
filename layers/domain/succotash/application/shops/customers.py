"""The customers of shops' orders, by the names that shops give them."""

from collections.abc import Mapping, Sequence

from succotash.application.identities import Register
from succotash.domain.people.identities import CustomerName, NameEmail, numbered
from succotash.domain.shops.orders import ShopOrder, Told
from succotash.domain.values import CustomerId

type Called = tuple[str, str | None, str | None]
"""A system, and the e-mail and the system's number of a customer."""


class CalledCustomers:
    """The names that the orders of one batch give their customers.

    The customer of an e-mail goes by its pseudonym, and numbers that systems have for customers
    are aliases; without an e-mail the number is the id.
    """

    def __init__(self, told: Sequence[Told], name_email: NameEmail) -> None:
        self._name_email = name_email
        self.told = told
        self.called = [_called(each) for each in told]
        self.names: dict[Called, CustomerName] = {
            each: name
            for each in dict.fromkeys(self.called)
            if each is not None and (name := self._name(*each)) is not None
        }

    def all_names(self) -> dict[CustomerName, None]:
        """Each name once, in the orders' order."""
        return dict.fromkeys(self.names.values())

    def _name(self, system: str, email: str | None, number: str | None) -> CustomerName | None:
        if email is not None:
            return self._name_email(email)
        return None if number is None else CustomerName(numbered(system, number))


class ShopCustomers:
    """The customers of one batch's orders, by what is known of their names."""

    def __init__(self, calls: CalledCustomers, register: Register) -> None:
        names = calls.names
        self._called = calls.called
        self._register = register
        self._erased = self._erased_of(names, calls.told) if register.knows_erased else set()
        kept: Mapping[Called, CustomerName] = names
        if self._erased:
            taken = {each for place, each in enumerate(self._called) if self.is_taken(place)}
            kept = {each: name for each, name in names.items() if each in taken}
        resolution = register.resolve(dict.fromkeys(kept.values()))
        customers = {each: resolution.customer_of(name) for each, name in names.items()}
        self._numbers = {
            numbered(system, number): customers[system, email, number]
            for system, email, number in kept
            if email is not None and number is not None
        }
        counted = {
            numbered(each.system, each.customer_number)
            for place, each in enumerate(calls.told)
            if isinstance(each, ShopOrder)
            and each.skip is None
            and each.customer_number is not None
            and self.is_taken(place)
        }
        self._counted = {
            number: customer for number, customer in self._numbers.items() if number in counted
        }
        # A number by itself may stand next to the same number with an e-mail.
        self._customers = {
            each: self._numbers.get(customer_id, customer_id)
            for each, customer_id in customers.items()
        }
        told_emails = {
            customers[each]: email
            for each in reversed(customers)
            if (email := names[each].canonical_email) is not None
        }
        learned = {CustomerId(each): email for each, email in resolution.emails.items()}
        self.emails: dict[CustomerId, str] = told_emails | learned
        """E-mails to record for customers who have none yet."""

    @property
    def aliases(self) -> dict[CustomerId, CustomerId]:
        """The aliases that were learned, to be kept once the customers are recorded.

        An order that does not count teaches nothing: its customer may be known or not.
        """
        return self._counted | self._register.aliases

    def is_taken(self, place: int) -> bool:
        """Whether what is told there is not about somebody who was erased since."""
        return place not in self._erased

    def customer_at(self, place: int) -> CustomerId | None:
        """The customer of the order at this place, if it names one."""
        called = self._called[place]
        return None if called is None else self._customers.get(called)

    def _erased_of(self, names: Mapping[Called, CustomerName], told: Sequence[Told]) -> set[int]:
        """The places of what is not younger than the erasure of whom it is about."""
        return {
            place
            for place, (called, each) in enumerate(zip(self._called, told, strict=True))
            if isinstance(each, ShopOrder)
            and called in names
            and called is not None
            and not self._register.takes(names[called], each.ordered_at)
        }


def _called(told: Told) -> Called | None:
    """The name that an order gives its customer."""
    if not isinstance(told, ShopOrder):
        return None
    return told.system, told.email, told.customer_number
