"""Tells hosts that are this machine from others."""


def is_this_machine(host: str) -> bool:
    """Whether the host is a Unix socket or this machine's own name or address."""
    return host.startswith("/") or host in {"localhost", "127.0.0.1", "::1"}
