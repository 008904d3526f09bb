"""moto as a server of this machine, which programs reach as they would reach AWS."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import Request, urlopen

from moto.server import ThreadedMotoServer

AWS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


@contextmanager
def moto_server() -> Iterator[dict[str, str]]:
    """An account with nothing in it; by these variables of the environment it is found."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    try:
        # By the name of the host moto knows its own S3.
        url = f"http://localhost:{server.get_host_and_port()[1]}"
        _post(f"{url}/moto-api/reset")
        _post(f"{url}/moto-api/config", json.dumps({"lambda": {"use_docker": False}}).encode())
        yield AWS | {"AWS_ENDPOINT_URL": url}
    finally:
        server.stop()


def _post(url: str, body: bytes = b"") -> None:
    with urlopen(Request(url, data=body, method="POST")):  # noqa: S310 - of this machine
        pass
