"""The ports on a SQLite file or in SQLite's memory: one process's storage, without a server."""
