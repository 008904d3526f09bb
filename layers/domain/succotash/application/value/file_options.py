"""Options of a file of orders, which its content does not say."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from succotash.errors import InvalidInputError, Violation

AUTO = "auto"
PLAIN = "plain"
FORMATS = (AUTO, "shopify", "woocommerce", "stripe", PLAIN)
_FLAGS = {"true": True, "false": False}
METADATA = ("format", "mapping", "currency", "dry-run")
"""The names under which an object's metadata hold them."""


@dataclass(frozen=True, slots=True)
class FileOptions:
    """Options by which a file is read."""

    format: str = AUTO
    """One of FORMATS; `auto` goes by the header."""
    mapping: str | None = None
    """JSON that says which column of a plain file holds what."""
    currency: str | None = None
    """The currency of a file without a column for it."""
    dry_run: bool = False

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise InvalidInputError.of("format", "format", f"Must be one of {', '.join(FORMATS)}")
        if self.mapping is not None and self.format not in {AUTO, PLAIN}:
            raise InvalidInputError.of("mapping", "mapping", "Only plain files take a mapping")

    @property
    def identity(self) -> str:
        """The part of an import's id that tells different readings of one file apart."""
        said = [self.format, self.mapping, self.currency]
        return "" if said == [AUTO, None, None] else "\n" + json.dumps(said)


def options_of(metadata: Mapping[str, str]) -> FileOptions:
    """The options in an object's metadata; InvalidInputError for one that cannot be read."""
    flag = metadata.get("dry-run", "false").lower()
    if flag not in _FLAGS:
        raise InvalidInputError([Violation("dry-run", "boolean", "Must be true or false")])
    return FileOptions(
        metadata.get("format", AUTO),
        metadata.get("mapping"),
        metadata.get("currency"),
        _FLAGS[flag],
    )
