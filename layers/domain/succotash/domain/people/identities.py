"""Resolves customers: from the ids that shops call them by to the one id they have inside.

The id inside holds nothing personal. It is the first of the shop's own ids; where all the shop
says is an e-mail address or a phone number, it is a pseudonym under a key that no storage knows.
"""

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import unquote

from succotash.domain.people.email_addresses import canonical_email
from succotash.domain.people.erasures import digest_blocks
from succotash.domain.values import CustomerId
from succotash.errors import InvalidInputError

SHOP = "shop"
"""The system whose ids orders, activity and files of orders carry."""
SHOP_SYSTEMS = frozenset({"shopify", "woocommerce", "stripe"})
"""Systems whose own numbers of customers are known, each in its own name."""
PSEUDONYM_PREFIX = "person_"

_WIDE = str.maketrans("\uff20\ufe6b\uff0b\ufe62\uff05", "@@++%")
_LINK = re.compile(r"^(mailto|tel):\s*", re.IGNORECASE)
_NAMED_ADDRESS = re.compile(r"[^<>]*<([^<>]+)>\.?")
_NUMBER_ALONE = re.compile(r"\+[\d\s().\-\u2010-\u2015\u2212/]+")
_PSEUDONYM = re.compile(rf"{PSEUDONYM_PREFIX}[0-9a-f]{{32}}")


@dataclass(frozen=True, slots=True)
class CustomerName:
    """The name by which a fact from outside calls its customer."""

    customer_id: CustomerId
    canonical_email: str | None = None
    former_ids: tuple[CustomerId, ...] = ()
    """The ids that older keys made of the same address or number."""


type NameEmail = Callable[[str], CustomerName]
"""Says what a canonical e-mail stands for, as `Pseudonyms.name_of_email` does."""
type NameCustomer = Callable[[str, str | None], CustomerName]
"""Says what a shop's id and e-mail stand for, as `Pseudonyms.name` does."""


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Makes ids of addresses and numbers: 128 bits of HMAC-SHA256.

    They are made by the first key; what older keys made is recognised, and becomes an alias.
    """

    keys: Callable[[], Sequence[str]] = field(repr=False)

    def name(self, customer_id: str, email: str | None = None) -> CustomerName:
        """The name for a shop's id and e-mail; InvalidInputError where `email` is no address.

        An id that holds an @ is personal, and so is one that begins with + and is a phone number,
        also where they are written as in a link or from an Asian keyboard. An id that is an e-mail
        address is the customer's, unless another is given.
        """
        given = None if email is None else canonical_email(email)
        written = _written_plainly(customer_id)
        if "@" in written:
            own = _email_address(written)
            made = self._of("email", own or written.casefold())
            return CustomerName(made[0], given or own, made[1:])
        if (number := _phone_number(written)) is not None:
            made = self._of("phone", number)
            return CustomerName(made[0], given, made[1:])
        return CustomerName(CustomerId(customer_id), given)

    def name_of_email(self, address: str) -> CustomerName:
        """The name of a customer of whom only an e-mail in canonical form is known."""
        made = self._of("email", address)
        return CustomerName(made[0], address, made[1:])

    def of_email(self, address: str) -> tuple[CustomerId, ...]:
        """One for each key, the present one first; of an address in canonical form."""
        return self._of("email", address)

    def former_addition(self, customer_id: str) -> str:
        """The suffix for a personal id of an earlier release, as `join_addition` makes it.

        Other spellings of the same address or number have others.
        """
        [made, *_] = self._of("former id", customer_id)
        return f" (another id, {made.removeprefix(PSEUDONYM_PREFIX)[:8]})"

    def _of(self, kind: str, text: str) -> tuple[CustomerId, ...]:
        kind = f"pseudonym\0{kind}"
        return tuple(
            CustomerId(PSEUDONYM_PREFIX + digest_blocks(key, kind).digest(text)[:32])
            for key in self.keys()
        )


NO_PSEUDONYMS = Pseudonyms(tuple)
"""For who neither meets nor looks for customers that go by an address or a number."""


def is_personal(customer_id: str) -> bool:
    """Whether an id is replaced by a pseudonym: no such id is kept, logged or told."""
    written = _written_plainly(customer_id)
    return "@" in written or _phone_number(written) is not None


def may_be_personal(customer_id: str) -> bool:
    """Whether an id looks as if it were personal, as a storage can tell."""
    return "@" in customer_id or customer_id.startswith("+")


def numbered(system: str, number: str) -> CustomerId:
    """The id, or alias, of a customer whom a shop system knows by this number."""
    return CustomerId(f"{system}:{number}")


def is_numbered(customer_id: str) -> bool:
    """Whether an id was made of a shop system's number for a customer."""
    return customer_id.partition(":")[0] in SHOP_SYSTEMS


