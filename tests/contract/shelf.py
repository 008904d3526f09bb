"""Files of orders in memory."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, override

from succotash.domain.repositories.objects import ObjectReplacedError, ObjectStore, StoredObject
from succotash.errors import NotFoundError, StorageUnavailableError

HEADER = "customer_id,order_id,ordered_at,amount"


@dataclass
class Shelf(ObjectStore):
    """Objects in memory, read in small parts."""

    objects: dict[str, bytes] = field(default_factory=dict)
    part: int = 1000
    fails_at: int | None = None
    """Bytes after which reading fails, once."""
    before_writing: Callable[[], None] = lambda: None

    @override
    def describe(self, key: str) -> StoredObject:
        if key not in self.objects:
            raise NotFoundError("object")
        content = self.objects[key]
        return StoredObject(f"shelf/{key}", key, str(hash(content)), len(content))

    @override
    def read(self, found: StoredObject, offset: int = 0) -> Iterator[bytes]:
        for start in range(offset, found.size, self.part):
            if self.describe(found.key) != found:
                raise ObjectReplacedError
            if self.fails_at is not None and start >= self.fails_at:
                self.fails_at = None
                raise StorageUnavailableError("the network is gone")
            yield self.objects[found.key][start : start + self.part]

    @override
    def write(self, key: str, content: Iterable[bytes]) -> None:
        self.before_writing()
        self.objects[key] = b"".join(content)

    @override
    def remove(self, found: StoredObject) -> None:
        if found.key in self.objects:
            if self.describe(found.key) != found:
                raise ObjectReplacedError
            del self.objects[found.key]

    def put(self, *lines: str, key: str = "orders.csv") -> None:
        self.objects[key] = "\n".join([HEADER, *lines]).encode()

    def result(self, key: str = "orders.csv") -> Any:  # noqa: ANN401 - parsed JSON
        return json.loads(self.objects[f"{key}.result.json"])
