"""The body that announces a file of orders, which is then sent past the API."""

import json
from typing import Literal

from succotash.application.value.file_options import FileOptions
from succotash.http.fields import Closed, CurrencyCode, json_object_of
from succotash.http.reading import Parsed


class UploadBody(Closed):
    """Options by which the file is read; none is taken from its name."""

    format: Literal["auto", "shopify", "woocommerce", "stripe", "plain"] = "auto"
    """`auto` goes by the header."""
    mapping: dict[str, Parsed] | None = None
    """The columns of a plain file by their meaning; see the reference of shop files."""
    currency: CurrencyCode | None = None
    """The currency of a file without a column for it."""
    dry_run: bool = False
    """Whether only to say what would be recorded."""

    def options(self) -> FileOptions:
        """The options; InvalidInputError for those that contradict each other."""
        mapping = None if self.mapping is None else json.dumps(json_object_of(self.mapping))
        return FileOptions(self.format, mapping, self.currency, self.dry_run)