def is_pseudonym(customer_id: str) -> bool:
    """Whether an id was made here, in place of an address or a number."""
    return _PSEUDONYM.fullmatch(customer_id) is not None


@dataclass(frozen=True, slots=True)
class Account:
    """A customer as far as it matters for telling who a fact is about."""

    customer_id: CustomerId
    first_seen_at: datetime | None
    """None for one who is not known yet."""
    canonical_email: str | None = None


@dataclass(frozen=True, slots=True)
class CustomerQuery:
    """A query for the customers that facts are about."""

    names: Collection[str] = ()
    """Ids and aliases."""
    canonical_emails: Collection[str] = ()
    aliases_only: Collection[str] = ()
    """Names of which nothing is asked but whether they are aliases."""


@dataclass(frozen=True, slots=True)
class KnownCustomers:
    """The names, e-mails and tombstones that a storage knows, of those it was asked about."""

    accounts: Mapping[str, Account]
    """The accounts by name, whether that is the customer's id or an alias."""
    owners: Mapping[str, Collection[Account]]
    """The customers by e-mail; those who share one are to be joined."""
    erased: Mapping[str, datetime] = field(default_factory=dict)
    """The time of the erasure, by tombstone."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """The customers of facts, and the aliases and e-mails learned from them."""

    customer_ids: dict[CustomerName, CustomerId]
    """The ids of names that may stand for another id than themselves."""
    aliases: dict[CustomerId, CustomerId]
    """Names to remember."""
    emails: dict[str, str]
    """E-mails of customers who had none."""

    def customer_of(self, name: CustomerName) -> CustomerId:
        """The customer of one of the names."""
        return self.customer_ids.get(name, name.customer_id)


@dataclass(frozen=True, slots=True)
class Join:
    """A customer who turned out to be another one."""

    source: CustomerId
    target: CustomerId
    canonical_email: str | None = None
    """The e-mail that the target is to have, where it and the source have none."""
    addition: str = ""
    """The suffix of the id of an order or event if the other customer has one with that id;
    where it is empty, the source in brackets."""


def resolve(names: Collection[CustomerName], known: KnownCustomers) -> Resolution:
    """Tell who each name is about.

    The first fact that carries both an id and an e-mail joins the two: a new id that comes with a
    known e-mail is an alias of the customer who has it. An id that has an e-mail keeps it,
    whatever comes later. Of two customers who are known already and turn out to be one, each keeps
    what is recorded until they are joined: see `joins_of`. Two whom older and newer keys made of
    one address or number are joined because one becomes an alias of the other.
    """
    telling = {each.customer_id for each in names if each.canonical_email or each.former_ids}
    names = [
        each for each in names if each.customer_id in telling or each.customer_id in known.accounts
    ]
    accounts = _accounts(names, known)
    emails = _emails(names, accounts)
    groups: defaultdict[str, dict[CustomerId, Account]] = defaultdict(dict)
    for account in accounts.values():
        if email := emails[account.customer_id]:
            groups[email].setdefault(account.customer_id, account)
    moved: dict[CustomerId, CustomerId] = {}
    for email, group in groups.items():
        for owner in known.owners.get(email, ()):
            group[owner.customer_id] = owner
        chosen = _chosen(group.values())
        moved |= {each.customer_id: chosen for each in group.values() if not each.first_seen_at}
    customer_ids = {}
    aliases: dict[CustomerId, CustomerId] = {}
    learned: dict[str, str] = {}
    for name in names:
        account = accounts[name.customer_id]
        customer_ids[name] = customer_id = moved.get(account.customer_id, account.customer_id)
        if name.customer_id != customer_id and name.customer_id not in known.accounts:
            aliases[name.customer_id] = customer_id
        if name.former_ids:
            aliases |= _made_by_several_keys(name, known)
        if account.canonical_email is None and (email := emails[account.customer_id]):
            learned.setdefault(customer_id, email)
    return Resolution(customer_ids, aliases, learned)


def joins_of(owners: Mapping[str, Collection[Account]]) -> list[Join]:
    """The customers to be joined with another because they share an e-mail."""
    joins = []
    for group in owners.values():
        chosen = _chosen(group)
        joins += [Join(each.customer_id, chosen) for each in group if each.customer_id != chosen]
    return joins


def straightened(joins: Sequence[Join]) -> list[Join]:
    """The joins with each source's last target, since a target may be another's source.

    Two batches at once can make two customers aliases of each other: in a circle the first id
    stays.
    """
    targets = {each.source: each.target for each in joins}
    straight = []
    for join in joins:
        way = [join.source]
        while (following := targets.get(way[-1])) is not None and following not in way:
            way.append(following)
        end = way[-1] if following is None else min(way[way.index(following) :])
        if end != join.source:
            straight.append(replace(join, target=end))
    return straight


def join_addition(join: Join) -> str:
    """The suffix of an order's id if the other customer has an order with that id."""
    source = "another id" if may_be_personal(join.source) else join.source
    return join.addition or f" ({source})"


