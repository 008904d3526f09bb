"""Lets functions in containers, under `sam local invoke`, reach this machine's PostgreSQL."""

import fcntl
import json
import socket
import struct
from collections.abc import Mapping
from ipaddress import IPv4Interface
from pathlib import Path

from local.tokens import write_private

BRIDGE = b"docker0"
"""The interface that Docker makes on Linux for its containers, unless told otherwise."""
GET_ADDRESS, GET_MASK = 0x8915, 0x891B
"""SIOCGIFADDR and SIOCGIFNETMASK of Linux."""
WITHOUT_AWS = dict.fromkeys(
    (
        "DELIVERIES_QUEUE_URL",
        "DELIVERY_FAILURES_URL",
        "ERASURE_KEYS",
        "EVENT_BUS",
        "EXPORTS",
        "FORM_TOKEN_KEYS",
        "ORDER_FILES",
        "PARKING_FAILURES_URL",
        "PARKING_QUEUE_URL",
        "RELAY_QUEUE_URL",
        "SHOP_EVENTS_URL",
        "SHOP_EVENT_FAILURES_URL",
        "SHOP_REQUESTS_URL",
    ),
    "",
)
"""The settings that the template fills with resources of the stack, which this machine lacks."""
THIS_MACHINE = "host.docker.internal"
"""The name of this machine in containers, by Docker Desktop or `add_host` in samconfig.toml."""


def bridge() -> IPv4Interface | None:
    """This machine's address among Docker's containers, and theirs.

    None where it has none: without Docker, and with Docker Desktop, whose containers reach what
    listens on the loopback interface.
    """
    if not hasattr(socket, "AF_PACKET"):
        return None  # not Linux, where these requests have other numbers
    asked = struct.pack("256s", BRIDGE)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        try:
            found = [
                fcntl.ioctl(any_socket, request, asked)[20:24]
                for request in (GET_ADDRESS, GET_MASK)
            ]
        except OSError:
            return None
    address, mask = map(socket.inet_ntoa, found)
    return IPv4Interface(f"{address}/{mask}")


def write_container_settings(place: Path, settings: Mapping[str, str]) -> None:
    """For `sam local invoke --config-env postgres`: these settings, as they hold in a container."""
    by_password = {"DB_IAM_AUTH": "false", "DB_SECRET_ARN": ""}
    inside = {"DB_HOST": THIS_MACHINE, "DB_SSLMODE": "disable"} | by_password | WITHOUT_AWS
    given = {name: value for name, value in settings.items() if name.startswith("DB_") and value}
    write_private(place, json.dumps({"Parameters": given | inside}, indent=2).encode() + b"\n")
