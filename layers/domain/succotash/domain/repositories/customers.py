"""The port to who customers are: their ids, their aliases, and who turned out to be whom."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence

from succotash.domain.people.identities import Account, Join, KnownCustomers
from succotash.domain.values import CustomerId, RunId

TOMBSTONES_TOLD = 10_000


class CustomerRepository(ABC):
    """Aliases of customers, and what moves a customer's rows to another id."""

    @abstractmethod
    def find_known(
        self,
        names: Collection[str],
        canonical_emails: Collection[str],
        tombstones: Collection[str] | None = (),
        *,
        aliases_only: Collection[str] = (),
        alone: bool = False,
    ) -> KnownCustomers:
        """Find those of these ids and aliases, e-mails and tombstones that are known.

        Of the names in `aliases_only` those are told that are aliases. Who records something about
        a customer asks this first, in the same transaction, and names all the tombstones that could
        be about them: then either it sees an erasure, or who erases sees what was recorded. None
        stands for everybody's, of which no more than TOMBSTONES_TOLD are told, one more than those
        where there are more. `alone` keeps everybody else who asks waiting until the transaction
        ends: who moves customers cannot know by which names others are recording about them.
        """

    @abstractmethod
    def save_aliases(self, aliases: Mapping[CustomerId, CustomerId]) -> None:
        """Remember whom the shop means by these ids; what is known of one already stays.

        One of a customer who is not there is not kept.
        """

    @abstractmethod
    def get_aliases(
        self, customer_ids: Collection[CustomerId]
    ) -> dict[CustomerId, list[CustomerId]]:
        """The aliases of these customers, in order; of those that have any."""

    @abstractmethod
    def find_shared_emails(self, *, limit: int = 1000) -> dict[str, list[Account]]:
        """E-mails of more than one customer, each with its customers."""

    @abstractmethod
    def find_left_over(
        self, *, targets: Collection[CustomerId] | None = None, limit: int = 1000
    ) -> list[Join]:
        """Aliases that are customers of their own, to be joined with whom they are an alias of.

        Somebody recorded something under an id while it became an alias. With `targets`, aliases of
        these alone.
        """

    @abstractmethod
    def find_personal_ids(
        self, *, after: str = "", email: str | None = None, limit: int = 1000
    ) -> list[CustomerId]:
        """Customers' ids with an @ in them, or a + before them, behind `after`, in order.

        With `email`, those that are this address in any case. Earlier releases kept what a shop
        sent; none is recorded any more.
        """

    @abstractmethod
    def join_customers(self, joins: Sequence[Join]) -> None:
        """Make customers one with others: rows, aliases and e-mail become the target's.

        No target may be a source, or be named twice. The source's id becomes an alias, unless it
        may be personal. An order or event that the target has too, with the same contents, is
        there once; one with the same id and other contents gets an addition to its id. Results of
        scoring runs move where the target has none.
        """

    @abstractmethod
    def delete_results_of_nobody(self, run_id: RunId) -> int:
        """Delete a run's results of who is no customer any more; how many rows.

        They were erased while the run was scored, which had read about them before.
        """

    @abstractmethod
    def anonymise_customers(
        self, anonyms: Mapping[CustomerId, CustomerId], salt: str
    ) -> dict[str, int]:
        """Move orders and values to ids that tell nothing, and delete customers and aliases.

        Orders get new ids too, made with the salt, which nobody keeps; refunds still name theirs.
        Rows by table: moved ones, and customers and aliases deleted.
        """