def anonymous_order_id(salt: str, order_id: str) -> str:
    """An id that nobody can tell the order by who lacks the salt."""
    return hashlib.sha256(f"{salt}{order_id}".encode()).hexdigest()[:32]


def _accounts(names: Collection[CustomerName], known: KnownCustomers) -> dict[str, Account]:
    """The account of each name: the one that is known, or else a new one under this id."""
    accounts: dict[str, Account] = {}
    for name in names:
        if name.customer_id not in accounts:
            called = (name.customer_id, *name.former_ids)
            found = next((known.accounts[each] for each in called if each in known.accounts), None)
            accounts[name.customer_id] = found or Account(name.customer_id, None)
    return accounts


def _emails(
    names: Collection[CustomerName], accounts: Mapping[str, Account]
) -> dict[CustomerId, str | None]:
    """The e-mail of each account: the one it has, or else the first that comes with it."""
    emails = {each.customer_id: each.canonical_email for each in accounts.values()}
    for name in names:
        customer_id = accounts[name.customer_id].customer_id
        emails[customer_id] = emails[customer_id] or name.canonical_email
    return emails


def _made_by_several_keys(
    name: CustomerName, known: KnownCustomers
) -> dict[CustomerId, CustomerId]:
    """The customers that become aliases of others of the same address or number."""
    called = (name.customer_id, *name.former_ids)
    several = {
        account.customer_id: account
        for each in called
        if (account := known.accounts.get(each)) is not None
    }
    if len(several) < 2:  # noqa: PLR2004 - those who are one already
        return {}
    chosen = _chosen(several.values())
    return {each: chosen for each in several if each != chosen}


def _chosen(group: Collection[Account]) -> CustomerId:
    """Whose id stays: one of the shop's own before a pseudonym, a known one before a new.

    One that a shop system numbers comes last: where an e-mail is known, its pseudonym counts.
    """

    def rank(each: Account) -> tuple[bool, bool, bool, bool, float, str]:
        customer_id, seen = each.customer_id, each.first_seen_at
        order = (0.0, "") if seen is None else (seen.timestamp(), customer_id)
        kind = may_be_personal(customer_id), is_numbered(customer_id), is_pseudonym(customer_id)
        return *kind, seen is None, *order

    # Of new ones the first that was named stays: min takes the first of those that are equal.
    return min(group, key=rank).customer_id


def _written_plainly(customer_id: str) -> str:
    """The id without what only its spelling has: blanks, invisible and wide characters, a link."""
    if customer_id.isalnum():  # nearly all are
        return customer_id
    written = customer_id.translate(_WIDE)
    if not written.isascii():
        written = "".join(each for each in written if unicodedata.category(each) != "Cf")
    written = _LINK.sub("", written.strip(), count=1)
    if "%" in written and "@" not in written:
        unquoted = unquote(written).strip()
        written = unquoted if "@" in unquoted or unquoted.startswith("+") else written
    return written


def _phone_number(written: str) -> str | None:
    """E.164 of an id that begins with + and is a phone number.

    One with more than the number in it, such as an extension, is told from the number alone.
    """
    if not written.startswith("+"):
        return None
    import phonenumbers  # only ids that begin with + pay for it

    try:
        number = phonenumbers.parse(written, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    if not _NUMBER_ALONE.fullmatch(written):
        return written.casefold()
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _email_address(written: str) -> str | None:
    """The canonical form of an id that is an e-mail address, maybe with a name before it."""
    named = _NAMED_ADDRESS.fullmatch(written)
    try:
        return canonical_email((named[1] if named else written).rstrip("."))
    except InvalidInputError:
        return None
