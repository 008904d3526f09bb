"""The body of a search for a customer."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from succotash.domain.people.email_addresses import EMAIL_LIMIT, canonical_email
from succotash.domain.people.identities import SHOP, CustomerName, Pseudonyms, numbered
from succotash.http.fields import Closed, Id


class CustomerSearchBody(Closed):
    """A customer's e-mail, or an id that a system gave them; in a body, as paths are logged."""

    email: (
        Annotated[str, Field(max_length=EMAIL_LIMIT, json_schema_extra={"format": "email"})] | None
    ) = None
    system: Literal["shop", "shopify", "woocommerce", "stripe"] = "shop"
    """Whose `id` it is: `shop` for ids as orders and files carry them."""
    id: Id | None = None
    """A customer's id or alias in that system, such as 123456789."""

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.email is None) == (self.id is None):
            raise PydanticCustomError("email_or_id", "Requires either email or id")
        return self

    def name(self, pseudonyms: Pseudonyms) -> CustomerName:
        """The name searched for; InvalidInputError if the e-mail is no address."""
        if self.email is not None:
            return pseudonyms.name_of_email(canonical_email(self.email))
        if self.system == SHOP:
            return pseudonyms.name(str(self.id))
        return CustomerName(numbered(self.system, str(self.id)))
