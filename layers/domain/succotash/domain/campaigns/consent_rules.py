"""Whose consent a deployment asks for."""

from enum import StrEnum


class ConsentRule(StrEnum):
    """The rule about whom campaigns may write to."""

    OPT_IN = "opt-in"
    """People who said yes."""
    EXISTING_CUSTOMERS = "existing-customers"
    """Also customers who bought something and never said no."""
