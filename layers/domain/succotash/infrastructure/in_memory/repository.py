"""The base of the repositories in memory: the tables they work on."""

from succotash.infrastructure.in_memory.tables import Tables


class InMemoryRepository:
    """A repository on tables of its own, or on those that others work on too."""

    def __init__(self, tables: Tables | None = None) -> None:
        self.tables = tables or Tables()
