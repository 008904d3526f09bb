"""E-mail addresses, and when two spellings are the same one."""

import re
from functools import lru_cache

from succotash.errors import InvalidInputError

EMAIL_LIMIT = 320
"""The most characters an e-mail address can have, comments and all."""

PLAIN_LIMIT = 200
"""Shorter addresses are below every limit of a whole address."""
_PLAIN_LOCAL = re.compile(r"[A-Za-z0-9_+-]{1,64}(?:\.[A-Za-z0-9_+-]{1,64})*")
_LOCAL_LIMIT = 64


@lru_cache(maxsize=4)  # a submission's address is looked at several times
def canonical_email(typed: str) -> str:
    """The form by which two spellings of one address are the same; InvalidInputError if none.

    Syntax, Unicode and domain by email-validator, lower case; plus-addresses stay apart.
    """
    address = typed.strip()
    # Nearly every address has a plain local part, and a domain that many others have, too.
    local, _, domain = address.partition("@")
    if (
        len(local) <= _LOCAL_LIMIT
        and len(address) <= PLAIN_LIMIT
        and domain.isascii()
        and _PLAIN_LOCAL.fullmatch(local)
    ):
        return local.lower() + _after_local(domain)
    return validated_email(address)


@lru_cache(maxsize=10_000)
def _after_local(domain: str) -> str:
    return validated_email(f"a@{domain}").removeprefix("a")


def validated_email(address: str) -> str:
    """Validate an address as `canonical_email` does, without a short way for plain ones."""
    # A fifth of what importing a function takes, and most invocations meet no address.
    from email_validator import EmailNotValidError, validate_email

    not_one = InvalidInputError.of("email", "email", "Invalid e-mail address")
    if len(address) > EMAIL_LIMIT:  # before it is normalised, several times over
        raise not_one
    try:
        checked = validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        raise not_one from None
    return checked.normalized.lower()
