"""moto as a server of this machine, which programs reach as they would reach AWS."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import URLError
from urllib.request import Request, urlopen

from tests.servers import free_port

AWS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


@contextmanager
def moto_server() -> Iterator[dict[str, str]]:
    """An account with nothing in it; by these variables of the environment it is found.

    In a process of its own: what it is told of its configuration, moto keeps for the whole process.
    """
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(  # noqa: S603
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            # By the name of the host moto knows its own S3.
            url = f"http://localhost:{port}"
            _await(f"{url}/moto-api/data.json", server)
            _post(f"{url}/moto-api/config", json.dumps({"lambda": {"use_docker": False}}).encode())
            yield AWS | {"AWS_ENDPOINT_URL": url}
        finally:
            server.terminate()


def _await(url: str, server: subprocess.Popen[bytes]) -> None:
    """Until the server answers; AssertionError where it ends before."""
    while True:
        try:
            with urlopen(url):  # noqa: S310 - of this machine
                return
        except URLError:
            assert server.poll() is None, "moto's server ended"
            time.sleep(0.1)


def _post(url: str, body: bytes) -> None:
    with urlopen(Request(url, data=body, method="POST")):  # noqa: S310 - of this machine
        pass
