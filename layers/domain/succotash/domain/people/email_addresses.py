"""E-mail addresses, and when two spellings are the same one."""

from functools import lru_cache

from succotash.errors import InvalidInputError

EMAIL_LIMIT = 320
"""The most characters an e-mail address can have, comments and all."""


@lru_cache(maxsize=4)  # a submission's address is looked at several times
def canonical_email(typed: str) -> str:
    """The form by which two spellings of one address are the same; InvalidInputError if none.

    Syntax, Unicode and domain by email-validator, lower case; plus-addresses stay apart.
    """
    # A fifth of what importing a function takes, and most invocations meet no address.
    from email_validator import EmailNotValidError, validate_email

    not_one = InvalidInputError.of("email", "email", "Invalid e-mail address")
    address = typed.strip()
    if len(address) > EMAIL_LIMIT:  # before it is normalised, several times over
        raise not_one
    try:
        checked = validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        raise not_one from None
    return checked.normalized.lower()
